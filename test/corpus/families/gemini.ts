import { canonicalGemini, canonicalGeminiOnVertex } from "../canonical-gemini.ts";
import { expectGemini } from "../expect-gemini.ts";
import type { JudgedAPI, JudgedAPIs } from "../judged-api.ts";
import { readGeminiRequest } from "../read-request-gemini.ts";

function generate(stream: boolean, place: Pick<JudgedAPI, "host" | "target">): JudgedAPI {
  return {
    adapter: "google",
    dialect: "gemini",
    ...place,
    expect: expectGemini,
    // Each report of usage counts all until then, and replaces the one before.
    restated: /usageMetadata\./,
    logicalEnd: /"(?:finishReason|blockReason)"\s*:/,
    requests: {
      read: (body) => readGeminiRequest(body, stream),
      canonical: place.host === "vertex" ? canonicalGeminiOnVertex : canonicalGemini,
      modelInAddress: true,
    },
  };
}

const direct = {};
const vertex = { host: "vertex", target: { region: "us-central1", project: "recorded" } } as const;

/** Google's APIs, direct and on Vertex. */
export const geminiAPIs: JudgedAPIs = {
  "gemini.generateContent": generate(false, direct),
  "gemini.streamGenerateContent": generate(true, direct),
  "vertex.generateContent": generate(false, vertex),
  "vertex.streamGenerateContent": generate(true, vertex),
};
