import { openServer } from "../../dialects/openai-chat/open-server.ts";
import type { ChatHost } from "../../dialects/openai-chat/wire.ts";

/** A hosted service: it names what it takes, and `top_k`, videos and metadata are not among it. */
export const service: ChatHost = {
  ...openServer,
  takesTopK: false,
  takesVideo: false,
  labels: { endUserMember: "user", takesMetadata: false },
};

/** A hosted service of open models, which takes their servers' knobs. */
export const openModels: ChatHost = { ...service, takesTopK: true };

/** A gateway that tells of thinking, and is told of it, as OpenRouter does. */
const gateway: ChatHost = {
  ...service,
  reasoningMember: "reasoning",
  thinking: { form: "object" },
};

/** Turned off by a member of its own. */
const thinkingObject = { off: { thinking: { type: "disabled" } }, isShown: true };

/** Thinking must come back beside calls of tools, and a last turn of the model is a beginning. */
export const deepSeek: ChatHost = {
  ...service,
  stopSequencesMax: 16,
  needsReasoning: true,
  messageOptions: ["prefix"],
  // It refuses media itself, in words that name the model's limits.
  takesVideo: true,
  thinking: thinkingObject,
  labels: { takesMetadata: false },
};

/** Kimi. */
export const moonshot: ChatHost = {
  ...service,
  stopSequencesMax: 5,
  needsReasoning: true,
  messageOptions: ["partial"],
  thinking: thinkingObject,
  labels: { takesMetadata: false },
};

/** GLM. */
export const zAI: ChatHost = {
  ...service,
  // More are refused.
  stopSequencesMax: 1,
  thinking: thinkingObject,
};

/** Qwen. */
export const alibaba: ChatHost = {
  ...openModels,
  thinking: { off: { enable_thinking: false }, isShown: true },
  labels: { takesMetadata: false },
};

/** Grok. */
export const xAI: ChatHost = { ...service, stopSequencesMax: 4 };

/** Sonar. Usage stands in every chunk unasked. */
export const perplexity: ChatHost = {
  ...openModels,
  takesStreamOptions: false,
  labels: { takesMetadata: false },
};

/** Cohere, by the wire of OpenAI. */
export const cohereCompatible: ChatHost = {
  ...service,
  stopSequencesMax: 5,
  labels: { takesMetadata: false },
};

/** Models of many makers at Azure; the query is part of every path there. */
export const azureInference: ChatHost = {
  ...service,
  path: "/chat/completions?api-version=2024-05-01-preview",
  labels: { takesMetadata: false },
};

/** Snowflake Cortex. */
export const snowflake: ChatHost = {
  ...gateway,
  maxTokensMember: "max_completion_tokens",
};

/** Vercel's AI Gateway. */
export const vercelGateway: ChatHost = {
  ...gateway,
  takesCacheMarks: true,
  takesAnyDocument: true,
};

/** Writer, whose chats have a path of their own. */
export const writer: ChatHost = { ...service, path: "/chat", labels: { takesMetadata: false } };

/** GitHub Copilot and GitHub Models: many makers' models, as OpenAI's are asked. */
export const gitHub: ChatHost = { ...service, stopSequencesMax: 4 };
