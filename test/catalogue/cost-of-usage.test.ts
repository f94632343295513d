// Proves the arithmetic of cost: exact sums of whole tokens and whole nano-USD, rounded once; never
// negative; never falling as tokens rise; and nothing at all where a price or a number is missing.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Usage, UsageSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ModelPrices, TokenPrices } from "../../src/contract/adapter.ts";
import { costOfUsage } from "../../src/dispatch/cost-of-usage.ts";

const prices: ModelPrices = {
  input: 3_000_000_000n,
  output: 15_000_000_000n,
  cacheRead: 300_000_000n,
  cacheWrite: 3_750_000_000n,
};

function usage(init: MessageInitShape<typeof UsageSchema>): Usage {
  return create(UsageSchema, init);
}

/** What one million tokens of a kind cost is its price; everything else is a sum of such. */
describe("a cost", () => {
  it.each([
    ["fresh input", { inputTokens: 1_000_000n }, 3_000_000_000n],
    ["input from the cache", { inputTokens: 10n, cacheReadTokens: 10n }, 3_000n],
    ["input to the cache", { inputTokens: 10n, cacheWriteTokens: 10n }, 37_500n],
    ["output", { outputTokens: 2n }, 30_000n],
    ["thinking, which is output", { outputTokens: 2n, reasoningTokens: 2n }, 30_000n],
    ["nothing", {}, 0n],
    [
      "all of it",
      { inputTokens: 1000n, cacheReadTokens: 300n, cacheWriteTokens: 200n, outputTokens: 7n },
      500n * 3_000n + 300n * 300n + 200n * 3_750n + 7n * 15_000n,
    ],
  ])("is that of %s", (_, tokens, nanos) => {
    expect(costOfUsage(usage(tokens), prices, undefined)).toBe(nanos);
  });

  it.each([
    [1n, 1n, 0n],
    [1n, 499_999n, 0n],
    [1n, 500_000n, 1n],
    [3n, 500_000n, 2n],
    [1_000_001n, 1n, 1n],
  ])("is rounded half up, once: %s tokens at %s", (inputTokens, input, nanos) => {
    expect(costOfUsage(usage({ inputTokens }), { input }, undefined)).toBe(nanos);
  });

  it("knows free tokens from tokens of no known price", () => {
    const tokens = usage({ inputTokens: 5n, outputTokens: 5n });
    expect(costOfUsage(tokens, { input: 0n, output: 0n }, undefined)).toBe(0n);
    expect(costOfUsage(tokens, { input: 0n }, undefined)).toBeUndefined();
    expect(costOfUsage(tokens, {}, undefined)).toBeUndefined();
  });

  it.each([
    ["more from the cache than there was input", { inputTokens: 5n, cacheReadTokens: 6n }],
    ["more audio than output", { outputTokens: 5n, outputAudioTokens: 6n }],
    ["audio at no price", { inputTokens: 5n, inputAudioTokens: 1n }],
    ["a number below nothing", { inputTokens: -1n }],
  ])("is not known with %s", (_, tokens) => {
    expect(costOfUsage(usage(tokens), prices, 0n)).toBeUndefined();
  });

  it("is not known above what 64 bits hold", () => {
    const tokens = usage({ outputTokens: 2n ** 62n });
    expect(costOfUsage(tokens, prices, undefined)).toBeUndefined();
  });
});

describe("audio", () => {
  const audio: ModelPrices = { ...prices, inputAudio: 7_000_000n, outputAudio: 9_000_000n };

  it("has prices of its own", () => {
    const tokens = usage({
      ...{ inputTokens: 10n, inputAudioTokens: 4n },
      ...{ outputTokens: 10n, outputAudioTokens: 1n },
    });
    expect(costOfUsage(tokens, audio, undefined)).toBe(6n * 3_000n + 28n + 9n * 15_000n + 9n);
  });

  it("is not known beside a cache: how much of it was cached is not told", () => {
    const tokens = usage({ inputTokens: 10n, inputAudioTokens: 4n, cacheReadTokens: 2n });
    expect(costOfUsage(tokens, audio, undefined)).toBeUndefined();
  });
});

describe("cache writes that last an hour", () => {
  const hourly: ModelPrices = { ...prices, cacheWriteHour: 6_000_000_000n };
  const tokens = usage({ inputTokens: 10n, cacheWriteTokens: 10n });

  it.each([
    [0n, 37_500n],
    [4n, 6n * 3_750n + 4n * 6_000n],
    [10n, 60_000n],
    [11n, undefined],
    [undefined, undefined],
  ])("of %s cost %s", (hourWrites, nanos) => {
    expect(costOfUsage(tokens, hourly, hourWrites)).toBe(nanos);
  });

  it("do not matter where all writes cost the same, nor where there are none", () => {
    expect(costOfUsage(tokens, prices, undefined)).toBe(37_500n);
    expect(costOfUsage(tokens, prices, 1n)).toBeUndefined();
    expect(costOfUsage(usage({ inputTokens: 1n }), hourly, undefined)).toBe(3_000n);
  });
});

describe("tiers", () => {
  const tiered: ModelPrices = {
    ...prices,
    tiers: [
      { aboveInputTokens: 100n, input: 6_000_000_000n, output: 30_000_000_000n },
      { aboveInputTokens: 200n, input: 9_000_000_000n },
    ],
  };

  it.each([
    [100n, 100n * 3_000n + 15_000n],
    [101n, 101n * 6_000n + 30_000n],
    [200n, 200n * 6_000n + 30_000n],
    [201n, undefined],
  ])("hold for the whole request: %s input tokens", (inputTokens, nanos) => {
    expect(costOfUsage(usage({ inputTokens, outputTokens: 1n }), tiered, undefined)).toBe(nanos);
  });

  it("count cached input, and take no price from elsewhere", () => {
    const tokens = usage({ inputTokens: 150n, cacheReadTokens: 149n });
    expect(costOfUsage(tokens, tiered, undefined)).toBeUndefined();
  });
});

const count = fc.bigInt({ min: 0n, max: 10_000_000n });
const price = fc.bigInt({ min: 0n, max: 200_000_000_000n });

const anyPrices: fc.Arbitrary<Required<TokenPrices>> = fc.record({
  ...{ input: price, output: price, cacheRead: price, cacheWrite: price },
  ...{ cacheWriteHour: price, inputAudio: price, outputAudio: price },
});

/** Usage whose numbers agree; audio or a cache, not both. */
const anyUsage: fc.Arbitrary<Usage> = fc
  .tuple(fc.boolean(), fc.array(count, { minLength: 6, maxLength: 6 }))
  .map(([isAudio, [fresh = 0n, read = 0n, written = 0n, audio = 0n, text = 0n, spoken = 0n]]) =>
    usage({
      inputTokens: fresh + (isAudio ? audio : read + written),
      cacheReadTokens: isAudio ? 0n : read,
      cacheWriteTokens: isAudio ? 0n : written,
      inputAudioTokens: isAudio ? audio : 0n,
      outputTokens: text + spoken,
      outputAudioTokens: spoken,
    }),
  );

describe("for any usage and prices, a cost", () => {
  it("is the exact sum of its parts, rounded once, and never negative", () => {
    fc.assert(
      fc.property(anyUsage, anyPrices, fc.bigInt({ min: 0n, max: 100n }), (tokens, each, share) => {
        const hourWrites = (tokens.cacheWriteTokens * share) / 100n;
        const {
          cacheReadTokens: read,
          cacheWriteTokens: written,
          inputAudioTokens: heard,
        } = tokens;
        const spoken = tokens.outputAudioTokens;
        const millionths =
          (tokens.inputTokens - read - written - heard) * each.input +
          heard * each.inputAudio +
          read * each.cacheRead +
          (written - hourWrites) * each.cacheWrite +
          hourWrites * each.cacheWriteHour +
          (tokens.outputTokens - spoken) * each.output +
          spoken * each.outputAudio;
        const nanos = costOfUsage(tokens, each, hourWrites) ?? -1n;
        expect(nanos).toBeGreaterThanOrEqual(0n);
        const tooMuch = nanos * 1_000_000n - millionths;
        expect(-500_000n < tooMuch && tooMuch <= 500_000n).toBe(true);
      }),
    );
  });

  it("does not fall as tokens rise, where tiers do not make them cheaper", () => {
    const rising = fc
      .tuple(anyPrices, count, fc.bigInt({ min: 1n, max: 5n }))
      .map(([base, above, factor]): ModelPrices => {
        const raised = Object.entries(base).map(([kind, nanos]) => [kind, nanos * factor]);
        const tier: TokenPrices = Object.fromEntries(raised);
        return { ...base, tiers: [{ aboveInputTokens: above, ...tier }] };
      });
    fc.assert(
      fc.property(anyUsage, rising, count, count, (less, each, moreInput, moreOutput) => {
        const more = create(UsageSchema, {
          ...less,
          inputTokens: less.inputTokens + moreInput,
          outputTokens: less.outputTokens + moreOutput,
        });
        const [low = 1n, high = 0n] = [less, more].map((tokens) => costOfUsage(tokens, each, 0n));
        expect(high).toBeGreaterThanOrEqual(low);
      }),
    );
  });

  it("is not known as soon as one price that is needed is not", () => {
    const kinds = fc.constantFrom<keyof TokenPrices>("input", "output", "cacheRead", "cacheWrite");
    fc.assert(
      fc.property(anyPrices, kinds, count, (each, missing, more) => {
        const tokens = usage({
          inputTokens: 3n + more,
          cacheReadTokens: 1n,
          cacheWriteTokens: 1n,
          outputTokens: 1n,
        });
        const { [missing]: _, ...rest } = each;
        expect(costOfUsage(tokens, each, 0n)).toBeDefined();
        expect(costOfUsage(tokens, rest, 0n)).toBeUndefined();
      }),
    );
  });
});
