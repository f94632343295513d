import { canonicalMessages } from "../canonical-request.ts";
import { expectAnthropic } from "../expect-anthropic.ts";
import type { JudgedAPIs } from "../judged-api.ts";
import { readAnthropicRequest } from "../read-request-anthropic.ts";

/** Anthropic's own API. */
export const anthropicAPIs: JudgedAPIs = {
  "anthropic.messages": {
    adapter: "anthropic",
    dialect: "messages",
    expect: expectAnthropic,
    logicalEnd: /"stop_reason"\s*:\s*"/,
    requests: { read: readAnthropicRequest, canonical: canonicalMessages },
  },
};
