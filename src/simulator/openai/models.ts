import type { JSONObject } from "../json.ts";
import type { Answer, Call, Route } from "../wire.ts";
import { invalid } from "./failures.ts";

/** Names that the provider gives to others, and what it then reports. */
const snapshots: Readonly<Record<string, string>> = {
  "gpt-4": "gpt-4-0613",
  "gpt-4-turbo": "gpt-4-turbo-2024-04-09",
  "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
  "gpt-4o": "gpt-4o-2024-08-06",
  "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
  "gpt-4.1": "gpt-4.1-2025-04-14",
  "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
  "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
  "gpt-5": "gpt-5-2025-08-07",
  "gpt-5-mini": "gpt-5-mini-2025-08-07",
  "gpt-5-nano": "gpt-5-nano-2025-08-07",
  "gpt-5.2": "gpt-5.2-2025-12-11",
  "gpt-5.4": "gpt-5.4-2026-03-05",
  "gpt-5.5": "gpt-5.5-2026-04-23",
  "o3-mini": "o3-mini-2025-01-31",
  "o4-mini": "o4-mini-2025-04-16",
};

const families = "gpt-\\d(?:\\.\\d)?o?|chatgpt-4o|o[1-9]|codex|computer-use";
const suffixes: readonly string[] = [
  ...["mini", "nano", "pro", "codex", "max", "turbo", "preview", "latest", "chat", "search"],
  ...["audio", "api", "sol", "terra", "luna", "cyber", "16k", "32k", "deep", "research"],
  "\\d{4}(?:-\\d{2}-\\d{2})?",
];
const served = new RegExp(
  `^(?:ft:)?(?:${families})(?:-(?:${suffixes.join("|")}))*(?::[\\w:.-]*)?$`,
);
const retired = /^(?:gpt-3\.5-turbo-(?:0301|0613|16k-0613)|gpt-4-(?:0314|32k.*|vision-preview))$/;

/** Models that think before they answer. They refuse the knobs of sampling. */
const thinking = /^(?:o[1-9]|gpt-[5-9](?!.*chat)|codex)/;

/** Context window of every model, tokens. */
export const contextTokensMax = 400_000;

/** How a path words a model that it does not serve. */
export type UnknownModel = (name: string) => Error;

/**
 * The name the provider reports for a model. Throws for names it does not serve, retired ones too.
 */
export function resolveModel(name: string, unknown: UnknownModel): string {
  if (retired.test(name)) {
    throw invalid(`The model \`${name}\` has been deprecated.`, { code: "model_not_found" }, 404);
  }
  if (!served.test(name)) throw unknown(name);
  return snapshots[name] ?? name;
}

/** Whether a name is one of OpenAI's, retired ones left out. */
export function isServed(name: string): boolean {
  return served.test(name) && !retired.test(name);
}

/** Whether a model thinks before it answers. */
export function isThinkingModel(name: string): boolean {
  return thinking.test(name);
}

/** `/v1/models` and `/v1/models/{id}`. */
export const modelRoutes: readonly Route[] = [
  {
    wire: "openai-models",
    method: "GET",
    path: /^\/v1\/models$/,
    userText: () => "",
    answer: listModels,
  },
  {
    wire: "openai-models",
    method: "GET",
    path: /^\/v1\/models\/[^/]+$/,
    userText: () => "",
    answer: getModel,
  },
];

function listModels(): Answer {
  return { kind: "json", body: { object: "list", data: Object.keys(snapshots).map(modelInfo) } };
}

function getModel(call: Call): Answer {
  const name = call.path.slice("/v1/models/".length);
  resolveModel(name, () =>
    invalid(`The model '${name}' does not exist`, { param: "model", code: "model_not_found" }, 404),
  );
  return { kind: "json", body: modelInfo(name) };
}

function modelInfo(id: string): JSONObject {
  return { id, object: "model", created: 1_750_000_000, owned_by: "system" };
}
