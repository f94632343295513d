// Proves that tokens follow the contract's identity whichever way a server counts (input with what
// was cached, output with thinking), and that numbers which cannot be used are left to the
// estimate.

import type { JsonValue } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { UsageSource } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { decodeChoice } from "../../support/openai-chat.ts";

function usageOf(usage: unknown) {
  const response = decodeChoice({ message: { content: "x" } }, { usage: usage as JsonValue });
  return { usage: response.usage, rest: response.providerMetadata?.usage };
}

const counts = { prompt_tokens: 100, completion_tokens: 40, total_tokens: 140 };

describe("usage", () => {
  it("of an answer without a word may leave out its zero", () => {
    expect(usageOf({ prompt_tokens: 9, total_tokens: 9 }).usage).toMatchObject({
      inputTokens: 9n,
      outputTokens: 0n,
    });
    expect(usageOf({ prompt_tokens: 9, total_tokens: 12 }).usage).toBeUndefined();
  });

  it("is read with all its parts", () => {
    const { usage, rest } = usageOf({
      ...counts,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 20, audio_tokens: 5 },
      completion_tokens_details: {
        reasoning_tokens: 30,
        audio_tokens: 2,
        accepted_prediction_tokens: 3,
        rejected_prediction_tokens: 0,
      },
    });
    expect(usage).toMatchObject({
      inputTokens: 100n,
      outputTokens: 40n,
      cacheReadTokens: 60n,
      cacheWriteTokens: 20n,
      reasoningTokens: 30n,
      inputAudioTokens: 5n,
      outputAudioTokens: 2n,
      source: UsageSource.REPORTED,
    });
    expect(rest).toEqual({
      total_tokens: 140,
      completion_tokens_details: { accepted_prediction_tokens: 3 },
    });
  });

  it.each([
    ["prompt_cache_hit_tokens"],
    ["cache_read_input_tokens"],
    ["cached_tokens"],
    ["num_cached_tokens"],
  ])("knows %s as tokens read from a cache", (member) => {
    expect(usageOf({ ...counts, [member]: 7 }).usage).toMatchObject({
      inputTokens: 100n,
      cacheReadTokens: 7n,
    });
  });

  it("adds thinking that was counted apart, and keeps the server's own numbers", () => {
    const raw = {
      prompt_tokens: 100,
      completion_tokens: 40,
      total_tokens: 170,
      completion_tokens_details: { reasoning_tokens: 30 },
    };
    const { usage, rest } = usageOf(raw);
    expect(usage).toMatchObject({ outputTokens: 70n, reasoningTokens: 30n });
    expect(rest).toEqual({ prompt_tokens: 100, completion_tokens: 40, total_tokens: 170 });
    const hidden = { ...counts, completion_tokens_details: { reasoning_tokens: 90 } };
    expect(usageOf(hidden).usage).toMatchObject({ outputTokens: 130n, reasoningTokens: 90n });
  });

  it("takes thinking that another tokenizer counted a little higher as all of the output", () => {
    const raw = { ...counts, completion_tokens_details: { reasoning_tokens: 42 } };
    expect(usageOf(raw).usage).toMatchObject({ outputTokens: 40n, reasoningTokens: 40n });
  });

  it("adds cached and spoken input that were counted apart", () => {
    const cached = { ...counts, prompt_tokens_details: { cached_tokens: 150 } };
    expect(usageOf(cached).usage).toMatchObject({ inputTokens: 250n, cacheReadTokens: 150n });
    const spoken = { ...counts, total_tokens: 515, prompt_tokens_details: { audio_tokens: 375 } };
    expect(usageOf(spoken).usage).toMatchObject({ inputTokens: 475n, inputAudioTokens: 375n });
  });

  it("reads numbers in text", () => {
    const { usage } = usageOf({ prompt_tokens: "12", completion_tokens: "3" });
    expect(usage).toMatchObject({ inputTokens: 12n, outputTokens: 3n });
  });

  it.each([
    [undefined],
    [null],
    ["many"],
    [{}],
    [{ prompt_tokens: 5 }],
    [{ prompt_tokens: null, completion_tokens: null }],
    [{ prompt_tokens: -1, completion_tokens: 2 }],
    [{ prompt_tokens: 5, completion_tokens: "?" }],
    [{ prompt_tokens: 1e300, completion_tokens: 2 }],
  ])("%j is left to the estimate", (raw) => {
    expect(usageOf(raw).usage).toBeUndefined();
  });

  it("keeps what it cannot use", () => {
    expect(usageOf({ prompt_tokens: -1, cost: 0.5, zero: 0 }).rest).toEqual({
      prompt_tokens: -1,
      cost: 0.5,
    });
  });

  property.prop([
    fc.record({
      prompt_tokens: fc.jsonValue(),
      completion_tokens: fc.nat(),
      total_tokens: fc.oneof(fc.nat(), fc.jsonValue()),
      prompt_tokens_details: fc.oneof(
        fc.record({
          cached_tokens: fc.nat(),
          cache_write_tokens: fc.nat(),
          audio_tokens: fc.nat(),
        }),
        fc.jsonValue(),
      ),
      completion_tokens_details: fc.oneof(
        fc.record({ reasoning_tokens: fc.nat() }),
        fc.jsonValue(),
      ),
    }),
  ])("holds the identity for any numbers", (raw) => {
    const { usage } = usageOf(raw);
    if (usage === undefined) return;
    expect(usage.inputTokens).toBeGreaterThanOrEqual(
      usage.cacheReadTokens + usage.cacheWriteTokens,
    );
    expect(usage.outputTokens).toBeGreaterThanOrEqual(usage.reasoningTokens);
  });
});
