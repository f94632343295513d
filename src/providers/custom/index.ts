import type { Adapter, Dialect, ModelPattern } from "../../contract/adapter.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { bedrockConverse } from "../../dialects/bedrock-converse/dialect.ts";
import { cohereChat } from "../../dialects/cohere/dialect.ts";
import { gemini } from "../../dialects/gemini/dialect.ts";
import { ollama } from "../../dialects/ollama/dialect.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import { openServer } from "../../dialects/openai-chat/open-server.ts";
import { openAIResponses } from "../../dialects/openai-responses/dialect.ts";
import { clouds } from "./clouds.ts";
import { knownModels } from "./models.ts";
import { presets } from "./presets.ts";

const patterns: readonly ModelPattern[] = [
  {
    pattern: "(?:custom|openai-compatible)[/:].+",
    examples: ["custom/my-model", "openai-compatible:my-model"],
  },
  {
    pattern:
      "(?:grok|deepseek|kimi|moonshot|glm|command|jamba|palmyra|minimax)-.*|qwen.*|sonar(?:-.*)?",
    examples: [
      ...["grok-4", "deepseek-chat", "qwen3-max", "kimi-k2", "glm-4.6", "command-a-03-2025"],
      ...["sonar-pro", "jamba-large-1.7", "palmyra-x5", "minimax-m2"],
    ],
  },
];

/**
 * A shared wire under its name in the configuration, without an address of its own and without what
 * stands in for a key at a cloud: a target says where it leads, and has a key or none.
 */
function bare(name: string, dialect: Dialect): Dialect {
  const { regionalBaseURL: _, credentials: __, ...wire } = dialect;
  return Object.freeze({ ...wire, name, defaultBaseURL: "" });
}

/** Any endpoint that speaks a known wire, by configuration alone. */
export const custom: Adapter = Object.freeze<Adapter>({
  name: "custom",
  patterns,
  models: knownModels,
  keyVariables: ["CUSTOM_API_KEY"],
  keyRequired: false,
  baseURLVariables: ["CUSTOM_BASE_URL"],
  dialects: {
    "openai-chat": bare("openai-chat", chatDialect(openServer, "")),
    "openai-responses": bare("openai-responses", openAIResponses),
    "anthropic-messages": bare("anthropic-messages", anthropicMessages),
    gemini: bare("gemini", gemini),
    ollama: bare("ollama", ollama),
    "bedrock-converse": bare("bedrock-converse", bedrockConverse),
    cohere: bare("cohere", cohereChat),
  },
  defaultDialect: "openai-chat",
  hosts: clouds,
  presets,
});
