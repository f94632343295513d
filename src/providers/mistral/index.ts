import type { Adapter, Dialect, ModelPattern } from "../../contract/adapter.ts";
import { bedrockHost } from "../../dialects/bedrock-host.ts";
import { createMistralDecoder, decodeMistral } from "./decode.ts";
import { encodeMistral } from "./encode.ts";
import { mistralError } from "./errors.ts";
import { knownModels } from "./models.ts";

const families =
  "(?:open-)?(?:mistral|mixtral|codestral)|ministral|magistral|devstral|pixtral|voxtral";

const patterns: readonly ModelPattern[] = [
  {
    // A colon makes a tag of a local host, such as "mistral:7b" or "mistral-nemo:12b".
    pattern: `(?:${families})-[^:/]+`,
    examples: [
      "mistral-large-latest",
      "mistral-medium-3-5",
      "ministral-8b-latest",
      "magistral-medium-2509",
      "codestral-latest",
      "open-codestral-mamba",
      "open-mixtral-8x22b",
    ],
  },
  {
    // Ids of Bedrock's, with the prefix of an inference profile.
    pattern: `(?:(?:us|eu|apac|jp|au|global)\\.)?mistral\\.(?:${families})-.+`,
    examples: ["mistral.mistral-large-2407-v1:0", "us.mistral.pixtral-large-2502-v1:0"],
  },
  {
    pattern: "labs-(?:mistral|ministral|devstral|leanstral)-[^:/]+",
    examples: ["labs-mistral-small-creative", "labs-devstral-small-2512", "labs-leanstral-1-5"],
  },
  {
    pattern: "ft:(?:open-)?(?:mistral|ministral|codestral|devstral|pixtral)-.*",
    examples: ["ft:open-mistral-7b:587a6b29:20240514:7e773925"],
  },
];

const chat: Dialect = Object.freeze<Dialect>({
  name: "chat",
  framing: "sse",
  defaultBaseURL: "https://api.mistral.ai",
  auth: { scheme: "bearer" },
  requestIdHeader: "mistral-correlation-id",
  encode: encodeMistral,
  decode: decodeMistral,
  createDecoder: createMistralDecoder,
  toError: mistralError,
});

/** Mistral, over its own API: chat, code to fill in (`fim`) and agents. */
export const mistral: Adapter = Object.freeze<Adapter>({
  name: "mistral",
  patterns,
  models: knownModels,
  keyVariables: ["MISTRAL_API_KEY"],
  keyRequired: true,
  baseURLVariables: ["MISTRAL_BASE_URL"],
  dialects: { chat },
  defaultDialect: "chat",
  hosts: { bedrock: bedrockHost },
});
