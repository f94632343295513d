import type { JSONValue } from "../json.ts";
import {
  type Call,
  type Failure,
  type HeaderContext,
  type Problem,
  type Provider,
  Refusal,
  type Route,
} from "../wire.ts";
import type { GeminiPlace } from "./check-request.ts";
import { failure, failureBody, keyDetails, word } from "./failures.ts";
import { countTokens, generate } from "./generate.ts";
import { isServed, modelInfo, modelList } from "./models.ts";
import { userText } from "./read-prompt.ts";
import { geminiReader, vertexReader } from "./request-messages.ts";

const requestBytesMax = 20 * 1024 * 1024;

/** The three methods of a place whose paths begin with a pattern. */
function methodRoutes(wire: string, before: string, place: GeminiPlace): Route[] {
  const route = (method: string, answer: Route["answer"]): Route => ({
    wire,
    method: "POST",
    path: new RegExp(`^${before}/models/[^/]+:${method}$`),
    pathModel: (path) => decodeURIComponent(path.replace(/^.*\/models\//, "").replace(/:\w+$/, "")),
    answersBlocked: true,
    userText,
    answer,
  });
  return [
    route("generateContent", (call) => generate(call, place, false)),
    route("streamGenerateContent", (call) => generate(call, place, true)),
    route("countTokens", (call) => countTokens(call, place)),
  ];
}

const listRoutes: readonly Route[] = [
  {
    wire: "google-models",
    method: "GET",
    path: /^\/v1(?:beta)?\/models$/,
    userText: () => "",
    answer: () => ({ kind: "json", body: modelList() }),
  },
  {
    wire: "google-models",
    method: "GET",
    path: /^\/v1(?:beta)?\/models\/[^/:]+$/,
    userText: () => "",
    answer: ({ path }: Call) => {
      const name = path.replace(/^.*\/models\//, "");
      if (isServed(name)) return { kind: "json", body: modelInfo(name) };
      throw new Refusal(failure(404, `Model is not found: models/${name} for api version v1beta`));
    },
  },
];

/** What all of Google's services have in common. */
const shared = {
  requestBytesMax,
  requestId: (): string => "",
  headers: ({ nowMs }: HeaderContext): Record<string, string> => ({
    "server-timing": `gfet4t7; dur=${10 + (nowMs % 10)}`,
    vary: "Origin, X-Origin, Referer",
  }),
  failureBody: (problem: Failure, _requestId: string, url: URL): JSONValue => {
    const body = failureBody(problem);
    const isArray =
      url.pathname.endsWith(":streamGenerateContent") && url.searchParams.get("alt") !== "sse";
    return isArray ? [body] : body;
  },
};

function bearer(headers: Readonly<Record<string, string>>): string {
  return /^bearer (.*)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
}

/** Google's Gemini API. */
export const gemini: Provider = {
  ...shared,
  name: "google",
  routes: [
    ...methodRoutes("google", "/v1(?:beta)?", { reader: geminiReader, isVertex: false }),
    ...listRoutes,
  ],
  claims: (headers, path) =>
    "x-goog-api-key" in headers || /^\/v1beta\/|^\/v1\/models\/[^/]+:\w+$/.test(path),
  key: (headers, query) => headers["x-goog-api-key"] ?? query.get("key") ?? bearer(headers),
  word: (problem) => {
    switch (problem.kind) {
      case "no-key":
        return failure(
          403,
          "Method doesn't allow unregistered callers (callers without established identity). " +
            "Please use API Key or other form of API consumer identity to call this API.",
        );
      case "wrong-key":
        return invalidKey("API key not valid. Please pass a valid API key.");
      case "echo-key":
        return invalidKey(`API key not valid: ${problem.key}. Please pass a valid API key.`);
      default:
        return word(problem);
    }
  },
};

function invalidKey(message: string): Failure {
  const service = "generativelanguage.googleapis.com";
  return { ...failure(400, message), details: keyDetails("API_KEY_INVALID", service, message) };
}

/** Google's words on Vertex AI, where access tokens stand for keys. */
export function vertexWord(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
      return failure(
        401,
        "Request is missing required authentication credential. Expected OAuth 2 access token, " +
          "login cookie or other valid authentication credential.",
      );
    case "wrong-key":
      return failure(401);
    case "echo-key":
      return failure(401, `Request had invalid authentication credentials: ${problem.key}`);
    default:
      return word(problem);
  }
}

/** Gemini models on Vertex AI. */
export const vertexGemini: Provider = {
  ...shared,
  name: "vertex",
  routes: methodRoutes(
    "vertex-google",
    "/v1(?:beta1)?/(?:projects/[^/]+/locations/[^/]+/)?publishers/google",
    { reader: vertexReader, isVertex: true },
  ),
  claims: (_headers, path) => /^\/v1(?:beta1)?\/(?:projects|publishers)\//.test(path),
  key: (headers, query) => bearer(headers) || (headers["x-goog-api-key"] ?? query.get("key") ?? ""),
  word: vertexWord,
};
