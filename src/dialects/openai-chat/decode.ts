import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
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
import { arrayOf, isObject, objectOf, parseObject, textOf, unknownMembers } from "../json.ts";
import { openAIStreamError } from "../openai-errors.ts";
import { ChatAnswer } from "./chat-answer.ts";
import { messageMembers } from "./wire.ts";

/**
 * A whole body as an answer. Throws the classified error of a body that holds one, and
 * PROVIDER_MALFORMED_RESPONSE for a body without any answer.
 */
export function decodeChat(body: JsonObject, context: DecodeContext): LLMResponse {
  const answer = new ChatAnswer(context);
  const choices = arrayOf(body.choices);
  const [first] = choices;
  const own = choices.slice(0, isOneAnswer(choices) ? choices.length : 1).filter(isObject);
  answer.take(isObject(first) ? { ...body, choices: own.map(wholeChoice) } : body);
  const isAnswer =
    isObject(first) &&
    (isObject(first.message) ||
      typeof first.text === "string" ||
      textOf(first.finish_reason) !== "");
  if (!isAnswer) {
    throw new ConnectorError("PROVIDER_MALFORMED_RESPONSE", "the provider's answer has no choice");
  }
  answer.keepOthers(choices.slice(own.length));
  return answer.build();
}

/**
 * Whether choices are pieces of one answer, as those without a number are in a stream: Copilot
 * gives the text of a Claude model and its calls so.
 */
function isOneAnswer(choices: readonly JsonValue[]): boolean {
  return choices.map(objectOf).every(({ index, message }, place) => {
    const hasCalls = arrayOf(objectOf(message).tool_calls).length > 0;
    return typeof index !== "number" && (place === 0 || hasCalls);
  });
}

/** A choice of a whole body. Perplexity sends a delta without words beside the message. */
function wholeChoice(choice: JsonObject): JsonObject {
  const { delta, message, ...rest } = choice;
  if (!isObject(delta) || !isObject(message)) return choice;
  return { ...rest, message: { ...unknownMembers(delta, messageMembers), ...message } };
}

/** A chunk of a host as this wire has it. */
export type ChunkReader = (chunk: JsonObject) => JsonObject;

/** Decodes a stream of chunks, each read by `read` first where a host's own form needs it. */
export class ChatStreamDecoder implements StreamDecoder {
  readonly #answer: ChatAnswer;
  readonly #read: ChunkReader | undefined;
  #done = false;

  constructor(context: DecodeContext, read?: ChunkReader) {
    this.#answer = new ChatAnswer(context);
    this.#read = read;
  }

  get done(): boolean {
    return this.#done;
  }

  push(frame: Frame): readonly StreamEvent[] {
    const data = frame.data.trim();
    // Servers send `null` for an answer that has not begun.
    if (this.#done || data === "" || data === "null") return [];
    if (data === "[DONE]") {
      this.#done = true;
      return [];
    }
    const chunk = parseObject(data);
    if (frame.event === "error") throw openAIStreamError(chunk, 200);
    this.#answer.take(this.#read === undefined ? chunk : this.#read(chunk));
    return this.#answer.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    const kind = this.#endKind();
    if (kind === "truncated") return { events: [], end: { kind } };
    const response = this.#answer.build();
    return { events: this.#answer.takeEvents(), end: { kind, response } };
  }

  progress(): StreamSnapshot {
    return this.#answer.snapshot();
  }

  /**
   * `finish_reason` makes an answer whole, `[DONE]` makes a stream whole. `[DONE]` alone is how
   * llama-cpp-python breaks an answer off; it is enough only from the few servers that never send a
   * `finish_reason`, not even null.
   */
  #endKind(): StreamEnd["kind"] {
    if (this.#answer.areAllFinished && !this.#done) return "logical";
    if (this.#answer.isFinished && this.#done) return "complete";
    return this.#done && this.#answer.isSilentOnFinish ? "complete" : "truncated";
  }
}
