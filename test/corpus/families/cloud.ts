import { canonicalChat, canonicalMessages, canonicalResponses } from "../canonical-request.ts";
import { expectAnthropic } from "../expect-anthropic.ts";
import { expectOpenAIChat } from "../expect-openai-chat.ts";
import { expectOpenAIResponses } from "../expect-openai-responses.ts";
import type { JudgedAPIs } from "../judged-api.ts";
import { readAnthropicRequest } from "../read-request-anthropic.ts";
import { readOpenAIChatRequest } from "../read-request-openai-chat.ts";
import { readOpenAIResponsesRequest } from "../read-request-openai-responses.ts";
import { echoedByResponses, restatedByResponses } from "./openai.ts";

/** OpenAI on Azure, Anthropic on Vertex. */
export const cloudAPIs: JudgedAPIs = {
  "azure.openai.chat": {
    adapter: "openai",
    dialect: "chat",
    host: "azure",
    target: { api_version: "2025-04-01-preview" },
    expect: expectOpenAIChat,
    logicalEnd: /"finish_reason"\s*:\s*"/,
    requests: {
      read: (body) => readOpenAIChatRequest({ model: "deployment", ...body }),
      // The path names the deployment; a client may say anything, or nothing, in the body.
      canonical: ({ model: _, ...body }) => canonicalChat(body),
    },
  },
  "azure.openai.responses": {
    adapter: "openai",
    dialect: "responses",
    host: "azure",
    expect: expectOpenAIResponses,
    echoed: echoedByResponses,
    restated: restatedByResponses,
    logicalEnd: /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/,
    requests: { read: readOpenAIResponsesRequest, canonical: canonicalResponses },
  },
  "vertex.anthropic.messages": {
    adapter: "anthropic",
    dialect: "messages",
    host: "vertex",
    target: { region: "us-east5", project: "recorded" },
    expect: expectAnthropic,
    logicalEnd: /"stop_reason"\s*:\s*"/,
    requests: {
      modelInAddress: true,
      // The host says which version it speaks.
      read: ({ anthropic_version: _, ...body }) => readAnthropicRequest(body),
      canonical: canonicalMessages,
    },
  },
};
