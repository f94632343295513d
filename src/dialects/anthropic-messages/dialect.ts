import type { Dialect } from "../../contract/adapter.ts";
import { messagesTokenCounter } from "./count-tokens.ts";
import { createMessageDecoder, decodeMessage } from "./decode.ts";
import { encodeMessages } from "./encode.ts";
import { messagesError } from "./errors.ts";

/**
 * Anthropic's Messages wire, as its own API and other servers speak it. A base URL is the bare
 * origin, with or without a prefix; `/v1/messages` is added.
 */
export const anthropicMessages: Dialect = Object.freeze<Dialect>({
  name: "anthropic-messages",
  framing: "sse",
  defaultBaseURL: "https://api.anthropic.com",
  auth: { scheme: "header", name: "x-api-key" },
  requestIdHeader: "request-id",
  encode: (input) => encodeMessages(input),
  decode: decodeMessage,
  createDecoder: createMessageDecoder,
  toError: messagesError,
  countTokens: messagesTokenCounter,
});
