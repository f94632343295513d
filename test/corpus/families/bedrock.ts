import { canonicalConverse } from "../canonical-bedrock.ts";
import { canonicalMessages } from "../canonical-request.ts";
import { chunksAsEvents } from "../event-stream-text.ts";
import { expectConverse, expectInvoke } from "../expect-bedrock.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { readAnthropicRequest } from "../read-request-anthropic.ts";
import { readConverseRequest } from "../read-request-bedrock.ts";

const converse: JudgedAPI = {
  adapter: "custom",
  dialect: "bedrock-converse",
  host: "bedrock",
  target: { region: "us-east-1" },
  expect: expectConverse,
  logicalEnd: /"stopReason"\s*:\s*"/,
  requests: {
    read: (body) => readConverseRequest(body, "custom"),
    canonical: canonicalConverse,
    modelInAddress: true,
  },
};

const invoke: JudgedAPI = {
  adapter: "anthropic",
  dialect: "messages",
  host: "bedrock",
  target: { region: "us-east-1" },
  expect: expectInvoke,
  logicalEnd: { test: (prefix) => /"stop_reason"\s*:\s*"/.test(wholeChunks(prefix)) },
  requests: {
    // The host brings the version.
    read: ({ anthropic_version: _, ...body }) => readAnthropicRequest(body),
    canonical: canonicalMessages,
    modelInAddress: true,
    // Bodies of other families are theirs.
    takes: ({ anthropic_version: version }) => version !== undefined,
  },
};

// Counts are asked another way than calls: only their failures are replayed.
const { requests: _, ...failuresOnly } = converse;

/** APIs of Bedrock. */
export const bedrockAPIs: JudgedAPIs = {
  "bedrock.converse": converse,
  "bedrock.converseStream": converse,
  "bedrock.countTokens": failuresOnly,
  "bedrock.invokeModel": invoke,
  "bedrock.invokeModelStream": invoke,
};

function wholeChunks(latin1: string): string {
  return chunksAsEvents(Buffer.from(latin1, "latin1"));
}
