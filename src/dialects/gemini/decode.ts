import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type {
  DecodeContext,
  Frame,
  StreamDecoder,
  StreamEnd,
  StreamEvent,
  StreamSnapshot,
} from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { arrayOf, isObject, objectOrMessage, parseObject } from "../json.ts";
import { GeminiAnswer } from "./answer.ts";
import { geminiInnerError } from "./errors.ts";

/**
 * A whole body as an answer. A prompt that was blocked is an answer too: one without parts, stopped
 * by the filter. Throws the classified error of a body that holds one, and
 * PROVIDER_MALFORMED_RESPONSE for a body without any answer.
 */
export function decodeGenerate(body: JsonObject, context: DecodeContext): LLMResponse {
  const answer = new GeminiAnswer(context);
  const [first, ...others] = arrayOf(body.candidates);
  answer.take(first === undefined ? body : { ...body, candidates: [first] });
  if (!answer.isAnswer) {
    const message = "the provider's answer has no candidate, and no reason for that";
    throw new ConnectorError("PROVIDER_MALFORMED_RESPONSE", message);
  }
  answer.keepOthers(others);
  return answer.build();
}

/**
 * Decodes a stream of whole answers, each with the next parts. Nothing marks its end but that it
 * ends: it is whole once a candidate has told why it stopped, though counts and signatures may
 * still follow.
 */
export class GenerateStreamDecoder implements StreamDecoder {
  /** Never: the end of the body is the end. */
  readonly done: boolean = false;
  readonly #answer: GeminiAnswer;

  constructor(context: DecodeContext) {
    this.#answer = new GeminiAnswer(context);
  }

  push(frame: Frame): readonly StreamEvent[] {
    const data = frame.data.trim();
    // Gateways close with the mark of another wire; it ends nothing here.
    if (data === "" || data === "[DONE]") return [];
    if (frame.event === "error") throw geminiInnerError(objectOrMessage(data));
    for (const chunk of chunksOf(data)) this.#answer.take(chunk);
    return this.#answer.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    if (!this.#answer.isFinished) return { events: [], end: { kind: "truncated" } };
    const response = this.#answer.build();
    return { events: this.#answer.takeEvents(), end: { kind: "complete", response } };
  }

  progress(): StreamSnapshot {
    return this.#answer.snapshot();
  }
}

/** What one event holds: an answer, or a list of them, as errors come. */
function chunksOf(data: string): readonly JsonObject[] {
  if (!data.startsWith("[")) return [parseObject(data)];
  const { list } = parseObject(`{"list":${data}}`);
  return arrayOf(list).filter(isObject);
}
