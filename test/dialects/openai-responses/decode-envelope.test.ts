// Proves that usage, time, model and everything else around the parts of an answer is read by the
// contract, whatever is missing or odd, and that nothing but echoes of the request is left out.
import type { JsonObject } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { type LLMResponse, UsageSource } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { context } from "./wire-answers.ts";

function decode(members: JsonObject): LLMResponse {
  const base = { id: "resp_1", model: "served", status: "completed", output: [] };
  return openAIResponses.decode({ ...base, ...members }, context);
}

test("usage holds every number by the contract's identity", () => {
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 },
    output_tokens: 30,
    output_tokens_details: { reasoning_tokens: 12 },
    total_tokens: 130,
  };
  const tools = { web_search: { num_requests: 2 }, image_gen: { total_tokens: 0 } };
  const response = decode({ usage, tool_usage: tools });
  expect(response.usage).toMatchObject({
    inputTokens: 100n,
    outputTokens: 30n,
    cacheReadTokens: 60n,
    cacheWriteTokens: 20n,
    reasoningTokens: 12n,
    serverToolUses: { web_search: 2n },
    source: UsageSource.REPORTED,
  });
  expect(response.providerMetadata).toEqual({ tool_usage: tools });
});

test("what usage says beyond the contract is kept", () => {
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0, image_tokens: 1 },
    output_tokens: 2,
    cost: 0.5,
    server_side_tool_usage_details: { x_search_calls: 3, web_search_calls: 0 },
  };
  const response = decode({ usage });
  expect(response.usage?.serverToolUses).toEqual({ x_search_calls: 3n });
  expect(response.providerMetadata).toEqual({
    usage: {
      cost: 0.5,
      input_tokens_details: { image_tokens: 1 },
      server_side_tool_usage_details: { x_search_calls: 3, web_search_calls: 0 },
    },
  });
});

test.each([
  ["missing", undefined],
  ["null", null],
  ["no object", 7],
  ["empty", {}],
  ["negative", { input_tokens: -1, output_tokens: 2 }],
  ["no numbers", { input_tokens: "many", output_tokens: 2 }],
  ["beyond reading", { input_tokens: 2 ** 60, output_tokens: 2 }],
])("usage that is %s is not reported, and kept as it came", (_name, usage) => {
  const response = decode(usage === undefined ? {} : { usage });
  expect(response.usage).toBeUndefined();
  expect(response.providerMetadata?.usage ?? null).toEqual(usage ?? null);
});

test("numbers in text are read", () => {
  const { usage } = decode({ usage: { input_tokens: "12", output_tokens: "3" } });
  expect(usage).toMatchObject({ inputTokens: 12n, outputTokens: 3n });
});

test("echoes of the request are left out, and everything else is kept", () => {
  const { providerMetadata, createTime, model, id } = decode({
    object: "response",
    created_at: 1_700_000_000.5,
    completed_at: 1_700_000_009,
    instructions: "Be brief.",
    tools: [{ type: "function" }],
    temperature: 1,
    metadata: { a: "b" },
    safety_identifier: "u-1",
    store: true,
    output_text: "Hi",
    service_tier: "flex",
    reasoning: { effort: "medium", summary: null },
    billing: { payer: "developer" },
    conversation: null,
    incomplete_details: { reason: null, hint: "x" },
    unheard: [1e308, { of: 1 }],
  });
  expect(providerMetadata).toEqual({
    completed_at: 1_700_000_009,
    service_tier: "flex",
    reasoning: { effort: "medium", summary: null },
    billing: { payer: "developer" },
    incomplete_details: { hint: "x" },
    unheard: [1e308, { of: 1 }],
  });
  expect(createTime).toMatchObject({ seconds: 1_700_000_000n });
  expect([id, model]).toEqual(["resp_1", "served"]);
});

test("what cannot be a time is kept as it came, and nulls say nothing", () => {
  const response = decode({ created_at: "now", reasoning: { effort: null, summary: null } });
  expect(response.createTime).toBeUndefined();
  expect(response.providerMetadata).toEqual({ created_at: "now" });
  expect(decode({ created_at: 1e300 }).providerMetadata).toEqual({ created_at: 1e300 });
  expect(decode({ created_at: 0 }).providerMetadata).toBeUndefined();
});

test("the name that was sent stands in for a model that is not told", () => {
  expect(decode({ model: null }).model).toBe(context.model);
});
