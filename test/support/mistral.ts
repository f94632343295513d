import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, EncodeInput } from "../../src/contract/adapter.ts";
import { mistral } from "../../src/providers/mistral/index.ts";
import {
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  frameOf,
  type RequestInit,
} from "./wire-under-test.ts";

/** Mistral's one wire. */
export const mistralChat: Dialect = mistral.dialects.chat as Dialect;

const context = { adapter: "mistral", model: "mistral-small-latest" };

/** Encodes a request for Mistral. Without contents it asks "Hi". */
export function encodeMistralRequest(
  init: RequestInit,
  input: Partial<Omit<EncodeInput, "request">> = {},
): Encoded {
  return encodeRequest(mistralChat.encode, init, { ...context, ...input });
}

/** The messages that the given turns become. */
export function mistralTurns(contents: RequestInit["contents"]): {
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly string[];
} {
  const { body, warnings } = encodeMistralRequest({ ...(contents && { contents }) });
  return { messages: body.messages as JsonObject[], warnings };
}

/** Decodes a whole body with this one choice. */
export function decodeMistralChoice(choice: JsonObject, rest: JsonObject = {}): LLMResponse {
  return mistralChat.decode({ ...envelope("chat.completion", choice), ...rest }, context);
}

/** Decodes a stream of choices, each in a chunk of its own, and `[DONE]` behind the last. */
export function decodeMistralStream(
  choices: readonly JsonObject[],
  rest: JsonObject = {},
): DecodedStream {
  const chunks = choices.map((choice) => ({
    ...envelope("chat.completion.chunk", choice),
    ...rest,
  }));
  return decodeFrames(
    mistralChat,
    context,
    [...chunks, "[DONE]"].map((chunk) => frameOf(chunk)),
  );
}

/** A choice of a stream with one delta. */
export function deltaChoice(delta: JsonObject, finish: string | null = null): JsonObject {
  return { index: 0, delta, finish_reason: finish };
}

function envelope(object: string, choice: JsonObject): JsonObject {
  return {
    id: "0a1b2c3d4e5f",
    object,
    created: 1_790_000_000,
    model: "mistral-small-2603",
    choices: [{ index: 0, finish_reason: "stop", ...choice }],
    usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
  };
}
