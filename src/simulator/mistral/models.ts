import type { JSONObject } from "../json.ts";
import type { Answer, Call, Route } from "../wire.ts";
import { broken } from "./failures.ts";

const families = "ministral|magistral|devstral|pixtral|voxtral|labs";
const served = new RegExp(
  `^(?:(?:open-)?(?:mistral|mixtral|codestral)|${families})-(?!embed|ocr|moderation)[\\w.-]+$`,
);
const fills = /^(?:codestral|devstral)-/;
const listed: readonly string[] = [
  ...["mistral-large-latest", "mistral-medium-latest", "mistral-small-latest"],
  ...["ministral-8b-latest", "magistral-medium-latest", "codestral-latest", "pixtral-12b-latest"],
];

/** Context window of every model, tokens. */
export const contextTokensMax = 131_072;

/** Refuses a model that is not served, or cannot do what is asked of it. Throws Refusal. */
export function checkModel(name: string, use: "chat" | "fill"): void {
  const isRight = served.test(name) && (use === "chat" || fills.test(name));
  if (!isRight) throw broken("invalid_model", "1500", `Invalid model: ${name}`);
}

/** Whether a model thinks before it answers. */
export function thinks(body: JSONObject, model: string): boolean {
  const effort = body.reasoning_effort ?? undefined;
  return effort === undefined ? model.startsWith("magistral-") : effort !== "none";
}

/** `/v1/models` and `/v1/models/{id}`. */
export const modelRoutes: readonly Route[] = [
  {
    wire: "mistral-models",
    method: "GET",
    path: /^\/v1\/models$/,
    userText: () => "",
    answer: () => ({ kind: "json", body: { object: "list", data: listed.map(modelCard) } }),
  },
  {
    wire: "mistral-models",
    method: "GET",
    path: /^\/v1\/models\/[^/]+$/,
    userText: () => "",
    answer: getModel,
  },
];

function getModel({ path }: Call): Answer {
  const name = path.slice("/v1/models/".length);
  checkModel(name, "chat");
  return { kind: "json", body: modelCard(name) };
}

function modelCard(id: string): JSONObject {
  return {
    id,
    object: "model",
    created: 1_750_000_000,
    owned_by: "mistralai",
    capabilities: {
      completion_chat: true,
      function_calling: true,
      reasoning: id.startsWith("magistral-"),
      completion_fim: fills.test(id),
      fine_tuning: false,
      vision: /pixtral|medium|small/.test(id),
      ocr: false,
      classification: false,
      moderation: false,
      audio: false,
      audio_transcription: false,
    },
    name: id,
    description: "A simulated model.",
    max_context_length: contextTokensMax,
    aliases: [],
    deprecation: null,
    default_model_temperature: 0.3,
    type: "base",
  };
}
