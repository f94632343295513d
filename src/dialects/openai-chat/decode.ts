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
import { type Hole, hole, RepeatedJSON } from "../repeated-json.ts";
import { ChatAnswer } from "./chat-answer.ts";
import { messageMembers, wordMembers } from "./wire.ts";

/**
 * A whole body as an answer. Throws the classified error of a body that holds one, and
 * PROVIDER_MALFORMED_RESPONSE for a body without any answer.
 */
export function decodeChat(body: JsonObject, context: DecodeContext): LLMResponse {
  const answer = new ChatAnswer(context, true);
  const choices = arrayOf(body.choices);
  const [first] = choices;
  const own = isObject(first) && !isOneAnswer(choices) ? [first] : choices;
  answer.take(body, own.filter(isObject).map(wholeChoice));
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
  if (choices.length < 2) return true;
  return choices.map(objectOf).every(({ index, message }, place) => {
    const hasCalls = arrayOf(objectOf(message).tool_calls).length > 0;
    return typeof index !== "number" && (place === 0 || hasCalls);
  });
}

/** A choice of a whole body. Perplexity sends a delta without words beside the message. */
function wholeChoice(choice: JsonObject): JsonObject {
  if (!isObject(choice.delta) || !isObject(choice.message)) return choice;
  const { delta, message, ...rest } = choice;
  return { ...rest, message: { ...unknownMembers(delta, messageMembers), ...message } };
}

/** Where the chunks of a stream differ, by the member that holds their words. */
export type ChunkHoles = Readonly<Record<string, readonly Hole[]>>;

/** Chunks that differ in the words of one member, and in a text of the chunk that is noise. */
export function chunkHoles(noise: string): ChunkHoles {
  return Object.fromEntries(
    wordMembers.map((member) => [
      member,
      [hole("text", "choices", 0, "delta", member), hole("noise", noise)],
    ]),
  );
}

const usualHoles = chunkHoles("obfuscation");

/** A chunk of a host as this wire has it. */
export type ChunkReader = (chunk: JsonObject) => JsonObject;

/** Decodes a stream of chunks, each read by `read` first where a host's own form needs it. */
export class ChatStreamDecoder implements StreamDecoder {
  readonly #answer: ChatAnswer;
  readonly #read: ChunkReader | undefined;
  readonly #holes: ChunkHoles;
  readonly #repeated = new RepeatedJSON();
  /** The member with the words of the chunk before. Unset: nothing can repeat it. */
  #member: string | undefined;
  #done = false;

  constructor(context: DecodeContext, read?: ChunkReader, holes: ChunkHoles = usualHoles) {
    this.#answer = new ChatAnswer(context);
    this.#read = read;
    this.#holes = holes;
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
    if (frame.event !== "error" && this.#takeRepeated(data)) return this.#answer.takeEvents();
    const chunk = parseObject(data);
    if (frame.event === "error") throw openAIStreamError(chunk, 200);
    const read = this.#read === undefined ? chunk : this.#read(chunk);
    this.#answer.take(read);
    this.#member = this.#answer.repeatable(read);
    this.#repeated.learn(data, this.#holes[this.#member ?? ""] ?? []);
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

  /** Takes a chunk that says what the one before said, but for its words. */
  #takeRepeated(data: string): boolean {
    const text = this.#repeated.read(data);
    if (text === undefined || this.#member === undefined) return false;
    this.#answer.addWords(this.#member, text);
    return true;
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
