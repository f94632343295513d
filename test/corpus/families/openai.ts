import { canonicalChat, canonicalResponses } from "../canonical-request.ts";
import { expectOpenAIChat } from "../expect-openai-chat.ts";
import { expectOpenAIResponses } from "../expect-openai-responses.ts";
import type { JudgedAPIs } from "../judged-api.ts";
import { readOpenAIChatRequest } from "../read-request-openai-chat.ts";
import { readOpenAIResponsesRequest } from "../read-request-openai-responses.ts";

/** What a response object of Responses repeats of its request. */
export const echoedByResponses: readonly string[] = [
  ...["instructions", "metadata", "prompt", "reasoning", "text", "tool_choice", "tools"],
];

/** Objects of its events that the terminal event holds again. */
export const restatedByResponses: RegExp =
  /^response\.(?:created|in_progress|queued|\w+_(?:item|part|text)\.\w+): \w+ in (?:response|item|part|logprobs)\b/;

/** OpenAI's own APIs. */
export const openAIAPIs: JudgedAPIs = {
  "openai.chat": {
    adapter: "openai",
    dialect: "chat",
    path: "/v1",
    expect: expectOpenAIChat,
    logicalEnd: /"finish_reason"\s*:\s*"/,
    requests: { read: readOpenAIChatRequest, canonical: canonicalChat },
  },
  "openai.responses": {
    adapter: "openai",
    dialect: "responses",
    path: "/v1",
    expect: expectOpenAIResponses,
    echoed: echoedByResponses,
    restated: restatedByResponses,
    logicalEnd: /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/,
    requests: { read: readOpenAIResponsesRequest, canonical: canonicalResponses },
  },
};
