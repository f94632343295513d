import type { Adapter, Dialect, ModelPattern } from "../../contract/adapter.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import { knownModels } from "./models.ts";

const patterns: readonly ModelPattern[] = [
  {
    pattern:
      "(?:mistral\\.)?(?:(?:open-)?(?:mistral|mixtral)|ministral|magistral|codestral|devstral|pixtral|voxtral)-.*",
    examples: [
      "mistral-large-latest",
      "ministral-8b-latest",
      "magistral-medium-2509",
      "codestral-latest",
      "open-mixtral-8x22b",
      "mistral.mistral-large-2407-v1:0",
    ],
  },
];

const chat: Dialect = Object.freeze<Dialect>(
  chatDialect(
    {
      path: "/v1/chat/completions",
      maxTokensMember: "max_tokens",
      stopSequencesMax: 64,
      toolIDCharactersMax: 9,
    },
    "https://api.mistral.ai",
  ),
);

/** Mistral, over its own chat wire. */
export const mistral: Adapter = Object.freeze<Adapter>({
  name: "mistral",
  patterns,
  models: knownModels,
  keyVariables: ["MISTRAL_API_KEY"],
  keyRequired: true,
  baseURLVariables: ["MISTRAL_BASE_URL"],
  dialects: { chat },
  defaultDialect: "chat",
});
