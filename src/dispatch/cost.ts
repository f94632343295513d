import { create, type JsonValue } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type CacheHint,
  type Cost,
  CostSchema,
  type LLMRequest,
  type LLMResponse,
  UsageSource,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { KnownModel, ModelPrices } from "../contract/adapter.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { costOfUsage } from "./cost-of-usage.ts";
import { isObject } from "./json-object.ts";
import { type ModelCatalogue, pricesAt } from "./model-catalogue.ts";

const usualCacheMs = 5 * 60 * 1000;

/**
 * What an answer cost by the catalogue's prices. Not known: simulated targets, estimated usage,
 * tools that the provider ran (they are not paid by the token alone), a price that is needed and
 * not known, prices that have ended, and members that change the price. `nowMs` is the time of the
 * wall clock.
 */
export function costOf(
  response: LLMResponse,
  plan: AttemptPlan,
  catalogue: ModelCatalogue,
  nowMs: number,
): Cost {
  const { usage } = response;
  if (plan.target.simulated || usage?.source !== UsageSource.REPORTED) return unknownCost();
  if (hasRunTools(response)) return unknownCost();
  const today = new Date(nowMs).toISOString().slice(0, 10);
  const models = pricedModels(response, plan, catalogue);
  const amounts = models.map(({ model, prices }) => {
    if (prices.until !== undefined && prices.until < today) return undefined;
    if (!isPricedAsListed(model, response, plan)) return undefined;
    return costOfUsage(usage, prices, hourWrites(model, response, plan));
  });
  const [amountNanos, ...others] = amounts;
  // The name that was sent and the one that was reported may be known at different prices.
  if (amountNanos === undefined || others.some((other) => other !== amountNanos)) {
    return unknownCost();
  }
  return create(CostSchema, { amountNanos, known: true, asOf: models[0]?.model.asOf ?? "" });
}

/** Whether tools of the provider ran, as its counts or blocks that only it knows tell. */
function hasRunTools({ usage, content }: LLMResponse): boolean {
  const uses = Object.values(usage?.serverToolUses ?? {});
  const parts = content?.parts ?? [];
  return uses.some((count) => count > 0n) || parts.some(({ kind }) => kind.case === "provider");
}

function unknownCost(): Cost {
  return create(CostSchema, { known: false });
}

interface PricedModel {
  readonly model: KnownModel;
  readonly prices: ModelPrices;
}

/**
 * The models with prices that answered, by the name that was sent and by the name that was
 * reported. An alias that was sent says nothing where the provider reports a model that it is not
 * listed for: the alias has moved on.
 */
function pricedModels(
  response: LLMResponse,
  { target, model: sent }: AttemptPlan,
  catalogue: ModelCatalogue,
): readonly PricedModel[] {
  const priced = (model: KnownModel | undefined): readonly PricedModel[] => {
    const prices = model && pricesAt(model, target);
    return model && prices ? [{ model, prices }] : [];
  };
  const bySent = catalogue.find(target.adapter.name, sent);
  const byReported = catalogue.find(target.adapter.name, response.model);
  if (byReported === undefined) {
    const isCertain = isSame(response.model, sent) || isSame(bySent?.name ?? "", sent);
    return isCertain ? priced(bySent) : [];
  }
  const reported = priced(byReported);
  if (bySent === byReported || reported.length === 0) return reported;
  return [...priced(bySent), ...reported];
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** Whether nothing that was asked for or answered means other prices. */
function isPricedAsListed(
  { pricedWhen = {} }: KnownModel,
  { providerMetadata }: LLMResponse,
  { request, target }: AttemptPlan,
): boolean {
  const added = request.providerOptions?.[target.adapter.name];
  const told = [added, target.body, providerMetadata];
  return Object.entries(pricedWhen).every(([path, values]) =>
    told
      .map((object) => memberAt(object, path))
      .every((value) => value === undefined || value === null || values.includes(String(value))),
  );
}

/**
 * Cache writes that last an hour, as the answer tells or, where it does not, as far as was asked.
 */
function hourWrites(
  { hourWritesAt }: KnownModel,
  { providerMetadata }: LLMResponse,
  { request, target }: AttemptPlan,
): bigint | undefined {
  const told = hourWritesAt && memberAt(providerMetadata, hourWritesAt);
  if (typeof told === "number" && Number.isSafeInteger(told)) return BigInt(told);
  const isPlain =
    request.providerOptions?.[target.adapter.name] === undefined && target.body === undefined;
  return isPlain && cacheHints(request).every(isUsual) ? 0n : undefined;
}

function cacheHints({ contents, tools }: LLMRequest): readonly (CacheHint | undefined)[] {
  return [...contents.flatMap(({ parts }) => parts), ...tools].map(({ cache }) => cache);
}

function isUsual(hint: CacheHint | undefined): boolean {
  return hint?.ttl === undefined || durationMs(hint.ttl) <= usualCacheMs;
}

function memberAt(object: JsonValue | undefined, path: string): JsonValue | undefined {
  return path.split(".").reduce<JsonValue | undefined>((value, name) => {
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }, object);
}
