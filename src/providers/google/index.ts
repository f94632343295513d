import type { Adapter } from "../../contract/adapter.ts";
import { gemini, geminiOnVertex } from "../../dialects/gemini/dialect.ts";
import { knownModels } from "./models.ts";

/** Google: Gemini and Gemma, by the Gemini API and on Vertex AI. */
export const google: Adapter = Object.freeze<Adapter>({
  name: "google",
  patterns: [
    {
      // A colon makes a tag of a local host, such as "gemma-3:4b".
      pattern: "(?:publishers/google/)?(?:models/)?(?:gemini|gemma)-[^:]+",
      examples: [
        "gemini-2.5-pro",
        "gemini-3.1-pro-preview",
        "gemini-flash-latest",
        "gemini-pro",
        "models/gemini-1.5-flash",
        "gemini-embedding-001",
        "gemma-3-27b-it",
        "publishers/google/models/gemini-2.5-flash",
      ],
    },
    { pattern: "tunedModels/[^:]+", examples: ["tunedModels/number-generator-model-psx3d3"] },
    {
      pattern: "(?:models/)?(?:text-(?:multilingual-)?)?embedding-00[0-9]",
      examples: ["text-embedding-004", "text-multilingual-embedding-002", "embedding-001"],
    },
    { pattern: "(?:models/)?learnlm-[^:]+", examples: ["learnlm-2.0-flash-experimental"] },
  ],
  models: knownModels,
  keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  keyRequired: true,
  baseURLVariables: ["GOOGLE_GEMINI_BASE_URL"],
  dialects: { gemini },
  defaultDialect: "gemini",
  hosts: { vertex: { dialects: { gemini: geminiOnVertex }, defaultDialect: "gemini" } },
});
