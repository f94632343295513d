import { textOr } from "../json.ts";
import type { Call, Provider, Route } from "../wire.ts";
import { chat } from "./chat.ts";
import { failureBody, refused, word } from "./failures.ts";
import { isThere, modelInfo, modelList } from "./models.ts";
import { userText } from "./read-prompt.ts";

const requestBytesMax = 64 * 1024 * 1024;

const routes: readonly Route[] = [
  { wire: "ollama", method: "POST", path: /^\/api\/chat$/, userText, answer: chat },
  {
    wire: "ollama-models",
    method: "GET",
    path: /^\/api\/tags$/,
    userText: () => "",
    answer: () => ({ kind: "json", body: modelList() }),
  },
  {
    wire: "ollama-models",
    method: "GET",
    path: /^\/api\/version$/,
    userText: () => "",
    answer: () => ({ kind: "json", body: { version: "0.17.4" } }),
  },
  {
    wire: "ollama-models",
    method: "POST",
    path: /^\/api\/show$/,
    userText: () => "",
    answer: ({ body }: Call) => {
      const name = textOr(body.model ?? body.name);
      if (!isThere(name)) throw refused(`model '${name}' not found`, 404);
      return { kind: "json", body: modelInfo(name) };
    },
  },
];

/** An Ollama server. It wants no key, and takes any. */
export const ollama: Provider = {
  name: "ollama",
  routes,
  requestBytesMax,
  isLocal: true,
  claims: (_headers, path) => path.startsWith("/api/"),
  key: (headers) => /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "",
  requestId: () => "",
  headers: () => ({}),
  word,
  failureBody,
};
