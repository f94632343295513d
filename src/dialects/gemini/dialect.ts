import type { AuthScheme, Dialect } from "../../contract/adapter.ts";
import { vertexGeography } from "../vertex-geography.ts";
import { vertexBaseURL } from "../vertex-path.ts";
import { geminiTokenCounter } from "./count-tokens.ts";
import { decodeGenerate, GenerateStreamDecoder } from "./decode.ts";
import { encodeGenerate } from "./encode.ts";
import { geminiError } from "./errors.ts";
import { directHost, vertexHost } from "./host.ts";
import type { GeminiHost } from "./wire.ts";

/** Gemini's `generateContent` wire as a given host speaks it. */
function geminiDialect(host: GeminiHost, defaultBaseURL: string, auth: AuthScheme): Dialect {
  return {
    name: "gemini",
    framing: "sse",
    defaultBaseURL,
    auth,
    requestIdHeader: "x-goog-request-id",
    encode: (input) => encodeGenerate(input, host),
    decode: decodeGenerate,
    createDecoder: (context) => new GenerateStreamDecoder(context),
    toError: geminiError,
    countTokens: geminiTokenCounter(host),
  };
}

/** The wire as the Gemini API speaks it, with its key. */
export const gemini: Dialect = Object.freeze<Dialect>(
  geminiDialect(directHost, "https://generativelanguage.googleapis.com", {
    scheme: "header",
    name: "x-goog-api-key",
  }),
);

/** The wire as Vertex AI speaks it: a project's paths at a location, and access tokens. */
export const geminiOnVertex: Dialect = Object.freeze<Dialect>({
  ...geminiDialect(vertexHost, "", { scheme: "bearer" }),
  regionalBaseURL: vertexBaseURL,
  geography: vertexGeography,
  credentials: "google",
});
