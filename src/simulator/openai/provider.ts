import { chatRoutes } from "../openai-chat/chat.ts";
import { responsesRoutes } from "../openai-responses/responses.ts";
import type { HeaderContext, Provider } from "../wire.ts";
import { failureBody, word } from "./failures.ts";
import { modelRoutes } from "./models.ts";

const requestBytesMax = 64 * 1024 * 1024;
const tokensPerMinute = 2_000_000;
const requestsPerMinute = 5000;

/** OpenAI: Chat Completions and Responses. */
export const openai: Provider = {
  name: "openai",
  routes: [...chatRoutes, ...responsesRoutes, ...modelRoutes],
  requestBytesMax,
  claims: (headers) => "authorization" in headers,
  key: (headers) => /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "",
  requestId: (random) => `req_${random.text(32, "0123456789abcdef")}`,
  headers,
  word,
  failureBody,
};

function headers({ requestId, status, inputTokens }: HeaderContext): Record<string, string> {
  const limits = {
    "x-ratelimit-limit-requests": String(requestsPerMinute),
    "x-ratelimit-limit-tokens": String(tokensPerMinute),
    "x-ratelimit-remaining-requests": String(requestsPerMinute - 1),
    "x-ratelimit-remaining-tokens": String(Math.max(tokensPerMinute - inputTokens, 0)),
    "x-ratelimit-reset-requests": "12ms",
    "x-ratelimit-reset-tokens": `${Math.ceil((inputTokens / tokensPerMinute) * 60_000)}ms`,
  };
  return {
    "x-request-id": requestId,
    "openai-version": "2020-10-01",
    "openai-organization": "simulated-organization",
    "openai-processing-ms": "12",
    ...(status < 400 && limits),
  };
}
