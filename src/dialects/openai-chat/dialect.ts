import type { Dialect } from "../../contract/adapter.ts";
import { openAIError } from "../openai-errors.ts";
import { chatTokenCounter } from "./count-tokens.ts";
import { ChatStreamDecoder, decodeChat } from "./decode.ts";
import { encodeChat } from "./encode.ts";
import type { ChatHost } from "./wire.ts";

/**
 * OpenAI's Chat Completions wire as a given host speaks it. `defaultBaseURL` is the part before
 * its path; empty where the target must say it.
 */
export function chatDialect(host: ChatHost, defaultBaseURL: string): Dialect {
  return Object.freeze<Dialect>({
    name: "openai-chat",
    framing: "sse",
    defaultBaseURL,
    auth: { scheme: "bearer" },
    requestIdHeader: "x-request-id",
    encode: (input) => encodeChat(input, host),
    decode: decodeChat,
    createDecoder: (context) => new ChatStreamDecoder(context),
    toError: openAIError,
    ...(host.countPath !== undefined && { countTokens: chatTokenCounter(host, host.countPath) }),
  });
}

/** The wire as OpenAI's own host speaks it. */
export const openAIChat: Dialect = chatDialect(
  {
    path: "/chat/completions",
    maxTokensMember: "max_completion_tokens",
    stopSequencesMax: 4,
    toolIDCharactersMax: 40,
  },
  "https://api.openai.com/v1",
);
