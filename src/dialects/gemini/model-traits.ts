/** How a model is told to think. */
export type ThinkingMode =
  /** It cannot think, or cannot be told. */
  | { readonly kind: "none" }
  /** By a budget of tokens; `budgetMin` over 0: it cannot be turned off. */
  | { readonly kind: "budget"; readonly budgetMin: number; readonly budgetMax: number }
  /** By a level, of which this is the lowest. It takes budgets over 0 as well. */
  | { readonly kind: "level"; readonly levelMin: "minimal" | "low" };

/** What of the API a model takes. */
export interface ModelTraits {
  readonly thinking: ThinkingMode;
  /** Whether it takes JSON Schema as it is; else only a part of it, in the words of OpenAPI 3.0. */
  readonly jsonSchema: boolean;
  /** Whether it takes a system instruction. */
  readonly system: boolean;
  /** Whether it refuses its own calls of tools where they come back without a signature. */
  readonly signedCalls: boolean;
  /** Whether results of tools may hold media. */
  readonly resultMedia: boolean;
}

const noThinking: ThinkingMode = { kind: "none" };

const newest: ModelTraits = {
  thinking: { kind: "level", levelMin: "minimal" },
  jsonSchema: true,
  system: true,
  signedCalls: true,
  resultMedia: true,
};

/** A model of unknown kind, such as a tuned one: nothing is held back, and nothing is made up. */
const unknown: ModelTraits = { ...newest, signedCalls: false };

const older: ModelTraits = { ...newest, signedCalls: false, resultMedia: false };

/** Gemma up to its third generation: a chat without system turns, tools or schemas. */
const smallGemma: ModelTraits = {
  ...older,
  thinking: noThinking,
  jsonSchema: false,
  system: false,
};

/**
 * What a model takes, told from its name: `gemini-2.5-flash-lite`, `models/gemini-3-pro-preview`,
 * `gemini-flash-latest`, resources of Vertex AI. From the provider's guides to thinking, structured
 * output, function calling and thought signatures (ai.google.dev/gemini-api/docs; November 2026).
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase().split("/").at(-1) ?? "";
  if (name.startsWith("gemma")) return (versionOf(name) ?? 100) < 400 ? smallGemma : unknown;
  if (!name.startsWith("gemini-")) return unknown;
  if (/^gemini-(?:pro|ultra)(?:-vision)?$/.test(name)) return { ...older, ...first };
  // Built on the family before Gemini 3, though the name tells only its own version.
  const version = name.startsWith("gemini-robotics-er-1.5") ? 205 : versionOf(name);
  if (version === undefined || version >= 300) {
    return { ...newest, thinking: levelsOf(name, version ?? Number.POSITIVE_INFINITY) };
  }
  if (version >= 205) return { ...older, thinking: budgetsOf(name) };
  return version >= 200 ? { ...older, thinking: noThinking } : { ...older, ...first };
}

const first = { thinking: noThinking, jsonSchema: false } as const;

/** "minimal" is for the light models of Gemini 3, and for the others below Pro up to 3.6. */
function levelsOf(name: string, version: number): ThinkingMode {
  const isLight = /flash-lite|flash-image/.test(name);
  const isMinimal = isLight || (name.includes("-flash") && version <= 306);
  return { kind: "level", levelMin: isMinimal ? "minimal" : "low" };
}

function budgetsOf(name: string): ThinkingMode {
  if (/-(?:image|tts)\b/.test(name)) return noThinking;
  if (name.includes("-pro")) return { kind: "budget", budgetMin: 128, budgetMax: 32_768 };
  return { kind: "budget", budgetMin: 0, budgetMax: 24_576 };
}

/** The version as major * 100 + minor. Undefined: the name tells none. */
function versionOf(name: string): number | undefined {
  const [, major, minor = "0"] = /^gem(?:ini|ma)-(\d{1,2})(?:\.(\d{1,2}))?/.exec(name) ?? [];
  return major === undefined ? undefined : Number(major) * 100 + Number(minor);
}
