import type { HeaderContext, Provider } from "../wire.ts";
import { chatRoutes } from "./chat.ts";
import { failureBody, word } from "./failures.ts";
import { modelRoutes } from "./models.ts";

const requestBytesMax = 32 * 1024 * 1024;
const hex = "0123456789abcdef";

/** Mistral's API. It is mounted, as its paths are those of OpenAI. */
export const mistral: Provider = {
  name: "mistral",
  mount: "/mistral",
  routes: [...chatRoutes, ...modelRoutes],
  requestBytesMax,
  claims: () => true,
  key: (headers) => /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "",
  requestId: (random) => `019${random.text(5, hex)}-${random.text(4, hex)}-7${random.text(3, hex)}`,
  headers,
  word,
  failureBody,
};

function headers({ requestId, status, inputTokens }: HeaderContext): Record<string, string> {
  return {
    "mistral-correlation-id": requestId,
    "x-kong-request-id": requestId,
    ...(status < 400 && {
      "x-ratelimit-limit-req-minute": "60",
      "x-ratelimit-remaining-req-minute": "59",
      "x-ratelimit-limit-tokens-minute": "500000",
      "x-ratelimit-remaining-tokens-minute": String(Math.max(500_000 - inputTokens, 0)),
    }),
  };
}
