import type { Provider } from "../wire.ts";
import { chat } from "./chat.ts";
import { failureBody, word } from "./failures.ts";
import { userText } from "./read-prompt.ts";

const requestBytesMax = 32 * 1024 * 1024;

/** Cohere's API of the second version. */
export const cohere: Provider = {
  name: "cohere",
  routes: [{ wire: "cohere", method: "POST", path: /^\/v2\/chat$/, userText, answer: chat }],
  requestBytesMax,
  claims: (_headers, path) => path.startsWith("/v2/"),
  key: (headers) => /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "",
  requestId: (random) =>
    [8, 4, 4, 4, 12].map((length) => random.text(length, "0123456789abcdef")).join("-"),
  headers: ({ requestId }) => ({ "x-debug-trace-id": requestId, server: "envoy" }),
  word,
  failureBody,
};
