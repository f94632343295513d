import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  LLMRequestSchema,
  type LLMResponse,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ollama } from "../../src/dialects/ollama/dialect.ts";
import {
  type DecodedStream,
  type Encoded,
  frameOf,
  named,
  type RequestInit,
} from "./openai-chat.ts";

const context = { adapter: "llama", model: "llama3.2:3b" };

/** Encodes a request for Ollama's own wire. Without contents it asks "Hi". */
export function encodeOllamaRequest(init: RequestInit, stream = false): Encoded {
  const contents = [{ role: Role.USER, message: "Hi" }];
  const request = create(LLMRequestSchema, { contents, ...init });
  const wire = ollama.encode({ ...context, request, stream, requestId: "r-1" });
  const { headers, path, body: text, warnings } = wire;
  return { body: JSON.parse(text), headers, path, text, warnings: warnings.map(named) };
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
  const decoder = ollama.createDecoder(context);
  const events = lines.flatMap((one) => decoder.push(frameOf(one)));
  const { done } = decoder;
  const { events: last, end } = decoder.end();
  const response = end.kind === "truncated" ? undefined : end.response;
  return { events: [...events, ...last], end, response, done };
}
