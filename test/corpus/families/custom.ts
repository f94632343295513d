import { canonicalChatHost } from "../canonical-chat-host.ts";
import { canonicalCohere } from "../canonical-cohere.ts";
import { canonicalMessages, canonicalResponses } from "../canonical-request.ts";
import { expectAnthropic } from "../expect-anthropic.ts";
import {
  expectChatHost,
  type UsageReader,
  usageOfAzure,
  usageOfDeepSeek,
  usageOfXAI,
} from "../expect-chat-host.ts";
import { expectCohere } from "../expect-cohere.ts";
import { expectOpenAIResponses } from "../expect-openai-responses.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { readAnthropicRequest } from "../read-request-anthropic.ts";
import { readCohereRequest } from "../read-request-cohere.ts";
import { readOpenAIChatRequest } from "../read-request-openai-chat.ts";
import { readOpenAIResponsesRequest } from "../read-request-openai-responses.ts";
import { echoedByResponses, restatedByResponses } from "./openai.ts";

const finished = /"finish_reason"\s*:\s*"/;

/** Chat Completions of a host. */
function chat(preset: string, usageOf?: UsageReader): JudgedAPI {
  return {
    adapter: "custom",
    dialect: "openai-chat",
    target: { preset },
    expect: expectChatHost(usageOf),
    logicalEnd: finished,
    requests: {
      read: (body) => readOpenAIChatRequest(body, "custom", "reasoning_content"),
      canonical: canonicalChatHost,
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

/** The same without requests. */
function answersOf({ requests: _, ...judged }: JudgedAPI): JudgedAPI {
  return judged;
}

/** Hosts that are reached by configuration alone. */
export const customAPIs: JudgedAPIs = {
  "azure.inference.chat": chat("azure-inference", usageOfAzure),
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
  "deepseek.chat": chat("deepseek", usageOfDeepSeek),
  "deepseek.responses": responses("deepseek"),
  "mistralrs.responses": responses(),
  // Of these, the answers alone were recorded.
  "openresponses.responses": answersOf(responses()),
  "openrouter.anthropic_compat.messages": {
    adapter: "custom",
    dialect: "anthropic-messages",
    target: { preset: "openrouter" },
    expect: expectAnthropic,
    logicalEnd: /"stop_reason"\s*:\s*"/,
    requests: {
      read: (body) => readAnthropicRequest(body, "custom"),
      canonical: canonicalMessages,
    },
  },
  "openrouter.responses": responses("openrouter"),
  "perplexity.chat": {
    ...chat("perplexity"),
    // Each chunk says these of all that has come so far.
    restated: /^frame: \w+ in (?:search_results|usage)\b/,
  },
  "pydantic-gateway.responses": responses("pydantic-gateway"),
  "xai.chat": chat("xai", usageOfXAI),
  "xai.responses": responses("xai"),
};
