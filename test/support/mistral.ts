import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  LLMRequestSchema,
  type LLMResponse,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, EncodeInput } from "../../src/contract/adapter.ts";
import { mistral } from "../../src/providers/mistral/index.ts";
import {
  type DecodedStream,
  type Encoded,
  frameOf,
  named,
  type RequestInit,
} from "./openai-chat.ts";

/** Mistral's one wire. */
export const mistralChat: Dialect = mistral.dialects.chat as Dialect;

/** Encodes a request for Mistral. Without contents it asks "Hi". */
export function encodeMistralRequest(
  init: RequestInit,
  input: Partial<Omit<EncodeInput, "request">> = {},
): Encoded {
  const contents = [{ role: Role.USER, message: "Hi" }];
  const request = create(LLMRequestSchema, { contents, ...init });
  const model = "mistral-small-latest";
  const common = { adapter: "mistral", model, stream: false, requestId: "" };
  const wire = mistralChat.encode({ ...common, request, ...input });
  const { headers, path, body: text, warnings } = wire;
  return { body: JSON.parse(text), headers, path, text, warnings: warnings.map(named) };
}

/** The messages that the given turns become. */
export function mistralTurns(contents: RequestInit["contents"]): {
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly string[];
} {
  const { body, warnings } = encodeMistralRequest({ ...(contents && { contents }) });
  return { messages: body.messages as JsonObject[], warnings };
}

const context = { adapter: "mistral", model: "mistral-small-latest" };

/** Decodes a whole body with this one choice. */
export function decodeMistralChoice(choice: JsonObject, rest: JsonObject = {}): LLMResponse {
  return mistralChat.decode({ ...envelope("chat.completion", choice), ...rest }, context);
}

/** Decodes a stream of choices, each in a chunk of its own, and `[DONE]` behind the last. */
export function decodeMistralStream(
  choices: readonly JsonObject[],
  rest: JsonObject = {},
): DecodedStream {
  const decoder = mistralChat.createDecoder(context);
  const events = choices.flatMap((choice) =>
    decoder.push(frameOf({ ...envelope("chat.completion.chunk", choice), ...rest })),
  );
  const last = [...decoder.push(frameOf("[DONE]"))];
  const { done } = decoder;
  const { events: closing, end } = decoder.end();
  const response = end.kind === "truncated" ? undefined : end.response;
  return { events: [...events, ...last, ...closing], end, response, done };
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
