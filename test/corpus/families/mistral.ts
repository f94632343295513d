import { canonicalMistral } from "../canonical-mistral.ts";
import { expectMistral } from "../expect-mistral.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { readFillInRequest, readMistralRequest } from "../read-request-mistral.ts";

const mistral: Omit<JudgedAPI, "requests"> = {
  adapter: "mistral",
  dialect: "chat",
  expect: expectMistral,
  logicalEnd: /"finish_reason"\s*:\s*"/,
};

/** Mistral's APIs. */
export const mistralAPIs: JudgedAPIs = {
  "mistral.chat": {
    ...mistral,
    requests: { read: readMistralRequest, canonical: canonicalMistral },
  },
  "mistral.fim": {
    ...mistral,
    requests: { read: readFillInRequest, canonical: canonicalMistral },
  },
  "mistral.agents.completions": {
    ...mistral,
    requests: { read: readMistralRequest, canonical: canonicalMistral },
  },
};
