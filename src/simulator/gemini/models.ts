import type { JSONObject } from "../json.ts";

const families: readonly string[] = [
  "gemini-(?:pro(?:-vision)?|ultra)",
  "gemini-(?:flash|flash-lite|pro)-latest",
  "gemini-(?:live|embedding|robotics-er)-[\\w.-]+",
  "gemini-\\d(?:\\.\\d)?-(?:pro|flash|ultra|nano)[\\w.-]*",
  "gemma-\\d[\\w.-]*",
];
const served = new RegExp(`^(?:${families.join("|")})$`);

const listed: readonly (readonly [id: string, name: string, outputTokens: number])[] = [
  ["gemini-3.5-flash", "Gemini 3.5 Flash", 65_536],
  ["gemini-3-pro-preview", "Gemini 3 Pro Preview", 65_536],
  ["gemini-3-flash-preview", "Gemini 3 Flash Preview", 65_536],
  ["gemini-2.5-pro", "Gemini 2.5 Pro", 65_536],
  ["gemini-2.5-flash", "Gemini 2.5 Flash", 65_536],
  ["gemini-2.5-flash-lite", "Gemini 2.5 Flash-Lite", 65_536],
  ["gemini-2.0-flash", "Gemini 2.0 Flash", 8192],
];

/** Context window of every model, tokens. */
export const contextTokensMax = 1_048_576;

/** What a model of the family can do. */
export interface GeminiTraits {
  /** The first number in its name; 2.5 where it has none. */
  readonly generation: number;
  readonly isPro: boolean;
  /** Whether it can think at all. */
  readonly canThink: boolean;
  /** Whether it thinks when nothing is said about it. */
  readonly thinksUnasked: boolean;
}

/** Whether a model is served. */
export function isServed(name: string): boolean {
  return served.test(name);
}

/** What a model can do, by its name. */
export function traitsOf(name: string): GeminiTraits {
  const numbered = /^gemini-(\d(?:\.\d)?)/.exec(name)?.[1];
  const isOld = /^gemini-(?:pro|ultra)(?:-vision)?$|^gemma/.test(name);
  const generation = isOld ? 1 : Number(numbered ?? 2.5);
  const canThink = generation >= 2.5;
  return {
    generation,
    isPro: /-pro\b/.test(name),
    canThink,
    thinksUnasked: canThink && !(generation < 3 && name.includes("flash-lite")),
  };
}

/** Every model of the list. */
export function modelList(): JSONObject {
  return { models: listed.map(([id]) => modelInfo(id)) };
}

/** What the list says about a model. */
export function modelInfo(id: string): JSONObject {
  const [, displayName = id, outputTokenLimit = 8192] = listed.find(([one]) => one === id) ?? [];
  const { canThink } = traitsOf(id);
  return {
    name: `models/${id}`,
    baseModelId: id,
    version: "001",
    displayName,
    description: "A simulated model.",
    inputTokenLimit: contextTokensMax,
    outputTokenLimit,
    supportedGenerationMethods: ["generateContent", "countTokens"],
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxTemperature: 2,
    ...(canThink && { thinking: true }),
  };
}
