import type { Dialect } from "../../contract/adapter.ts";
import { openAIError } from "../openai-errors.ts";
import { decodeOllama, OllamaStreamDecoder } from "./decode.ts";
import { encodeOllama } from "./encode.ts";

/** Ollama's own wire. A server at home asks for no key; its hosted service and proxies take one. */
export const ollama: Dialect = Object.freeze<Dialect>({
  name: "ollama",
  framing: "ndjson",
  defaultBaseURL: "http://127.0.0.1:11434",
  auth: { scheme: "bearer" },
  requestIdHeader: "x-request-id",
  encode: encodeOllama,
  decode: decodeOllama,
  createDecoder: (context) => new OllamaStreamDecoder(context),
  toError: openAIError,
});
