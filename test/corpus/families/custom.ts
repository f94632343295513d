import { canonicalCohere } from "../canonical-cohere.ts";
import { expectCohere } from "../expect-cohere.ts";
import type { JudgedAPIs } from "../judged-api.ts";
import { readCohereRequest } from "../read-request-cohere.ts";

/** Hosts that are reached by configuration alone. */
export const customAPIs: JudgedAPIs = {
  "cohere.v2.chat": {
    adapter: "custom",
    dialect: "cohere",
    expect: expectCohere,
    logicalEnd: /"finish_reason"\s*:\s*"/,
    requests: { read: readCohereRequest, canonical: canonicalCohere },
  },
};
