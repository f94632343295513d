import type { Adapter, Dialect, KnownModel, ModelPattern } from "../../contract/adapter.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";

const patterns: readonly ModelPattern[] = [
  {
    pattern: "(?:openai/)?gpt-oss.*",
    examples: ["gpt-oss-20b", "gpt-oss:120b", "openai/gpt-oss-120b"],
  },
  {
    pattern: "(?:(?:(?:us|eu|apac|global)\\.)?meta\\.llama|meta-llama/|(?:code)?llama).*",
    examples: [
      "llama-3.3-70b-versatile",
      "llama3.2:3b",
      "llama-70b",
      "codellama-34b",
      "meta-llama/Meta-Llama-3-70B-Instruct",
      "us.meta.llama3-2-1b-instruct-v1:0",
    ],
  },
];

const models: readonly KnownModel[] = ["llama-4-maverick", "llama-3.3-70b"].map((name) => ({
  name,
}));

const chat: Dialect = Object.freeze<Dialect>({
  ...chatDialect(
    {
      path: "/chat/completions",
      maxTokensMember: "max_tokens",
      stopSequencesMax: 64,
      toolIDCharactersMax: 256,
    },
    "http://127.0.0.1:8080/v1",
  ),
  name: "openai-chat",
});

/** Llama and other open models, on whatever serves them. */
export const llama: Adapter = Object.freeze<Adapter>({
  name: "llama",
  patterns,
  models,
  keyVariables: ["LLAMA_API_KEY"],
  keyRequired: false,
  baseURLVariables: ["LLAMA_BASE_URL"],
  dialects: { "openai-chat": chat },
  defaultDialect: "openai-chat",
});
