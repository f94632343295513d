import { anthropicAPIs } from "./families/anthropic.ts";
import { bedrockAPIs } from "./families/bedrock.ts";
import { cloudAPIs } from "./families/cloud.ts";
import { customAPIs } from "./families/custom.ts";
import { geminiAPIs } from "./families/gemini.ts";
import { llamaAPIs } from "./families/llama.ts";
import { mistralAPIs } from "./families/mistral.ts";
import { moreHostAPIs } from "./families/more-hosts.ts";
import { openAIAPIs } from "./families/openai.ts";
import type { JudgedAPIs } from "./judged-api.ts";

/** Every API whose recordings are judged. */
export const judgedAPIs: JudgedAPIs = {
  ...anthropicAPIs,
  ...openAIAPIs,
  ...geminiAPIs,
  ...mistralAPIs,
  ...llamaAPIs,
  ...customAPIs,
  ...moreHostAPIs,
  ...bedrockAPIs,
  ...cloudAPIs,
};

/**
 * Names of the judged APIs; `CONNECTORS_API` (a regular expression) leaves some out, for work on
 * one.
 */
export const judgedNames: readonly string[] = Object.keys(judgedAPIs).filter((name) =>
  new RegExp(process.env.CONNECTORS_API ?? "").test(name),
);
