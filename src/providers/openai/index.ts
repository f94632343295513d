import type { Adapter, Dialect, ModelPattern } from "../../contract/adapter.ts";
import { openAIChat } from "../../dialects/openai-chat/dialect.ts";
import { responsesTokenCounter } from "../../dialects/openai-responses/count-tokens.ts";
import { openAIResponses } from "../../dialects/openai-responses/dialect.ts";
import { azureOpenAI } from "./azure.ts";
import { knownModels } from "./models.ts";

const patterns: readonly ModelPattern[] = [
  {
    // Open models that only bear the name: gpt-oss, gpt-j, gpt-neo. RE2 has no lookahead.
    pattern: "(?:chat)?gpt-(?:[^ojn]|o[^s]|os[^s]|n[^e]|ne[^o]).*",
    examples: [
      "gpt-5.6-sol",
      "gpt-5-mini",
      "gpt-4o-2024-08-06",
      "gpt-3.5-turbo",
      "chatgpt-4o-latest",
    ],
  },
  {
    pattern: "o[1-9](?:-(?:mini|preview|pro|deep-research)(?:-.*)?|-\\d{4}-\\d{2}-\\d{2})?",
    examples: ["o1", "o3-mini", "o3-2025-04-16", "o4-mini-deep-research", "o1-preview-2024-09-12"],
  },
  {
    pattern: "(?:codex|computer-use)-.*",
    examples: ["codex-mini-latest", "computer-use-preview-2025-03-11"],
  },
  {
    // text-embedding-004 and its kin are Google's.
    pattern: "text-embedding-(?:3|ada)-.*",
    examples: ["text-embedding-3-small", "text-embedding-ada-002"],
  },
  {
    pattern: "ft:(?:gpt-\\d|o[1-9]|davinci-|babbage-).*",
    examples: ["ft:gpt-4o-mini-2024-07-18:acme::9Ab1", "ft:o4-mini-2025-04-16:acme::c3"],
  },
];

/** Chat Completions has no way to count; the Responses API counts the same conversation. */
const chat: Dialect = Object.freeze<Dialect>({
  ...openAIChat,
  name: "chat",
  countTokens: responsesTokenCounter,
});

const responses: Dialect = Object.freeze<Dialect>({ ...openAIResponses, name: "responses" });

/** OpenAI, over its Chat Completions wire. */
export const openai: Adapter = Object.freeze({
  name: "openai",
  patterns,
  models: knownModels,
  keyVariables: ["OPENAI_API_KEY"],
  keyRequired: true,
  baseURLVariables: ["OPENAI_BASE_URL"],
  dialects: { chat, responses },
  defaultDialect: "chat",
  hosts: { azure: azureOpenAI },
});
