import type { Adapter, Dialect, EncodeInput } from "../../contract/adapter.ts";
import { messagesTokenCounter } from "../../dialects/anthropic-messages/count-tokens.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { azureClaude } from "./azure.ts";
import { bedrockClaude } from "./bedrock.ts";
import { anthropicGeography } from "./geography.ts";
import { modelId } from "./model-names.ts";
import { knownModels } from "./models.ts";
import { vertexClaude } from "./vertex.ts";

/** The Messages wire, with short names of models as the API's ids. */
const messages: Dialect = Object.freeze<Dialect>({
  ...anthropicMessages,
  name: "messages",
  geography: anthropicGeography,
  encode: (input) => anthropicMessages.encode(withModelId(input)),
  countTokens: {
    ...messagesTokenCounter,
    encode: (input) => messagesTokenCounter.encode(withModelId(input)),
  },
});

function withModelId(input: EncodeInput): EncodeInput {
  return { ...input, model: modelId(input.model) };
}

/** Anthropic: Claude, by the Messages API. */
export const anthropic: Adapter = Object.freeze<Adapter>({
  name: "anthropic",
  patterns: [
    {
      pattern: "(?:(?:(?:us|eu|apac|jp|au|global)\\.)?anthropic\\.)?claude-.*",
      examples: [
        "claude-sonnet-5",
        "claude-opus-4-5-20251101",
        "claude-3.5-sonnet",
        "claude-instant-1.2",
        "anthropic.claude-3-sonnet-20240229-v1:0",
        "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-opus-4@20250514",
      ],
    },
  ],
  models: knownModels,
  keyVariables: ["ANTHROPIC_API_KEY"],
  keyRequired: true,
  baseURLVariables: ["ANTHROPIC_BASE_URL"],
  dialects: { messages },
  defaultDialect: "messages",
  hosts: { azure: azureClaude, vertex: vertexClaude, bedrock: bedrockClaude },
});
