import { Secret } from "../../src/contract/secret.ts";
import type { Target } from "../../src/contract/target.ts";
import { adapters } from "../../src/providers/index.ts";
import { anthropicWire } from "./anthropic-wire.ts";
import { geminiWire } from "./gemini-wire.ts";
import { ollamaWire } from "./ollama-wire.ts";
import { openAIWire } from "./openai-wire.ts";
import { responsesWire } from "./responses-wire.ts";
import type { Wire } from "./wire.ts";

/** One provider at one place of the world. */
export interface Place {
  /** Name of the target that leads to it. */
  readonly name: string;
  readonly region: string;
  readonly wire: Wire;
  readonly keys: readonly string[];
  /** Names of models that it knows, by the name that callers ask for. */
  readonly models: Readonly<Record<string, string>>;
}

const wires: Readonly<Record<string, Wire>> = {
  openai: openAIWire,
  anthropic: anthropicWire,
  responses: responsesWire,
  gemini: geminiWire,
  ollama: ollamaWire,
};
/** Names of the models at each provider: the one that is asked for, and the one that stands in. */
const modelNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  openai: { "house-model": "gpt-4.1", "spare-model": "gpt-4.1-mini" },
  anthropic: { "house-model": "claude-sonnet-4-5", "spare-model": "claude-haiku-4-5" },
  responses: { "house-model": "gpt-4.1", "spare-model": "gpt-4.1-mini" },
  gemini: { "house-model": "gemini-2.5-flash", "spare-model": "gemini-2.5-flash-lite" },
  ollama: { "house-model": "llama3.3:70b", "spare-model": "llama3.2:3b" },
};

/**
 * A place from a line such as "openai eu-1 3": provider, region, number of keys (1 where it is left
 * out). It serves the models that are named, under its own name.
 */
export function placeOf(line: string, models: readonly string[]): Place {
  const [provider = "", region = "", keys = "1"] = line.split(" ");
  const wire = wires[provider];
  if (wire === undefined) throw new Error(`no wire of ${provider}`);
  const name = `${provider}-${region}`;
  return {
    name,
    region,
    wire,
    keys: Array.from({ length: Number(keys) }, (_, index) => `sk-${name}-key-${index}-0123456789`),
    models: Object.fromEntries(models.map((model) => [model, modelNames[provider]?.[model] ?? ""])),
  };
}

/** Host of a place: what the stand-in for HTTP knows it by. */
export function hostOf({ name }: Place): string {
  return `${name}.example`;
}

/** The place as a configured target. */
export function targetOf(place: Place): Target {
  const { wire, name, region, keys, models } = place;
  const adapter = adapters.find((each) => each.name === wire.adapter);
  const dialect = adapter?.dialects[wire.dialect];
  if (adapter === undefined || dialect === undefined) throw new Error(`no wire ${wire.dialect}`);
  const [apiKey, ...spareKeys] = keys.map((key) => new Secret(key));
  const target: Target = {
    name,
    adapter,
    dialect,
    host: "direct",
    baseURL: `https://${hostOf(place)}`,
    apiKey,
    region,
    models: new Map(Object.entries(models)),
    headers: {},
    allowPrivate: false,
    allowCallerEndpoint: false,
    simulated: false,
  };
  return spareKeys.length === 0 ? target : ({ ...target, spareKeys } as Target);
}
