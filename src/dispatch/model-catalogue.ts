import type { Adapter, KnownModel, ModelPrices, ProviderModels } from "../contract/adapter.ts";
import type { Target } from "../contract/target.ts";

/** The models of one adapter by their names, in lower case. */
interface NamedModels {
  readonly byName: ReadonlyMap<string, KnownModel>;
  readonly byAlias: ReadonlyMap<string, KnownModel>;
}

/** What is known about models: what the adapters bring, and over it what the operator adds. */
export class ModelCatalogue {
  readonly #providers: ReadonlyMap<string, NamedModels>;

  /** Later `additions` win over earlier ones. Throws Error for an adapter that does not exist. */
  constructor(adapters: readonly Adapter[], additions: readonly ProviderModels[] = []) {
    const lists = new Map(adapters.map(({ name, models }) => [name, [...models]]));
    for (const { provider, models } of additions) {
      const list = lists.get(provider);
      if (list === undefined) throw new Error(`catalogue: no adapter is named ${provider}`);
      list.push(...models);
    }
    this.#providers = new Map([...lists].map(([name, list]) => [name, namedModels(list)]));
  }

  /** The models of an adapter, in no order. */
  models(adapter: string): readonly KnownModel[] {
    return [...(this.#providers.get(adapter)?.byName.values() ?? [])];
  }

  /**
   * The model of that name, or else the one with that alias, without case. Nothing is guessed from
   * a name's parts: a dated name is known only where the catalogue lists it.
   */
  find(adapter: string, name: string): KnownModel | undefined {
    const models = this.#providers.get(adapter);
    const key = name.toLowerCase();
    return models?.byName.get(key) ?? models?.byAlias.get(key);
  }
}

/** What a model costs at a target, where that is known. */
export function pricesAt(
  model: KnownModel,
  target: Pick<Target, "host" | "preset">,
): ModelPrices | undefined {
  const place = target.preset ?? (target.host === "direct" ? undefined : target.host);
  if (place === undefined) return model.prices;
  const { pricesAt: places = {} } = model;
  return Object.hasOwn(places, place) ? places[place] : undefined;
}

/** Whether the provider has retired a model by the time of the wall clock. */
export function isRetired(
  {
    retired = false,
    retiresOn,
  }: { readonly retired?: boolean; readonly retiresOn?: string | undefined },
  nowMs: number,
): boolean {
  if (retired || retiresOn === undefined) return retired;
  return retiresOn <= new Date(nowMs).toISOString().slice(0, 10);
}

/**
 * An entry that comes later replaces the earlier one of the same name, member by member. One whose
 * name was only an alias before takes the rest from the model it was an alias of.
 */
function namedModels(list: readonly KnownModel[]): NamedModels {
  const byName = new Map<string, KnownModel>();
  const byAlias = new Map<string, KnownModel>();
  for (const model of list) {
    const key = model.name.toLowerCase();
    const { aliases: _, ...other }: Partial<KnownModel> = byAlias.get(key) ?? {};
    const before = byName.get(key) ?? other;
    const places = { ...before.pricesAt, ...model.pricesAt };
    const hasPlaces = Object.keys(places).length > 0;
    const merged = { ...before, ...model, ...(hasPlaces && { pricesAt: places }) };
    byName.set(key, merged);
    for (const alias of merged.aliases ?? []) byAlias.set(alias.toLowerCase(), merged);
  }
  return { byName, byAlias };
}
