import type { Dialect, DialectSet, EncodeInput } from "../../contract/adapter.ts";
import { messagesTokenCounter } from "../../dialects/anthropic-messages/count-tokens.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { encodeMessages, encodeTokenCount } from "../../dialects/anthropic-messages/encode.ts";
import { messagesError } from "../../dialects/anthropic-messages/errors.ts";
import type { MessagesHost } from "../../dialects/anthropic-messages/messages-host.ts";
import { readStatusText } from "../../dialects/gemini/error-body.ts";
import { geminiError } from "../../dialects/gemini/errors.ts";
import { vertexGeography } from "../../dialects/vertex-geography.ts";
import { vertexBaseURL, vertexModelPath } from "../../dialects/vertex-path.ts";
import { modelId } from "./model-names.ts";

const publisher = "anthropic";

const vertex: MessagesHost = {
  path: ({ place, model, stream }) =>
    `${vertexModelPath(place, publisher, model)}:${stream ? "streamRawPredict" : "rawPredict"}`,
  countPath: ({ place }) => `${vertexModelPath(place, publisher, "count-tokens")}:rawPredict`,
  bodyVersion: "vertex-2023-10-16",
};

/** Dated ids that are other names on Vertex than their date alone tells. */
const renamed: ReadonlyMap<string, string> = new Map([
  ["claude-3-5-sonnet-20241022", "claude-3-5-sonnet-v2@20241022"],
  ["claude-opus-4-0", "claude-opus-4@20250514"],
  ["claude-sonnet-4-0", "claude-sonnet-4@20250514"],
]);

/** The name on Vertex, where a date stands behind "@": "claude-opus-4-5@20251101". */
function vertexModel(name: string): string {
  const id = modelId(name);
  return renamed.get(id) ?? id.replace(/^(claude-.*)-(\d{8})$/, "$1@$2");
}

function withVertexModel(input: EncodeInput): EncodeInput {
  return { ...input, model: vertexModel(input.model) };
}

const messages: Dialect = Object.freeze<Dialect>({
  ...anthropicMessages,
  name: "messages",
  defaultBaseURL: "",
  regionalBaseURL: vertexBaseURL,
  geography: vertexGeography,
  auth: { scheme: "bearer" },
  credentials: "google",
  // Vertex AI's own failures are Google's, those of the model Anthropic's.
  toError: (failure) =>
    readStatusText(failure.body).type === "" ? messagesError(failure) : geminiError(failure),
  encode: (input) => encodeMessages(withVertexModel(input), vertex),
  countTokens: {
    ...messagesTokenCounter,
    encode: (input) => encodeTokenCount(withVertexModel(input), vertex),
  },
});

/** Claude on Google's Vertex AI. */
export const vertexClaude: DialectSet = Object.freeze<DialectSet>({
  dialects: { messages },
  defaultDialect: "messages",
});
