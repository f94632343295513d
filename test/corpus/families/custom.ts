import { canonicalCohere } from "../canonical-cohere.ts";
import { canonicalChat, canonicalMessages, canonicalResponses } from "../canonical-request.ts";
import { expectAnthropic } from "../expect-anthropic.ts";
import { expectCohere } from "../expect-cohere.ts";
import { expectOpenAIChat } from "../expect-openai-chat.ts";
import { expectOpenAIResponses } from "../expect-openai-responses.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { readAnthropicRequest } from "../read-request-anthropic.ts";
import { readCohereRequest } from "../read-request-cohere.ts";
import { readOpenAIChatRequest } from "../read-request-openai-chat.ts";
import { readOpenAIResponsesRequest } from "../read-request-openai-responses.ts";
import { echoedByResponses, restatedByResponses } from "./openai.ts";

const finished = /"finish_reason"\s*:\s*"/;

/** Chat Completions of a host. */
function chat(preset?: string): JudgedAPI {
  return {
    adapter: "custom",
    dialect: "openai-chat",
    ...(preset !== undefined && { target: { preset } }),
    expect: expectOpenAIChat,
    logicalEnd: finished,
    requests: {
      read: (body) => readOpenAIChatRequest(body, "custom"),
      canonical: canonicalChat,
    },
  };
}

/** Responses of a host. */
function responses(preset?: string): JudgedAPI {
  return {
    adapter: "custom",
    dialect: "openai-responses",
    ...(preset !== undefined && { target: { preset } }),
    expect: expectOpenAIResponses,
    echoed: echoedByResponses,
    restated: restatedByResponses,
    logicalEnd: /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/,
    requests: {
      read: (body) => readOpenAIResponsesRequest(body, "custom"),
      canonical: canonicalResponses,
    },
  };
}

/** Hosts that are reached by configuration alone. */
export const customAPIs: JudgedAPIs = {
  "azure.inference.chat": chat("azure-inference"),
  "bedrock.mantle.openai.responses": responses("bedrock-mantle"),
  "chatgpt-codex.responses": responses(),
  "cohere.v2.chat": {
    adapter: "custom",
    dialect: "cohere",
    target: { preset: "cohere" },
    expect: expectCohere,
    logicalEnd: finished,
    requests: { read: readCohereRequest, canonical: canonicalCohere },
  },
  "copilot.responses": responses("copilot"),
  "deepseek.chat": chat("deepseek"),
  "deepseek.responses": responses("deepseek"),
  "mistralrs.responses": responses(),
  "openresponses.responses": responses(),
  "openrouter.anthropic_compat.messages": {
    adapter: "custom",
    dialect: "anthropic-messages",
    target: { preset: "openrouter" },
    expect: expectAnthropic,
    logicalEnd: /"stop_reason"\s*:\s*"/,
    requests: { read: readAnthropicRequest, canonical: canonicalMessages },
  },
  "openrouter.responses": responses("openrouter"),
  "perplexity.chat": chat("perplexity"),
  "pydantic-gateway.responses": responses("pydantic-gateway"),
  "xai.chat": chat("xai"),
  "xai.responses": responses("xai"),
};
