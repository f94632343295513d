import type { JsonValue } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import {
  type CacheHint,
  type Cost,
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
  const models = pricedModels(response, plan, catalogue);
  let amountNanos: bigint | undefined;
  for (const { model, prices } of models) {
    if (prices.until !== undefined && prices.until < dayOf(nowMs)) return unknownCost();
    if (!isPricedAsListed(model, response, plan)) return unknownCost();
    const amount = costOfUsage(usage, prices, hourWrites(model, response, plan));
    // The name that was sent and the one that was reported may be known at different prices.
    if (amount === undefined || amount !== (amountNanos ?? amount)) return unknownCost();
    amountNanos = amount;
  }
  if (amountNanos === undefined) return unknownCost();
  return {
    $typeName: "nexen.connectors.v1.Cost",
    amountNanos,
    known: true,
    asOf: models[0]?.model.asOf ?? "",
  };
}

function dayOf(wallTimeMs: number): string {
  return new Date(wallTimeMs).toISOString().slice(0, 10);
}

/** Whether tools of the provider ran, as its counts or blocks that only it knows tell. */
function hasRunTools({ usage, content }: LLMResponse): boolean {
  const { serverToolUses = {} } = usage ?? {};
  for (const name in serverToolUses) if ((serverToolUses[name] ?? 0n) > 0n) return true;
  return content?.parts.some(({ kind }) => kind.case === "provider") ?? false;
}

function unknownCost(): Cost {
  return { $typeName: "nexen.connectors.v1.Cost", amountNanos: 0n, known: false, asOf: "" };
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
  { pricedWhen }: KnownModel,
  { providerMetadata }: LLMResponse,
  { request, target }: AttemptPlan,
): boolean {
  const told = [request.providerOptions?.[target.adapter.name], target.body, providerMetadata];
  for (const path in pricedWhen) {
    for (const object of told) {
      const value = memberAt(object, path) ?? undefined;
      if (value !== undefined && !pricedWhen[path]?.includes(String(value))) return false;
    }
  }
  return true;
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
  return isPlain && isCachedAsUsual(request) ? 0n : undefined;
}

function isCachedAsUsual({ contents, tools }: LLMRequest): boolean {
  return contents.every(({ parts }) => parts.every(isUsual)) && tools.every(isUsual);
}

function isUsual({ cache }: { readonly cache?: CacheHint | undefined }): boolean {
  return cache?.ttl === undefined || durationMs(cache.ttl) <= usualCacheMs;
}

function memberAt(object: JsonValue | undefined, path: string): JsonValue | undefined {
  let value = object;
  if (value === undefined) return undefined;
  for (const name of path.split(".")) {
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
