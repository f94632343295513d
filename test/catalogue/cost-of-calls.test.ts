// Proves what answers say of their cost, whole and at the end of a stream alike: known by the
// prices of the place that answered, and unknown, never 0, wherever something speaks against those
// prices.
import { describe, expect, it } from "vitest";
import type { ProviderModels } from "../../src/contract/adapter.ts";
import { adapterOf, costsOf, type PricedCall } from "./priced-calls.ts";

/** The cost that both ways of calling tell. Unset: both say that it is not known, and no number. */
async function costOf(call: PricedCall): Promise<bigint | undefined> {
  const { unary, stream } = await costsOf(call);
  expect(stream).toEqual(unary);
  if (unary.known) expect(unary.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
  else expect([unary.amountNanos, unary.asOf]).toEqual([0n, ""]);
  return unary.known ? unary.amountNanos : undefined;
}

const chatUsage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
const chat: PricedCall = {
  adapter: "openai",
  model: "gpt-4o",
  answer: { model: "gpt-4o-2024-08-06", usage: chatUsage },
};
const chatCost = 1000n * 2_500n + 100n * 10_000n;

const claudeUsage = { input_tokens: 1000, output_tokens: 100 };
const claude: PricedCall = {
  adapter: "anthropic",
  model: "claude-sonnet-5",
  answer: { model: "claude-sonnet-5", usage: claudeUsage },
};
const claudeCost = 1000n * 2_000n + 100n * 10_000n;

function answered(call: PricedCall, answer: Partial<PricedCall["answer"]>): PricedCall {
  return { ...call, answer: { ...call.answer, ...answer } };
}

describe("a call", () => {
  it("costs its tokens", async () => {
    expect(await costOf(chat)).toBe(chatCost);
    expect(await costOf(claude)).toBe(claudeCost);
  });

  it("costs less for what came from the cache, and more for what went there", async () => {
    const usage = {
      ...chatUsage,
      prompt_tokens_details: { cached_tokens: 400 },
      completion_tokens_details: { reasoning_tokens: 60 },
    };
    expect(await costOf(answered(chat, { usage }))).toBe(chatCost - 400n * 1_250n);
    const cached = {
      ...claudeUsage,
      cache_read_input_tokens: 500,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
    };
    const more = 500n * 200n + 200n * 2_500n + 100n * 4_000n;
    expect(await costOf(answered(claude, { usage: cached }))).toBe(claudeCost + more);
  });

  it("costs more above a size of input", async () => {
    const usage = { input_tokens: 100_001, output_tokens: 10 };
    const call = { ...claude, model: "claude-haiku-5-5" };
    const large = answered(call, { model: "claude-haiku-5-5", usage });
    expect(await costOf(large)).toBe(100_001n * 500n + 10n * 2_500n);
  });

  it("does not tell the cost of tokens that nobody counted", async () => {
    const { usage: _, ...answer } = chat.answer;
    expect(await costOf({ ...chat, answer })).toBeUndefined();
  });
});

describe("names", () => {
  it.each([
    ["an own name beats what is reported and not known", "gpt-4o", "gpt-4o-2031-01-01", chatCost],
    ["an alias counts where it is reported", "gpt-4o-2024-11-20", "gpt-4o-2024-11-20", chatCost],
    ["an alias counts where its model is reported", "gpt-4o-2024-11-20", "gpt-4o", chatCost],
    ["case does not", "GPT-4o", "GPT-4O", chatCost],
    ["what is reported counts where the sent name is not known", "gpt-next", "gpt-4o", chatCost],
    [
      "an alias that has moved on says nothing",
      "gpt-4o-2024-11-20",
      "gpt-4o-2031-01-01",
      undefined,
    ],
    ["a date is not taken off", "gpt-4o-2031-01-01", "gpt-4o-2031-01-01", undefined],
    ["nothing is known of either", "gpt-next", "gpt-next-2", undefined],
    ["both are known at different prices", "gpt-4o", "gpt-4o-mini", undefined],
    ["a model is reported that has no price", "gpt-4o", "o1-mini", undefined],
  ])("%s: %s sent, %s reported", async (_, model, reported, nanos) => {
    expect(await costOf(answered({ ...chat, model }, { model: reported }))).toBe(nanos);
  });
});

describe("places", () => {
  const azure = { host: "azure" } as const;
  const own: ProviderModels = {
    provider: "openai",
    models: [{ name: "gpt-4o", pricesAt: { azure: { input: 1_000_000n, output: 0n } } }],
  };

  it("have prices of their own, or none", async () => {
    expect(await costOf({ ...chat, target: azure })).toBeUndefined();
    expect(await costOf({ ...chat, target: azure, models: [own] })).toBe(1000n);
    expect(await costOf({ ...chat, models: [own] })).toBe(chatCost);
  });

  it("that are presets cost what that host asks, and a server of one's own is not known", async () => {
    const groq: PricedCall = {
      adapter: "llama",
      model: "openai/gpt-oss-20b",
      answer: { model: "openai/gpt-oss-20b", usage: chatUsage },
      target: { preset: "groq" },
    };
    expect(await costOf(groq)).toBe(1000n * 75n + 100n * 300n);
    expect(await costOf({ ...groq, target: { preset: "ollama" } })).toBeUndefined();
    expect(await costOf({ ...groq, target: {} })).toBeUndefined();
    expect(adapterOf("llama").presets?.map(({ name }) => name)).toContain("groq");
  });

  it("that are simulated cost nothing that could be told", async () => {
    expect(await costOf({ ...chat, target: { simulated: true } })).toBeUndefined();
  });
});

describe("an operator's prices", () => {
  const of = (models: ProviderModels["models"]) => [{ provider: "openai", models }];

  it("replace the built-in ones, and add models", async () => {
    const gpt4o = {
      name: "GPT-4o",
      prices: { input: 1_000_000_000n, output: 0n },
      asOf: "2026-11-22",
    };
    const mine = { name: "gpt-mine", prices: { input: 0n, output: 0n }, asOf: "2026-11-22" };
    const models = of([gpt4o, mine]);
    expect(await costOf({ ...chat, models })).toBe(1_000_000n);
    const own = answered({ ...chat, model: "gpt-mine", models }, { model: "gpt-mine" });
    expect(await costOf(own)).toBe(0n);
  });

  it("end on their last day", async () => {
    const until = { input: 0n, output: 0n, until: "2026-11-23" };
    const models = of([{ name: "gpt-4o", prices: until }]);
    expect(await costOf({ ...chat, models, today: "2026-11-23" })).toBe(0n);
    expect(await costOf({ ...chat, models, today: "2026-11-24" })).toBeUndefined();
  });
});

describe("prices do not hold", () => {
  const flex = { service_tier: "flex" };
  const ttl = { ttl: { seconds: 3600n } };
  const written = { ...claudeUsage, cache_creation_input_tokens: 10 };
  const block = { type: "house_block", value: 1 };

  it.each<[string, PricedCall]>([
    [
      "for another tier that was asked for",
      { ...chat, request: { providerOptions: { openai: flex } } },
    ],
    ["for another tier that the target asks for", { ...chat, target: { body: flex } }],
    ["for another tier that answered", answered(chat, { more: flex })],
    ["for faster answers", answered(claude, { usage: { ...claudeUsage, speed: "fast" } })],
    [
      "where tools of the provider ran",
      answered(claude, { usage: { ...claudeUsage, server_tool_use: { web_search_requests: 1 } } }),
    ],
    ["where the provider did what only it knows", answered(claude, { content: [block] })],
    [
      "where a cache for an hour was asked for, and not told what was written",
      {
        ...answered(claude, { usage: written }),
        request: {
          contents: [
            { role: 2, parts: [{ kind: { case: "text", value: { text: "Hi" } }, cache: ttl }] },
          ],
        },
      },
    ],
    [
      "for audio of no known price",
      answered(chat, { usage: { ...chatUsage, prompt_tokens_details: { audio_tokens: 5 } } }),
    ],
  ])("%s", async (_, call) => {
    expect(await costOf(call)).toBeUndefined();
  });

  it("but hold for the tier that is usual, and for caches of five minutes", async () => {
    const standard = { ...claudeUsage, service_tier: "standard", inference_geo: "not_available" };
    expect(await costOf(answered(claude, { usage: standard }))).toBe(claudeCost);
    const auto = { ...chat, request: { providerOptions: { openai: { service_tier: "auto" } } } };
    expect(await costOf(answered(auto, { more: { service_tier: "default" } }))).toBe(chatCost);
    expect(await costOf(answered(claude, { usage: written }))).toBe(claudeCost + 10n * 2_500n);
  });
});
