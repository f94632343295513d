import type { KnownModel, ModelPrices, ProviderModels, TokenPrices } from "../contract/adapter.ts";
import type { ListedModel } from "./models-list.ts";
import { dollars } from "./models-money.ts";

/** A difference between the catalogue and a list. */
export interface Difference {
  readonly kind: "new" | "changed" | "missing";
  readonly provider: string;
  /** Preset or cloud. Empty: the provider's own address. */
  readonly place: string;
  readonly model: string;
  /** What changed, such as "input 3 -> 2". */
  readonly changes: readonly string[];
  /** Facts of the list that the catalogue would take over. Unset: it does not have the model. */
  readonly entry?: KnownModel;
}

const priceNames: Readonly<Record<keyof TokenPrices, string>> = {
  input: "input",
  output: "output",
  cacheRead: "cache_read",
  cacheWrite: "cache_write",
  cacheWriteHour: "cache_write_1h",
  inputAudio: "input_audio",
  outputAudio: "output_audio",
};

/**
 * What a list has that the catalogue has not, or has otherwise, and what it lacks of the places
 * that it covers. What a list does not say is no difference, and retired models need not be listed.
 */
export function compareModels(
  catalogue: readonly ProviderModels[],
  listed: readonly ListedModel[],
): readonly Difference[] {
  const known = new Map(catalogue.map(({ provider, models }) => [provider, models]));
  const differences = listed.flatMap((each) => compareOne(each, known.get(each.provider) ?? []));
  return [...differences, ...missing(catalogue, listed)].toSorted((a, b) =>
    order(a).localeCompare(order(b), "en"),
  );
}

function compareOne(
  { provider, place, model: theirs }: ListedModel,
  models: readonly KnownModel[],
): readonly Difference[] {
  const key = theirs.name.toLowerCase();
  const named = models.find(({ name }) => name.toLowerCase() === key);
  const ours =
    named ??
    models.find(({ aliases = [] }) => aliases.some((alias) => alias.toLowerCase() === key));
  const at = { provider, place, model: theirs.name };
  if (ours === undefined) {
    const { retiresOn: day, ...rest } = theirs;
    const model = place === "" && day !== undefined ? theirs : rest;
    const entry = entryOf(model, place);
    return [{ kind: "new", ...at, changes: facts({}, undefined, model), entry }];
  }
  const prices = place === "" ? ours.prices : ours.pricesAt?.[place];
  const news = told(theirs, place, ours);
  const changes = facts(ours, prices, news);
  if (changes.length === 0) return [];
  const merged = { ...news, ...(news.prices && { prices: { ...prices, ...news.prices } }) };
  return [{ kind: "changed", ...at, changes, entry: entryOf(merged, place) }];
}

/**
 * What a list tells of a model that is known: of another place, its prices there; of a retired one,
 * when it was retired.
 */
function told(theirs: KnownModel, place: string, ours: KnownModel): KnownModel {
  const { name, prices, retiresOn } = theirs;
  if (ours.retired) return { name, ...(retiresOn && place === "" && { retiresOn }) };
  return place === "" ? theirs : { name, ...(prices && { prices }) };
}

/** What the list says and the catalogue does not say, or says otherwise. */
function facts(
  ours: Partial<KnownModel>,
  prices: ModelPrices | undefined,
  theirs: KnownModel,
): readonly string[] {
  return [
    ...change("context", ours.contextTokens, theirs.contextTokens),
    ...change("output_max", ours.outputTokensMax, theirs.outputTokensMax),
    ...change("retires", ours.retiresOn, theirs.retiresOn),
    ...priceChanges("", prices ?? {}, theirs.prices ?? {}),
    ...(theirs.prices?.tiers ?? []).flatMap(({ aboveInputTokens, ...tier }) => {
      const same = prices?.tiers?.find((each) => each.aboveInputTokens === aboveInputTokens);
      return priceChanges(` above ${aboveInputTokens}`, same ?? {}, tier);
    }),
  ];
}

function priceChanges(where: string, ours: TokenPrices, theirs: TokenPrices): readonly string[] {
  return Object.entries(priceNames).flatMap(([kind, name]) => {
    const [before, after] = [ours, theirs].map((prices) => prices[kind as keyof TokenPrices]);
    const shown = [before, after].map((nanos) => nanos !== undefined && dollars(nanos));
    return change(name + where, shown[0] || undefined, shown[1] || undefined);
  });
}

function change<T extends string | number>(name: string, before?: T, after?: T): readonly string[] {
  if (after === undefined || before === after) return [];
  return [before === undefined ? `${name} ${after}` : `${name} ${before} -> ${after}`];
}

function entryOf(model: KnownModel, place: string): KnownModel {
  const { prices, ...rest } = model;
  if (prices === undefined) return rest;
  return place === "" ? { ...rest, prices } : { ...rest, pricesAt: { [place]: prices } };
}

function missing(
  catalogue: readonly ProviderModels[],
  listed: readonly ListedModel[],
): readonly Difference[] {
  const key = (provider: string, place: string, name: string): string =>
    `${provider} ${place} ${name.toLowerCase()}`;
  const names = new Set(
    listed.map(({ provider, place, model }) => key(provider, place, model.name)),
  );
  const covered = new Set(listed.map(({ provider, place }) => key(provider, place, "")));
  return catalogue.flatMap(({ provider, models }) =>
    models.flatMap(({ name, aliases = [], prices, pricesAt = {}, retired }) => {
      if (retired) return [];
      const places = [...(prices ? [""] : []), ...Object.keys(pricesAt)];
      return places
        .filter((place) => covered.has(key(provider, place, "")))
        .filter(
          (place) => ![name, ...aliases].some((each) => names.has(key(provider, place, each))),
        )
        .map((place) => ({ kind: "missing", provider, place, model: name, changes: [] }) as const);
    }),
  );
}

function order({ provider, place, kind, model }: Difference): string {
  return [provider, place, kind, model].join(" ");
}
