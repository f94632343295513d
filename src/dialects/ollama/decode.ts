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
import { parseObject } from "../json.ts";
import { OllamaAnswer } from "./answer.ts";

/**
 * A whole body as an answer. Throws the classified error of a body that holds one, and
 * PROVIDER_MALFORMED_RESPONSE for a body that is no finished answer.
 */
export function decodeOllama(body: JsonObject, context: DecodeContext): LLMResponse {
  const answer = new OllamaAnswer(context);
  answer.take(body);
  if (answer.isDone) return answer.build();
  throw new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    "the provider's answer is not marked as done",
  );
}

/** Decodes a stream of lines, each an object; the one with `done` is the last. */
export class OllamaStreamDecoder implements StreamDecoder {
  readonly #answer: OllamaAnswer;

  constructor(context: DecodeContext) {
    this.#answer = new OllamaAnswer(context);
  }

  get done(): boolean {
    return this.#answer.isDone;
  }

  push(frame: Frame): readonly StreamEvent[] {
    if (this.done) return [];
    this.#answer.take(parseObject(frame.data));
    return this.#answer.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    if (!this.done) return { events: [], end: { kind: "truncated" } };
    const response = this.#answer.build();
    return { events: this.#answer.takeEvents(), end: { kind: "complete", response } };
  }

  progress(): StreamSnapshot {
    return this.#answer.snapshot();
  }
}
