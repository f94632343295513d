import type { Usage } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ModelPrices, TokenPrices } from "../contract/adapter.ts";

/** Prices are per million tokens. */
const tokensPerPrice = 1_000_000n;
const amountMax = 2n ** 63n - 1n;

/**
 * What tokens cost, in nano-USD, rounded half up once at the end. `hourWrites` is the number of
 * cache writes that last an hour; unset: not known. Undefined where a price or a number that is
 * needed is not known, or the numbers contradict each other: a part of a cost would be a wrong
 * cost.
 */
export function costOfUsage(
  usage: Usage,
  prices: ModelPrices,
  hourWrites: bigint | undefined,
): bigint | undefined {
  const amounts = [
    ...inputAmounts(usage, pricesFor(usage.inputTokens, prices), hourWrites),
    ...outputAmounts(usage, pricesFor(usage.inputTokens, prices)),
  ];
  let sum = 0n;
  for (const [tokens, price] of amounts) {
    if (tokens === 0n) continue;
    if (tokens < 0n || price === undefined) return undefined;
    sum += tokens * price;
  }
  const nanos = (sum + tokensPerPrice / 2n) / tokensPerPrice;
  return nanos <= amountMax ? nanos : undefined;
}

/** Tokens and what a million of them costs. */
type Amount = readonly [tokens: bigint, price: bigint | undefined];

/** The prices of the largest size below the input; of a tier, nothing is taken from another. */
function pricesFor(inputTokens: bigint, prices: ModelPrices): TokenPrices {
  const { tiers = [] } = prices;
  return tiers.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens) ?? prices;
}

function inputAmounts(
  usage: Usage,
  prices: TokenPrices,
  hourWrites: bigint | undefined,
): readonly Amount[] {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, inputAudioTokens } = usage;
  const fresh = inputTokens - cacheReadTokens - cacheWriteTokens;
  const isAudioCached = inputAudioTokens > 0n && cacheReadTokens + cacheWriteTokens > 0n;
  return [
    [fresh - inputAudioTokens, prices.input],
    // How much of the audio came from the cache is not told.
    [inputAudioTokens, isAudioCached ? undefined : prices.inputAudio],
    [cacheReadTokens, prices.cacheRead],
    ...writeAmounts(cacheWriteTokens, prices, hourWrites),
  ];
}

function writeAmounts(
  writes: bigint,
  { cacheWrite, cacheWriteHour }: TokenPrices,
  hourWrites: bigint | undefined,
): readonly Amount[] {
  if (cacheWriteHour === undefined && !hourWrites) return [[writes, cacheWrite]];
  if (hourWrites === undefined) return [[writes, undefined]];
  return [
    [writes - hourWrites, cacheWrite],
    [hourWrites, cacheWriteHour],
  ];
}

function outputAmounts(usage: Usage, prices: TokenPrices): readonly Amount[] {
  const { outputTokens, outputAudioTokens } = usage;
  return [
    [outputTokens - outputAudioTokens, prices.output],
    [outputAudioTokens, prices.outputAudio],
  ];
}
