import type { Adapter, Dialect, ModelPattern } from "../../contract/adapter.ts";
import { anthropicMessages } from "../../dialects/anthropic-messages/dialect.ts";
import { cohereChat } from "../../dialects/cohere/dialect.ts";
import { ollama } from "../../dialects/ollama/dialect.ts";
import { openAIResponses } from "../../dialects/openai-responses/dialect.ts";
import { anyHost } from "./chat-hosts.ts";
import { clouds } from "./clouds.ts";
import { knownModels } from "./models.ts";
import { presets } from "./presets.ts";
import { chatWire } from "./wires.ts";

const patterns: readonly ModelPattern[] = [
  {
    pattern: "(?:custom|openai-compatible)[/:].+",
    examples: ["custom/my-model", "openai-compatible:my-model"],
  },
  {
    pattern: "(?:grok|deepseek|kimi|glm|command)-.*|qwen.*",
    examples: ["grok-4", "deepseek-chat", "qwen3-max", "kimi-k2", "glm-4.6", "command-a-03-2025"],
  },
];

/** A shared wire without an address of its own, under its name in the configuration. */
function bare(name: string, dialect: Dialect): Dialect {
  return Object.freeze({ ...dialect, name, defaultBaseURL: "" });
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
    "openai-chat": bare("openai-chat", chatWire(anyHost, "")),
    "openai-responses": bare("openai-responses", openAIResponses),
    "anthropic-messages": bare("anthropic-messages", anthropicMessages),
    ollama: bare("ollama", ollama),
    cohere: bare("cohere", cohereChat),
  },
  defaultDialect: "openai-chat",
  hosts: clouds,
  presets,
});
