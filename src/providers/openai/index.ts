import type { Adapter, Dialect, KnownModel, ModelPattern } from "../../contract/adapter.ts";
import { openAIChat } from "../../dialects/openai-chat/dialect.ts";
import { responsesTokenCounter } from "../../dialects/openai-responses/count-tokens.ts";
import { openAIResponses } from "../../dialects/openai-responses/dialect.ts";
import { azureOpenAI } from "./azure.ts";

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

const current: readonly string[] = [
  "gpt-6.1-sol",
  "gpt-6.1-terra",
  "gpt-6-astra",
  "gpt-6-sol",
  "gpt-6-luna",
  "gpt-5.6-sol",
  "gpt-5.6-terra",
  "gpt-5.6-luna",
  "gpt-5.5",
  "gpt-5.5-pro",
  "gpt-5.4",
  "gpt-5.4-mini",
  "gpt-5.4-nano",
  "gpt-5.3-chat-latest",
  "gpt-5.2",
  "gpt-5.2-pro",
  "gpt-5.1",
  "gpt-5.1-codex",
  "gpt-5.1-codex-max",
  "gpt-5.1-mini",
  "gpt-5",
  "gpt-5-mini",
  "gpt-5-nano",
  "gpt-5-pro",
  "gpt-5-codex",
  "gpt-4.1",
  "gpt-4.1-mini",
  "gpt-4.1-nano",
  "gpt-4o",
  "gpt-4o-mini",
  "gpt-audio-mini",
  "gpt-4-turbo",
  "gpt-4",
  "gpt-3.5-turbo",
  "o4-mini",
  "o3",
  "o3-mini",
  "o1",
  "chatgpt-4o-latest",
  "codex-mini-latest",
  "computer-use-preview",
];

/** Retired names that are still asked for, with what OpenAI named in their place. */
const retired: readonly (readonly [string, string])[] = [
  ["gpt-4.5-preview", "gpt-4.1"],
  ["gpt-4-32k", "gpt-4o"],
  ["gpt-4-vision-preview", "gpt-4o"],
  ["gpt-3.5-turbo-0301", "gpt-3.5-turbo"],
  ["gpt-3.5-turbo-0613", "gpt-3.5-turbo"],
  ["gpt-3.5-turbo-16k-0613", "gpt-3.5-turbo"],
  ["o1-preview", "o3"],
  ["o1-mini", "o4-mini"],
];

const models: readonly KnownModel[] = [
  ...current.map((name) => ({ name })),
  ...retired.map(([name, successor]) => ({ name, retired: true, successor })),
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
  models,
  keyVariables: ["OPENAI_API_KEY"],
  keyRequired: true,
  baseURLVariables: ["OPENAI_BASE_URL"],
  dialects: { chat, responses },
  defaultDialect: "chat",
  hosts: { azure: azureOpenAI },
});
