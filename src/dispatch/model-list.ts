import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ListModelsRequest,
  type ListModelsResponse,
  ListModelsResponseSchema,
  type ModelInfo,
  ModelInfoSchema,
  type ModelPrices,
  ModelPricesSchema,
  PriceTierSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type { ModelPrices as KnownPrices, TokenPrices } from "../contract/adapter.ts";
import type { Clock } from "../contract/clock.ts";
import { invalidField } from "../contract/connector-error.ts";
import { sentModel } from "./candidates.ts";
import { isRetired, type ModelCatalogue, pricesAt } from "./model-catalogue.ts";
import type { Registry } from "./registry.ts";

const pageSizeDefault = 100;
const pageSizeMax = 1000;

/** The models that adapters and targets know by name, each with where it leads. */
export class ModelList {
  readonly #registry: Registry;
  readonly #catalogue: ModelCatalogue;
  readonly #clock: Clock;
  /** By key. Made when it is first asked for: with many routes it takes a while. */
  #models: readonly ModelInfo[] | undefined;

  constructor(registry: Registry, catalogue: ModelCatalogue, clock: Clock) {
    this.#registry = registry;
    this.#catalogue = catalogue;
    this.#clock = clock;
  }

  /**
   * One page (AIP-158). Throws INVALID_REQUEST for an unknown adapter or a token of another list.
   */
  page(request: ListModelsRequest): ListModelsResponse {
    const { provider, pageToken } = request;
    const names = this.#registry.adapters.map(({ name }) => name);
    if (provider !== "" && !names.includes(provider)) {
      throw invalidField("provider", `no adapter has this name; there are: ${names.join(", ")}`);
    }
    const size = Math.min(request.pageSize || pageSizeDefault, pageSizeMax);
    const after = pageToken === "" ? "" : readToken(pageToken, provider);
    this.#models ??= knownModels(this.#registry, this.#catalogue);
    const rest = this.#models.filter(
      (model) => keyOf(model) > after && (provider === "" || model.provider === provider),
    );
    const nowMs = this.#clock.wallTimeMs();
    const models = rest.slice(0, size).map((model) => asOfNow(model, nowMs));
    const last = models.at(-1);
    const nextPageToken = last && rest.length > size ? writeToken(provider, keyOf(last)) : "";
    return create(ListModelsResponseSchema, { models, nextPageToken });
  }
}

/** An announced day of retirement comes while the server runs. */
function asOfNow(model: ModelInfo, nowMs: number): ModelInfo {
  const { retired, retireDate } = model;
  const isNow = isRetired({ retired, retiresOn: retireDate || undefined }, nowMs);
  return isNow === retired ? model : create(ModelInfoSchema, { ...model, retired: isNow });
}

function knownModels(registry: Registry, catalogue: ModelCatalogue): readonly ModelInfo[] {
  const known = new Map<string, { readonly name: string; readonly adapter: string }>();
  const add = (name: string, adapter: string): void => {
    const key = name.toLowerCase();
    if (!known.has(key)) known.set(key, { name, adapter });
  };
  for (const { name } of registry.adapters) {
    for (const model of catalogue.models(name)) add(model.name, name);
  }
  for (const { adapter, models } of registry.targets) {
    for (const name of models.keys()) add(name, adapter.name);
  }
  return [...known.values()]
    .map(({ name, adapter }) => modelInfo(name, adapter, registry, catalogue))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** A name goes where a call for it would go, which routes may have changed. */
function modelInfo(
  name: string,
  adapter: string,
  registry: Registry,
  catalogue: ModelCatalogue,
): ModelInfo {
  const match = registry.find(name);
  const [target] = match?.targets ?? [];
  const sent = target && match ? sentModel(target, name, match.model) : name;
  const asked = catalogue.find(adapter, name);
  // Its life is that of the name; what it holds and costs is that of the model that would answer.
  const answering = catalogue.find(target?.adapter.name ?? adapter, sent);
  const prices = answering && (target ? pricesAt(answering, target) : answering.prices);
  return create(ModelInfoSchema, {
    name,
    provider: match?.provider || adapter,
    targets: match?.targets.map((other) => other.name) ?? [],
    sentAs: sent === name ? "" : sent,
    retired: asked?.retired ?? false,
    successor: asked?.successor ?? "",
    retireDate: asked?.retiresOn ?? "",
    aliases: asked?.name === name ? [...(asked.aliases ?? [])] : [],
    contextTokens: BigInt(answering?.contextTokens ?? 0),
    outputTokensMax: BigInt(answering?.outputTokensMax ?? 0),
    ...(prices && { prices: pricesMessage(prices) }),
    source: answering?.source ?? "",
    asOf: answering?.asOf ?? "",
  });
}

function pricesMessage({ tiers = [], until = "", ...base }: KnownPrices): ModelPrices {
  return create(ModelPricesSchema, {
    ...nanosOf(base),
    untilDate: until,
    tiers: tiers.map(({ aboveInputTokens, ...prices }) =>
      create(PriceTierSchema, {
        aboveInputTokens,
        prices: create(ModelPricesSchema, nanosOf(prices)),
      }),
    ),
  });
}

function nanosOf(prices: TokenPrices): MessageInitShape<typeof ModelPricesSchema> {
  const named: { readonly [K in keyof Required<TokenPrices>]: string } = {
    input: "inputNanos",
    output: "outputNanos",
    cacheRead: "cacheReadNanos",
    cacheWrite: "cacheWriteNanos",
    cacheWriteHour: "cacheWriteHourNanos",
    inputAudio: "inputAudioNanos",
    outputAudio: "outputAudioNanos",
  };
  return Object.fromEntries(
    Object.entries(prices).map(([kind, nanos]) => [named[kind as keyof TokenPrices], nanos]),
  );
}

function keyOf({ provider, name }: ModelInfo): string {
  return `${provider}/${name}`;
}

function writeToken(provider: string, after: string): string {
  return Buffer.from(JSON.stringify([provider, after])).toString("base64url");
}

function readToken(token: string, provider: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(value) && value.length === 2 && value[0] === provider) {
      const after: unknown = value[1];
      if (typeof after === "string") return after;
    }
  } catch {
    // What cannot be read is no token of ours: refused below, like one of another list.
  }
  throw invalidField("page_token", "not a token of this list; start again without one");
}
