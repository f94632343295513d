import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { DecodeContext, StreamDecoder } from "../../contract/adapter.ts";
import { arrayOf, isObject, objectOf, textOf } from "../../dialects/json.ts";
import { ChatStreamDecoder, decodeChat } from "../../dialects/openai-chat/decode.ts";

/** A whole body as an answer; see `decodeChat`. */
export function decodeMistral(body: JsonObject, context: DecodeContext): LLMResponse {
  return decodeChat(new ChunkReader().read(body), context);
}

/** A decoder of a stream of chunks. */
export function createMistralDecoder(context: DecodeContext): StreamDecoder {
  const reader = new ChunkReader();
  return new ChatStreamDecoder(context, (chunk) => reader.read(chunk));
}

/**
 * Puts bodies and chunks into the form that the shared decoder reads.
 *
 * An answer may hold several messages, where the provider ran tools within it: `messages` of a whole
 * body, deltas with an `index` in a stream. They become one: what the model says in its order, and
 * each message of a tool as a block among it, as it came.
 */
class ChunkReader {
  /** Who speaks in which message of a stream. */
  readonly #roles = new Map<JsonValue, string>();

  read(body: JsonObject): JsonObject {
    // Noise of random length, against guessing content from packet sizes.
    const { p: _, choices, ...rest } = body;
    if (!Array.isArray(choices)) return rest;
    return { ...rest, choices: choices.map((choice) => this.#choice(choice)) };
  }

  #choice(value: JsonValue): JsonValue {
    if (!isObject(value)) return value;
    const { delta, message, messages, ...rest } = value;
    if (isObject(delta)) return { ...rest, delta: this.#delta(delta) };
    if (isObject(message)) return { ...value, message: said(message) };
    return Array.isArray(messages) ? { ...rest, message: joined(messages) } : value;
  }

  #delta({ index, ...delta }: JsonObject): JsonObject {
    const place = index ?? 0;
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

function joined(messages: readonly JsonValue[]): JsonObject {
  const content: JsonValue[] = [];
  const calls: JsonValue[] = [];
  let rest: JsonObject = {};
  for (const message of messages) {
    if (!isObject(message)) continue;
    const { role, content: own, tool_calls: ownCalls, index: _, ...others } = said(message);
    if (role === "tool") content.push(message);
    else {
      content.push(...(typeof own === "string" ? [own] : arrayOf(own)));
      calls.push(...arrayOf(ownCalls));
      rest = { ...rest, ...objectOf(others) };
    }
  }
  return { ...rest, role: "assistant", content, tool_calls: calls };
}
