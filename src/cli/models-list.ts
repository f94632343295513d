import type { KnownModel, ModelPrices, PriceTier, TokenPrices } from "../contract/adapter.ts";

/** Public lists whose format is known. */
export type ListKind = "models.dev" | "LiteLLM";

/** A model as a public list tells it, in our terms. */
export interface ListedModel {
  /** Name of the adapter. */
  readonly provider: string;
  /** Preset or cloud. Empty: the provider's own address. */
  readonly place: string;
  /** Without `pricesAt`: its `prices` are those of the place. */
  readonly model: KnownModel;
}

/** What was read from a public list. Problems each begin with the path of a value. */
export interface PublicList {
  readonly kind: ListKind;
  readonly models: readonly ListedModel[];
  readonly problems: readonly string[];
}

/** Where the providers of the lists are ours: adapter and place. */
const places: Readonly<Record<string, readonly [adapter: string, place: string]>> = {
  anthropic: ["anthropic", ""],
  openai: ["openai", ""],
  google: ["google", ""],
  gemini: ["google", ""],
  mistral: ["mistral", ""],
  azure: ["openai", "azure"],
  "google-vertex": ["google", "vertex"],
  "google-vertex-anthropic": ["anthropic", "vertex"],
  "vertex_ai-anthropic_models": ["anthropic", "vertex"],
  groq: ["llama", "groq"],
  togetherai: ["llama", "together"],
  together_ai: ["llama", "together"],
  cerebras: ["llama", "cerebras"],
  xai: ["custom", "xai"],
  deepseek: ["custom", "deepseek"],
  cohere: ["custom", "cohere"],
  cohere_chat: ["custom", "cohere"],
};

const priceMembers: readonly (readonly [keyof TokenPrices, dev: string, lite: string])[] = [
  ["input", "input", "input_cost_per_token"],
  ["output", "output", "output_cost_per_token"],
  ["cacheRead", "cache_read", "cache_read_input_token_cost"],
  ["cacheWrite", "cache_write", "cache_creation_input_token_cost"],
  ["cacheWriteHour", "", "cache_creation_input_token_cost_above_1hr"],
  ["inputAudio", "input_audio", "input_cost_per_audio_token"],
  ["outputAudio", "output_audio", "output_cost_per_audio_token"],
];

const nanosPerDollar = 1e9;
const tokensPerPrice = 1e6;
const nameCharactersMax = 200;

/** Reads a public list from parsed JSON. Undefined: its format is not known. */
export function readPublicList(list: unknown): PublicList | undefined {
  if (!isObject(list)) return undefined;
  const entries = Object.entries(list);
  if (entries.some(([, entry]) => isObject(entry) && isObject(entry.models))) {
    return new ListReader("models.dev").read(entries, modelsDevEntry);
  }
  if (entries.some(([, entry]) => isObject(entry) && typeof entry.litellm_provider === "string")) {
    return new ListReader("LiteLLM").read(entries, liteEntry);
  }
  return undefined;
}

/** Gathers models and problems, and knows where it is. */
class ListReader {
  readonly kind: ListKind;
  /** By provider, place and name: lists repeat models, and what comes later is the better kept. */
  readonly #models = new Map<string, ListedModel>();
  readonly #problems: string[] = [];

  constructor(kind: ListKind) {
    this.kind = kind;
  }

  read(
    entries: readonly (readonly [string, unknown])[],
    readEntry: (reader: ListReader, key: string, entry: unknown) => void,
  ): PublicList {
    for (const [key, entry] of entries) readEntry(this, key, entry);
    return { kind: this.kind, models: [...this.#models.values()], problems: this.#problems };
  }

  complain(path: string, message: string): void {
    // Names of a list are foreign text.
    this.#problems.push(`${path.replace(/[^\x20-\x7e]/g, "\ufffd")}: ${message}`);
  }

  add(listProvider: string, name: string, facts: Omit<KnownModel, "name">): void {
    const [provider, place] = placeOf(listProvider) ?? [];
    if (provider === undefined || place === undefined) return;
    const key = `${provider} ${place} ${name.toLowerCase()}`;
    this.#models.set(key, { provider, place, model: { name, ...facts } });
  }

  /** A number of tokens. Lists write 0 for what they do not know. */
  tokens(value: unknown, path: string): number | undefined {
    if (value === undefined || value === null || value === 0) return undefined;
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
    this.complain(path, "expected a whole number of tokens");
    return undefined;
  }

  /** A price in nano-USD per million tokens, from dollars for `per` tokens. */
  nanos(value: unknown, per: number, path: string): bigint | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "number" && value >= 0 && value * (tokensPerPrice / per) <= 1e6) {
      return BigInt(Math.round(value * (tokensPerPrice / per) * nanosPerDollar));
    }
    this.complain(path, "expected a price of 0 or more");
    return undefined;
  }
}

function modelsDevEntry(reader: ListReader, provider: string, entry: unknown): void {
  if (placeOf(provider) === undefined) return;
  const models = isObject(entry) ? entry.models : undefined;
  if (!isObject(models)) {
    reader.complain(`${provider}.models`, "expected an object");
    return;
  }
  for (const [name, model] of Object.entries(models)) {
    const path = `${provider}.models.${name}`;
    if (!isObject(model)) {
      reader.complain(path, "expected an object");
    } else if (isName(name) && writesText(model)) {
      const limit = objectAt(reader, model, "limit", path);
      const cost = objectAt(reader, model, "cost", path);
      reader.add(provider, name, {
        ...limits(
          reader,
          [limit.context, limit.output],
          [`${path}.limit.context`, `${path}.limit.output`],
        ),
        ...(Object.keys(cost).length > 0 && {
          prices: modelsDevPrices(reader, cost, `${path}.cost`),
        }),
      });
    }
  }
}

function modelsDevPrices(
  reader: ListReader,
  cost: Record<string, unknown>,
  path: string,
): ModelPrices {
  const read = (from: Record<string, unknown>, at: string): TokenPrices =>
    pricesOf((kind, member) => {
      if (member === "" || (kind === "output" && differs(from.reasoning, from.output)))
        return undefined;
      return reader.nanos(from[member], tokensPerPrice, `${at}.${member}`);
    }, "dev");
  const tiers = Array.isArray(cost.tiers) ? cost.tiers : [];
  const read200k = isObject(cost.context_over_200k) && tiers.length === 0;
  const listed = read200k
    ? [{ ...(cost.context_over_200k as object), tier: { size: 200_000 } }]
    : tiers;
  return withTiers(
    read(cost, path),
    listed.flatMap((tier: unknown, index: number) => {
      const at = `${path}.tiers[${index}]`;
      if (!isObject(tier)) {
        reader.complain(at, "expected an object");
        return [];
      }
      const size = reader.tokens(
        isObject(tier.tier) ? tier.tier.size : undefined,
        `${at}.tier.size`,
      );
      return size === undefined ? [] : [{ aboveInputTokens: BigInt(size), ...read(tier, at) }];
    }),
  );
}

function liteEntry(reader: ListReader, key: string, entry: unknown): void {
  if (key === "sample_spec") return;
  if (!isObject(entry)) {
    reader.complain(key, "expected an object");
    return;
  }
  const { litellm_provider: provider, mode } = entry;
  if (typeof provider !== "string" || placeOf(provider) === undefined) return;
  const name = nameWithout(key, provider.replace(/-.*$/, ""));
  if (!isName(name) || (mode !== "chat" && mode !== "responses")) return;
  const { deprecation_date: day } = entry;
  reader.add(provider, name, {
    ...limits(
      reader,
      [entry.max_input_tokens, entry.max_output_tokens],
      [`${key}.max_input_tokens`, `${key}.max_output_tokens`],
    ),
    ...(typeof day === "string" && /^20\d\d-\d\d-\d\d$/.test(day) && { retiresOn: day }),
    ...("input_cost_per_token" in entry && { prices: litePrices(reader, entry, key) }),
  });
}

function litePrices(reader: ListReader, entry: Record<string, unknown>, path: string): ModelPrices {
  const read = (suffix: string): TokenPrices =>
    pricesOf((kind, member) => {
      const own = kind === "output" && suffix === "";
      if (own && differs(entry.output_cost_per_reasoning_token, entry[member])) return undefined;
      return reader.nanos(entry[member + suffix], 1, `${path}.${member}${suffix}`);
    }, "lite");
  const sizes = Object.keys(entry)
    .flatMap((member) => /^input_cost_per_token_above_(\d+)k_tokens$/.exec(member)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
  return withTiers(
    read(""),
    sizes.map((thousands) => ({
      aboveInputTokens: BigInt(thousands * 1000),
      ...read(`_above_${thousands}k_tokens`),
    })),
  );
}

function withTiers(base: TokenPrices, tiers: readonly PriceTier[]): ModelPrices {
  return tiers.length === 0 ? base : { ...base, tiers };
}

function pricesOf(
  read: (kind: keyof TokenPrices, member: string) => bigint | undefined,
  list: "dev" | "lite",
): TokenPrices {
  const found = priceMembers.map(([kind, dev, lite]) => [
    kind,
    read(kind, list === "dev" ? dev : lite),
  ]);
  return Object.fromEntries(found.filter(([, nanos]) => nanos !== undefined));
}

function limits(
  reader: ListReader,
  [context, output]: readonly [unknown, unknown],
  [contextPath, outputPath]: readonly [string, string],
): Pick<KnownModel, "contextTokens" | "outputTokensMax"> {
  const contextTokens = reader.tokens(context, contextPath);
  const outputTokensMax = reader.tokens(output, outputPath);
  return {
    ...(contextTokens !== undefined && { contextTokens }),
    ...(outputTokensMax !== undefined && { outputTokensMax }),
  };
}

/** Thinking that is priced apart from output cannot be said in our terms. */
function differs(reasoning: unknown, output: unknown): boolean {
  return typeof reasoning === "number" && reasoning !== output;
}

function writesText({ modalities }: Record<string, unknown>): boolean {
  const output = isObject(modalities) ? modalities.output : undefined;
  return !Array.isArray(output) || (output.length === 1 && output[0] === "text");
}

function objectAt(
  reader: ListReader,
  object: Record<string, unknown>,
  member: string,
  path: string,
): Record<string, unknown> {
  const value = object[member];
  if (isObject(value)) return value;
  if (value !== undefined) reader.complain(`${path}.${member}`, "expected an object");
  return {};
}

function placeOf(listProvider: string): readonly [adapter: string, place: string] | undefined {
  return Object.hasOwn(places, listProvider) ? places[listProvider] : undefined;
}

/** LiteLLM writes its own word for most providers before the name. */
function nameWithout(key: string, prefix: string): string {
  return key.startsWith(`${prefix}/`) ? key.slice(prefix.length + 1) : key;
}

function isName(name: string): boolean {
  return (
    name.length <= nameCharactersMax &&
    /^[\x21-\x7e]+$/.test(name) &&
    !/^(?:ft:|\d+-x-|low\/|medium\/|high\/)/.test(name)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
