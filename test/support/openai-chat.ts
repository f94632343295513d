import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput } from "../../src/contract/adapter.ts";
import { openAIChat } from "../../src/dialects/openai-chat/dialect.ts";
import {
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  frameOf,
  type RequestInit,
} from "./wire-under-test.ts";

const context = { adapter: "openai", model: "gpt-5-mini" };

/** Encodes a request for OpenAI's host. */
export function encodeChatRequest(
  init: RequestInit,
  input: Partial<Omit<EncodeInput, "request">> = {},
): Encoded {
  return encodeRequest(openAIChat.encode, init, { ...context, ...input });
}

/** The messages that the given turns become. */
export function encodeTurns(contents: RequestInit["contents"]): {
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly string[];
} {
  const { body, warnings } = encodeChatRequest({ ...(contents && { contents }) });
  return { messages: body.messages as JsonObject[], warnings };
}

/** Decodes a whole body. */
export function decodeChatBody(body: JsonObject): LLMResponse {
  return openAIChat.decode(body, context);
}

/** Decodes a body with this one choice, and some usage. */
export function decodeChoice(choice: JsonObject, rest: JsonObject = {}): LLMResponse {
  return decodeChatBody({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_790_000_000,
    model: "gpt-5-mini-2025-08-07",
    choices: [{ index: 0, finish_reason: "stop", ...choice }],
    usage: { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 },
    ...rest,
  });
}

/** Decodes the payloads of a stream: objects, or texts as they stand after `data:`. */
export function decodeChatStream(payloads: readonly (JsonObject | string)[]): DecodedStream {
  return decodeFrames(
    openAIChat,
    context,
    payloads.map((payload) => frameOf(payload)),
  );
}

/** A chunk with one delta. */
export function chunk(delta: JsonObject, finish: string | null = null): JsonObject {
  return {
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_790_000_000,
    model: "gpt-5-mini-2025-08-07",
    choices: [{ index: 0, delta, finish_reason: finish }],
  };
}

/** Kind and text (or arguments, or JSON) of each part, for short expectations. */
export function partsOf(response: LLMResponse | undefined): readonly (readonly string[])[] {
  return (response?.content?.parts ?? []).map(({ kind }) => {
    switch (kind.case) {
      case "text":
      case "thinking":
      case "refusal":
        return [kind.case, kind.value.text];
      case "toolCall":
        return [kind.case, kind.value.id, kind.value.name, kind.value.arguments];
      case "provider":
        return [kind.case, kind.value.type, kind.value.json];
      default:
        return [kind.case ?? ""];
    }
  });
}
