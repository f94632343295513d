import type { JsonObject } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ollama } from "../../src/dialects/ollama/dialect.ts";
import {
  type DecodedStream,
  decodeFrames,
  type Encoded,
  encodeRequest,
  frameOf,
  type RequestInit,
} from "./wire-under-test.ts";

const context = { adapter: "llama", model: "llama3.2:3b" };

/** Encodes a request for Ollama's own wire. Without contents it asks "Hi". */
export function encodeOllamaRequest(init: RequestInit, stream = false): Encoded {
  return encodeRequest(ollama.encode, init, { ...context, stream, requestId: "r-1" });
}

/** The messages that the given turns become. */
export function ollamaTurns(contents: RequestInit["contents"]): {
  readonly messages: readonly JsonObject[];
  readonly warnings: readonly string[];
} {
  const { body, warnings } = encodeOllamaRequest({ ...(contents && { contents }) });
  return { messages: body.messages as JsonObject[], warnings };
}

/** A line, or a whole body, with this message. */
export function line(message: JsonObject, rest: JsonObject = {}): JsonObject {
  return {
    model: "llama3.2:3b",
    created_at: "2026-11-23T11:36:49.625600627Z",
    message: { role: "assistant", content: "", ...message },
    done: false,
    ...rest,
  };
}

/** Members of the last line. */
export const lastly: JsonObject = {
  done: true,
  done_reason: "stop",
  total_duration: 588377075,
  prompt_eval_count: 9,
  eval_count: 4,
};

/** Decodes a whole body. */
export function decodeOllamaBody(body: JsonObject): LLMResponse {
  return ollama.decode(body, context);
}

/** Decodes the lines of a stream: objects, or texts as they stand on the wire. */
export function decodeOllamaStream(lines: readonly (JsonObject | string)[]): DecodedStream {
  return decodeFrames(
    ollama,
    context,
    lines.map((one) => frameOf(one)),
  );
}
