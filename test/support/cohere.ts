import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { cohereChat } from "../../src/dialects/cohere/dialect.ts";
import {
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  frameOf,
  type RequestInit,
} from "./wire-under-test.ts";

const context = { adapter: "custom", model: "command-a" };

/** A request as Cohere gets it, and each warning as "KIND field". */
export function encodeCohereRequest(init: RequestInit, stream = false): Encoded {
  return encodeRequest(cohereChat.encode, init, { ...context, stream, requestId: "call-1" });
}

/** Decodes a whole body. */
export function decodeCohereBody(body: JsonObject): LLMResponse {
  return cohereChat.decode(body, context);
}

/** Decodes a body with this message, and some usage. */
export function decodeCohereMessage(message: JsonObject, rest: JsonObject = {}): LLMResponse {
  return decodeCohereBody({
    id: "c1",
    message: { role: "assistant", ...message },
    finish_reason: "COMPLETE",
    usage: {
      billed_units: { input_tokens: 3, output_tokens: 2 },
      tokens: { input_tokens: 30, output_tokens: 4 },
    },
    ...rest,
  });
}

/** Decodes the events of a stream: objects, or texts as they stand after `data:`. */
export function decodeCohereStream(payloads: readonly (JsonObject | string)[]): DecodedStream {
  return decodeFrames(
    cohereChat,
    context,
    payloads.map((payload) => frameOf(payload)),
  );
}

/** An event with a piece of a message. */
export function piece(type: string, message: JsonObject, index?: number): JsonObject {
  return { type, ...(index !== undefined && { index }), delta: { message } };
}

/** The event that begins a stream. */
export const messageStart: JsonObject = {
  id: "c1",
  type: "message-start",
  delta: {
    message: { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] },
  },
};

/** The event that ends a stream. */
export function messageEnd(reason: string, rest: JsonObject = {}): JsonObject {
  return { type: "message-end", delta: { finish_reason: reason, ...rest } };
}
