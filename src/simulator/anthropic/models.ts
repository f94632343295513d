import type { JSONObject } from "../json.ts";
import { type Answer, type Call, Refusal, type Route } from "../wire.ts";
import { failure } from "./failures.ts";

/** Names that the provider gives to others, and what it then reports. */
const snapshots: Readonly<Record<string, string>> = {
  "claude-haiku-4-5": "claude-haiku-4-5-20251001",
  "claude-sonnet-4-5": "claude-sonnet-4-5-20250929",
  "claude-opus-4-5": "claude-opus-4-5-20251101",
  "claude-opus-4-1": "claude-opus-4-1-20250805",
  "claude-opus-4-0": "claude-opus-4-20250514",
  "claude-sonnet-4-0": "claude-sonnet-4-20250514",
};

const listed: readonly (readonly [id: string, name: string, created: string])[] = [
  ["claude-opus-5", "Claude Opus 5", "2026-07-20T00:00:00Z"],
  ["claude-sonnet-5", "Claude Sonnet 5", "2026-06-30T00:00:00Z"],
  ["claude-opus-4-8", "Claude Opus 4.8", "2026-05-12T00:00:00Z"],
  ["claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-17T00:00:00Z"],
  ["claude-haiku-4-5-20251001", "Claude Haiku 4.5", "2025-10-15T00:00:00Z"],
];

const names = "opus|sonnet|haiku|fable|mythos";
const served = new RegExp(
  `^claude-(?:3(?:[-.][57])?-(?:opus|sonnet|haiku)|(?:${names})-\\d)[a-z0-9.@-]*$`,
);

/**
 * Generations that take neither sampling knobs nor a budget of thoughts, nor go on a begun answer.
 */
const withoutKnobs = /^claude-(?:opus-(?:4-[7-9]|[5-9])|(?:sonnet|fable|mythos|haiku)-[5-9])/;

/** Generations that take system messages among the others, and the assistant first. */
const withFreeTurns = /^claude-(?:opus-(?:4-[89]|[5-9])|(?:sonnet|fable|mythos|haiku)-[5-9])/;

/** Context window of every model, tokens. */
export const contextTokensMax = 200_000;

/** Whether a name is one of Claude's. */
export function isServed(name: string): boolean {
  return served.test(name);
}

/** The name the provider reports for a model. Refuses names it does not serve, retired ones too. */
export function resolveModel(name: string): string {
  if (!served.test(name)) throw new Refusal(failure(404, `model: ${name}`));
  return snapshots[name] ?? name;
}

/** Whether a model takes `temperature`, `top_p`, `top_k`, `budget_tokens` and a begun answer. */
export function takesKnobs(name: string): boolean {
  return !withoutKnobs.test(name);
}

/**
 * Whether a model takes system messages after the first message, and the assistant as first to
 * speak.
 */
export function takesFreeTurns(name: string): boolean {
  return withFreeTurns.test(name);
}

/** `/v1/models` and `/v1/models/{id}`. */
export const modelRoutes: readonly Route[] = [
  {
    wire: "anthropic",
    method: "GET",
    path: /^\/v1\/models$/,
    userText: () => "",
    answer: listModels,
  },
  {
    wire: "anthropic",
    method: "GET",
    path: /^\/v1\/models\/[^/]+$/,
    userText: () => "",
    answer: getModel,
  },
];

function listModels(): Answer {
  const data = listed.map(([id, name, created]) => modelInfo(id, name, created));
  const ids = listed.map(([id]) => id);
  const body = { data, has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
  return { kind: "json", body };
}

function getModel(call: Call): Answer {
  const name = call.path.slice("/v1/models/".length);
  const id = resolveModel(name);
  const [, title = id, created = "2026-01-01T00:00:00Z"] =
    listed.find(([known]) => known === id) ?? [];
  return { kind: "json", body: modelInfo(id, title, created) };
}

function modelInfo(id: string, name: string, created: string): JSONObject {
  return { type: "model", id, display_name: name, created_at: created };
}
