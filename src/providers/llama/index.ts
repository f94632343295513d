import type { Adapter, ModelPattern } from "../../contract/adapter.ts";
import { bedrockHost } from "../../dialects/bedrock-host.ts";
import { ollama } from "../../dialects/ollama/dialect.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import { anyServer, presets } from "./hosts.ts";
import { knownModels } from "./models.ts";

const patterns: readonly ModelPattern[] = [
  {
    pattern: "(?:openai/)?gpt-oss.*",
    examples: ["gpt-oss-20b", "gpt-oss:120b", "openai/gpt-oss-120b"],
  },
  {
    pattern: "(?:(?:(?:us|eu|apac|jp|au|ca|global)\\.)?meta\\.llama|meta-llama/|(?:code)?llama).*",
    examples: [
      "llama-3.3-70b-versatile",
      "llama3.2:3b",
      "llama-70b",
      "codellama-34b",
      "meta-llama/Meta-Llama-3-70B-Instruct",
      "us.meta.llama3-2-1b-instruct-v1:0",
    ],
  },
  {
    // A size or "latest" behind a colon is how Ollama names what it has pulled, whoever made it.
    pattern: "[a-z0-9][a-z0-9._-]*:(?:latest|e?\\d+(?:\\.\\d+)?[bm](?:-[a-z0-9._-]+)?)",
    examples: [
      "qwen3:8b",
      "mistral:7b",
      "gemma3:4b-it-qat",
      "gemma3n:e4b",
      "deepseek-r1:1.5b",
      "phi4:latest",
    ],
  },
];

/** Llama and other open models, on whatever serves them. */
export const llama: Adapter = Object.freeze<Adapter>({
  name: "llama",
  patterns,
  models: knownModels,
  keyVariables: ["LLAMA_API_KEY"],
  keyRequired: false,
  baseURLVariables: ["LLAMA_BASE_URL", "OLLAMA_HOST"],
  dialects: { "openai-chat": chatDialect(anyServer, "http://127.0.0.1:8080/v1"), ollama },
  defaultDialect: "openai-chat",
  presets,
  hosts: { bedrock: bedrockHost },
});
