import type { HeaderContext, Provider } from "../wire.ts";
import { failureBody, word } from "./failures.ts";
import { messageRoutes } from "./messages.ts";
import { modelRoutes } from "./models.ts";

const requestBytesMax = 32 * 1024 * 1024;
const organization = "00000000-0000-4000-8000-000000000001";
const tokensPerMinute = 2_000_000;
const requestsPerMinute = 4000;

/** Anthropic's Messages API. */
export const anthropic: Provider = {
  name: "anthropic",
  routes: [...messageRoutes, ...modelRoutes],
  requestBytesMax,
  claims: (headers) => "anthropic-version" in headers || "x-api-key" in headers,
  key: (headers) =>
    headers["x-api-key"] ?? /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "",
  requestId: (random) => `req_011C${random.text(20)}`,
  headers,
  word,
  failureBody,
};

function headers({ requestId, status, nowMs, inputTokens }: HeaderContext): Record<string, string> {
  const isRetryable = [408, 409, 429].includes(status) || status >= 500;
  return {
    "request-id": requestId,
    "anthropic-organization-id": organization,
    ...(status >= 400 && { "x-should-retry": String(isRetryable) }),
    ...(status < 400 && rateLimits(nowMs, inputTokens)),
  };
}

/** The limits, as if this were the only request of the minute. */
function rateLimits(nowMs: number, inputTokens: number): Record<string, string> {
  const reset = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  const limit = (name: string, max: number, left: number): [string, string][] => [
    [`anthropic-ratelimit-${name}-limit`, String(max)],
    [`anthropic-ratelimit-${name}-remaining`, String(Math.max(left, 0))],
    [`anthropic-ratelimit-${name}-reset`, reset],
  ];
  const inputLeft = tokensPerMinute - Math.ceil(inputTokens / 1000) * 1000;
  return Object.fromEntries([
    ...limit("requests", requestsPerMinute, requestsPerMinute - 1),
    ...limit("input-tokens", tokensPerMinute, inputLeft),
    ...limit("output-tokens", tokensPerMinute, tokensPerMinute),
    ...limit("tokens", 2 * tokensPerMinute, tokensPerMinute + inputLeft),
  ]);
}
