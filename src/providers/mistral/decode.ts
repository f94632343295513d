import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext, StreamDecoder } from "../../contract/adapter.ts";
import { arrayOf, isObject, objectOf, textOf } from "../../dialects/json.ts";
import { ChatStreamDecoder, chunkHoles, decodeChat } from "../../dialects/openai-chat/decode.ts";

/** A whole body as an answer; see `decodeChat`. */
export function decodeMistral(body: JsonObject, context: DecodeContext): LLMResponse {
  const [first] = arrayOf(body.choices);
  const { message, messages } = objectOf(first);
  if (isObject(message) || !Array.isArray(messages)) {
    return decodeChat(new ChunkReader().read(body), context);
  }
  const decoder = createMistralDecoder(context);
  for (const chunk of chunksOf(body, messages.length)) {
    decoder.push({ event: "", data: JSON.stringify(chunk), id: "" });
  }
  const { end } = decoder.end();
  // Without a reason for its end it is no answer, and refused as such.
  return end.kind === "truncated" ? decodeChat(body, context) : end.response;
}

const holes = chunkHoles("p");

/** A decoder of a stream of chunks. */
export function createMistralDecoder(context: DecodeContext): StreamDecoder {
  const reader = new ChunkReader();
  return new ChatStreamDecoder(context, (chunk) => reader.read(chunk), holes);
}

/**
 * An answer of several messages, as the stream that would have told it: a message in each chunk.
 */
function chunksOf(body: JsonObject, count: number): readonly JsonObject[] {
  return Array.from({ length: count }, (_, index) => ({
    ...body,
    choices: arrayOf(body.choices).map((choice) => {
      const { messages, finish_reason: reason = null, ...rest } = objectOf(choice);
      const delta = { ...objectOf(arrayOf(messages)[index]), index };
      return { ...rest, delta, finish_reason: index === count - 1 ? reason : null };
    }),
  }));
}

/**
 * Puts bodies and chunks into the form that the shared decoder reads.
 *
 * An answer may hold several messages, where the provider ran tools within it: `messages` of a
 * whole body, deltas with an `index` in a stream. They become one: what the model says in its
 * order, and each message of a tool as a block among it, as it came.
 */
class ChunkReader {
  /** Who speaks in a stream, by choice and message. */
  readonly #roles = new Map<string, string>();

  read(body: JsonObject): JsonObject {
    // Noise of random length, against guessing content from packet sizes.
    const { p: _, choices, ...rest } = body;
    if (!Array.isArray(choices)) return rest;
    return { ...rest, choices: choices.map((choice) => this.#choice(choice)) };
  }

  #choice(value: JsonValue): JsonValue {
    if (!isObject(value)) return value;
    const { delta, message, index = 0 } = value;
    if (isObject(delta)) return { ...value, delta: this.#delta(delta, String(index)) };
    return isObject(message) ? { ...value, message: said(message) } : value;
  }

  #delta({ index, ...delta }: JsonObject, choice: string): JsonObject {
    const place = `${choice} ${index ?? 0}`;
    const role = textOf(delta.role) || (this.#roles.get(place) ?? "");
    this.#roles.set(place, role);
    return role === "tool" ? { content: [{ ...delta, role }] } : said(delta);
  }
}

/** A message without what says nothing: no prefix, and the word "null" for the id of a call. */
function said(message: JsonObject): JsonObject {
  const { prefix, ...rest } = message;
  const kept = prefix === true ? message : rest;
  if (!Array.isArray(kept.tool_calls)) return kept;
  const calls = kept.tool_calls.map((call) =>
    isObject(call) && call.id === "null" ? { ...call, id: null } : call,
  );
  return { ...kept, tool_calls: calls };
}
