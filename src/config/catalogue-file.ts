import { z } from "zod";
import type {
  KnownModel,
  ModelPrices,
  PriceTier,
  ProviderModels,
  TokenPrices,
} from "../contract/adapter.ts";
import type { ConfigurationProblem, Path } from "./configuration-problem.ts";
import { list, mapping, matching, read, text, wrongType } from "./fields.ts";
import { parseYAML } from "./parse-yaml.ts";
import { readTextFile } from "./read-file.ts";

/** A catalogue, or everything that is wrong with its file. */
export type CatalogueReading =
  | { readonly catalogue: ProviderModels }
  | { readonly problems: readonly ConfigurationProblem[] };

/** Largest file of a catalogue, bytes. */
export const catalogueBytesMax: number = 1024 * 1024;
const problemsMax = 100;
const modelsMax = 4000;
const tiersMax = 8;
const tokensMax = 1_000_000_000;
const usdMax = 1_000_000;

const modelName = matching(/^[\x21-\x7e]{1,200}$/, "a name of 1 to 200 characters, without spaces");
const word = matching(/^[a-z][a-z0-9-]{0,63}$/, "a name in lower case");
const memberPath = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*){0,3}$/;
const memberPathExpected = "a path of members, such as usage.speed";
const day = text((input) => (isDay(input) ? undefined : "expected a day, such as 2026-11-23"));
const address = text((input) => {
  const url = URL.canParse(input) && input.length <= 500 ? new URL(input) : undefined;
  const isPlain = url && /^https?:$/.test(url.protocol) && url.username + url.password === "";
  return isPlain ? undefined : "expected a public http address without a user or a password";
});
const tokens = z
  .number({ error: ({ input }) => wrongType(input, "a number of tokens") })
  .refine((number) => Number.isSafeInteger(number) && number > 0 && number <= tokensMax, {
    error: `expected a whole number of tokens, 1 to ${tokensMax}`,
  });
const usd = read((input, complain) => {
  const nanos = typeof input === "number" ? nanosOf(input) : undefined;
  if (nanos === undefined) {
    complain(`expected US dollars per million tokens, 0 to ${usdMax}, at most 9 decimals`);
  }
  return nanos;
}).optional();

const tokenPrices = {
  input: usd,
  output: usd,
  cache_read: usd,
  cache_write: usd,
  cache_write_1h: usd,
  input_audio: usd,
  output_audio: usd,
};
const tier = mapping({ above: tokens, ...tokenPrices });
const prices = mapping({
  ...tokenPrices,
  until: day.optional(),
  tiers: list(tier).min(1).max(tiersMax).superRefine(checkAscending).optional(),
});
const pricedWhen = z.record(
  matching(memberPath, memberPathExpected),
  list(text(() => undefined)).min(1, { error: "expected at least one value" }),
  { error: ({ input }) => wrongType(input, "a mapping") },
);
const retirement = read((input, complain) => {
  if (input === true || (typeof input === "string" && isDay(input))) return input;
  complain("expected the day of retirement, such as 2026-11-23, or true where it is not known");
  return undefined;
}).optional();
const model = mapping({
  name: modelName,
  aliases: list(modelName).optional(),
  context_tokens: tokens.optional(),
  output_tokens_max: tokens.optional(),
  prices: prices.optional(),
  prices_at: z
    .record(word, prices, { error: ({ input }) => wrongType(input, "a mapping") })
    .optional(),
  priced_when: pricedWhen.optional(),
  retired: retirement,
  successor: modelName.optional(),
  source: address.optional(),
  as_of: day.optional(),
});
const catalogue = mapping({
  provider: word,
  source: address,
  as_of: day,
  priced_when: pricedWhen.optional(),
  cache_write_1h_tokens: matching(memberPath, memberPathExpected).optional(),
  models: list(model).max(modelsMax, { error: `expected at most ${modelsMax} models` }),
});

type ModelInput = z.infer<typeof model>;
type CatalogueInput = z.infer<typeof catalogue>;
type TokenPricesInput = z.infer<typeof tier>;

/** Reads the file of a catalogue: YAML as `docs/models.md` describes it. */
export function readCatalogueFile(path: string): CatalogueReading {
  const file = readTextFile(path, catalogueBytesMax);
  if ("text" in file) return parseCatalogue(file.text, path);
  return { problems: [{ file: path, line: 0, column: 0, path: "", message: file.problem }] };
}

/** Reads a catalogue from text. `file` is its name for people. */
export function parseCatalogue(content: string, file: string): CatalogueReading {
  const { value, locate, problems } = parseYAML(content);
  const found: ConfigurationProblem[] = [];
  const add = (path: Path, message: string): void => {
    found.push({ file, ...locate(path), path: shown(path), message });
  };
  if (problems.length > 0) {
    return {
      problems: problems.map(({ path, ...problem }) => ({ file, path: shown(path), ...problem })),
    };
  }
  const result = catalogue.safeParse(value ?? {});
  if (!result.success) {
    for (const issue of result.error.issues) {
      const path = issue.path.filter((segment) => typeof segment !== "symbol");
      if (issue.code !== "unrecognized_keys") add(path, issue.message);
      else for (const key of issue.keys) add([...path, key], "this key is not known here");
    }
    return { problems: inOrder(found) };
  }
  checkNames(result.data, add);
  if (found.length > 0) return { problems: inOrder(found) };
  const { provider, models } = result.data;
  return {
    catalogue: { provider, models: models.map((entry) => knownModel(entry, result.data)) },
  };
}

function inOrder(problems: readonly ConfigurationProblem[]): readonly ConfigurationProblem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, problemsMax);
}

/** Each name stands for one model, and a model does not follow itself. */
function checkNames({ models }: CatalogueInput, add: (path: Path, message: string) => void): void {
  const taken = new Set<string>();
  for (const [index, { name, aliases = [], successor, retired }] of models.entries()) {
    for (const [place, each] of [name, ...aliases].entries()) {
      const path = place === 0 ? ["name"] : ["aliases", place - 1];
      if (taken.has(each.toLowerCase())) {
        add(["models", index, ...path], "this name is given twice in one file");
      }
      taken.add(each.toLowerCase());
    }
    if (successor !== undefined && retired === undefined) {
      add(["models", index, "successor"], "only a model with `retired` has a successor");
    }
    if (successor?.toLowerCase() === name.toLowerCase()) {
      add(["models", index, "successor"], "a model cannot follow itself");
    }
  }
}

function checkAscending(tiers: readonly { readonly above: number }[], context: z.RefinementCtx) {
  for (const [index, { above }] of tiers.entries()) {
    const before = tiers[index - 1]?.above ?? 0;
    if (above <= before) {
      const message = "expected a larger size than that of the tier before";
      context.addIssue({ code: "custom", message, path: [index, "above"] });
    }
  }
}

function knownModel(entry: ModelInput, file: CatalogueInput): KnownModel {
  const asOf = entry.as_of ?? file.as_of;
  const { retired } = entry;
  const when = entry.priced_when ?? file.priced_when;
  const hourWrites = file.cache_write_1h_tokens;
  const isPriced = entry.prices !== undefined || entry.prices_at !== undefined;
  return {
    name: entry.name,
    ...(entry.aliases && { aliases: entry.aliases }),
    ...(entry.context_tokens && { contextTokens: entry.context_tokens }),
    ...(entry.output_tokens_max && { outputTokensMax: entry.output_tokens_max }),
    ...(entry.prices && { prices: modelPrices(entry.prices) }),
    ...(entry.prices_at && { pricesAt: mapValues(entry.prices_at, modelPrices) }),
    ...(isPriced && when && { pricedWhen: when }),
    ...(isPriced && hourWrites && { hourWritesAt: hourWrites }),
    // Days compare as texts.
    ...((retired === true || (retired && retired <= asOf)) && { retired: true }),
    ...(typeof retired === "string" && { retiresOn: retired }),
    ...(entry.successor && { successor: entry.successor }),
    source: entry.source ?? file.source,
    asOf,
  };
}

function modelPrices({ tiers, until, ...base }: z.infer<typeof prices>): ModelPrices {
  return {
    ...pricesOf(base),
    ...(until && { until }),
    ...(tiers && {
      tiers: tiers.map(
        ({ above, ...rest }): PriceTier => ({ aboveInputTokens: BigInt(above), ...pricesOf(rest) }),
      ),
    }),
  };
}

function pricesOf(given: Omit<TokenPricesInput, "above">): TokenPrices {
  const named: { readonly [K in keyof Required<TokenPrices>]: bigint | undefined } = {
    input: given.input,
    output: given.output,
    cacheRead: given.cache_read,
    cacheWrite: given.cache_write,
    cacheWriteHour: given.cache_write_1h,
    inputAudio: given.input_audio,
    outputAudio: given.output_audio,
  };
  return Object.fromEntries(Object.entries(named).filter(([, nanos]) => nanos !== undefined));
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  change: (value: In) => Out,
): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** US dollars as nano-USD. Unset: out of range, or finer than that. */
function nanosOf(dollars: number): bigint | undefined {
  if (!(dollars >= 0 && dollars <= usdMax)) return undefined;
  const nanos = Math.round(dollars * 1e9);
  // What has nine decimals comes back the same; what has more does not.
  return nanos / 1e9 === dollars ? BigInt(nanos) : undefined;
}

function isDay(input: string): boolean {
  if (!/^20\d\d-\d\d-\d\d$/.test(input)) return false;
  const ms = Date.parse(`${input}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(input);
}

function shown(path: Path): string {
  return path.reduce<string>((sum, segment) => {
    if (typeof segment === "number") return `${sum}[${segment}]`;
    return sum === "" ? segment : `${sum}.${segment}`;
  }, "");
}
