// Proves that a request is held to the comments of the contract: names of models, sampling, stop
// sequences, labels and provider options (V01 to V07, V12, V15, V16, V25), that all violations come
// at once, and that the check is fast and linear.
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  CountTokensRequestSchema,
  ListModelsRequestSchema,
  ResolveModelRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { CallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Modality, Role, type ToolChoiceMode } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ResumePolicy } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { validateCall, validateList, validateResolve } from "../../src/rpc/validate.ts";
import {
  type RequestInit,
  refusal,
  refusalOf,
  requestWith,
  wrongFields,
} from "../support/violations.ts";

const surrogate = "half \ud800 pair";

describe("names of models", () => {
  it.each([
    "gpt-5",
    "ft:gpt-4o:org",
    "openai/gpt-5",
    "anthropic:claude-sonnet-5",
    "meta-llama/Llama-3",
    "accounts/fireworks/models/llama-v3p1-8b-instruct",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-3",
    "claude-3@20240229",
    "text-bison@001",
    "claude-opus-4@default",
    "@cf/meta/llama-3.1-8b-instruct",
    "@hf/nexusflow/starling-lm-7b-beta",
    "qwen2.5-coder:7b-instruct-q4_K_M",
    // Look-alikes and bidirectional marks are no violation: no rule matches them (V04).
    "gpt\u20114",
    "\u202egpt-5",
    "x".repeat(256),
  ])("takes %j", (model) => {
    expect(wrongFields({ model })).toEqual([]);
  });

  it.each([
    "",
    "x".repeat(257),
    "x".repeat(10_240),
    "gpt\n5",
    "gpt\u00005",
    "gpt\u00855",
    "../secrets",
    "a..b",
    "a#b",
    "a?b=c",
    "a%2fb",
    "a\\b",
    "@slug/gpt-5",
    "@cf/",
    "@cf/@evil.example",
    "x/@cf/meta/llama-3",
    "gpt-4@evil.example",
    "a@1@2",
    "/gpt-5",
    "openai/",
    "openai//gpt-5",
    "openai/./gpt-5",
    " gpt-5",
    surrogate,
  ])("refuses %j", (model) => {
    const error = refusalOf(requestWith({ model }));
    expect(error?.reason).toBe("INVALID_REQUEST");
    expect(error?.fields.violations?.map(({ field }) => field)).toEqual(["request.model"]);
    expect(error?.message.length).toBeLessThan(200);
  });
});

describe("knobs", () => {
  const cases: readonly [
    keyof RequestInit & string,
    string,
    readonly number[],
    readonly number[],
  ][] = [
    ["maxOutputTokens", "max_output_tokens", [1, 2_147_483_647], [0, -1]],
    ["temperature", "temperature", [0, 1.5, 2], [-1, 2.01, 3, Number.NaN, Infinity, -Infinity]],
    ["topP", "top_p", [0, 1], [-0.1, 1.1, Number.NaN]],
    ["topK", "top_k", [1, 40], [0, -3]],
    ["presencePenalty", "presence_penalty", [-2, 2], [-2.1, Infinity]],
    ["frequencyPenalty", "frequency_penalty", [-2, 2], [2.1, Number.NaN]],
  ];
  it.each(cases)("%s", (name, field, good, bad) => {
    for (const value of good) expect(wrongFields({ [name]: value })).toEqual([]);
    for (const value of bad) expect(wrongFields({ [name]: value })).toEqual([`request.${field}`]);
  });

  it.each<[string, RequestInit, readonly string[]]>([
    ["an empty stop", { stopSequences: ["a", ""] }, ["request.stop_sequences[1]"]],
    ["65 stops", { stopSequences: new Array(65).fill("a") }, ["request.stop_sequences"]],
    ["half a pair in a stop", { stopSequences: [surrogate] }, ["request.stop_sequences[0]"]],
    ["an unsaid modality", { modalities: [Modality.UNSPECIFIED] }, ["request.modalities[0]"]],
    ["a long user id", { endUserId: "x".repeat(513) }, ["request.end_user_id"]],
    ["a negative budget", { thinking: { budgetTokens: -1n } }, ["request.thinking.budget_tokens"]],
    ["a label named __proto__", { metadata: { ["__proto__"]: "x" } }, ["request.metadata"]],
    ["an empty label", { metadata: { "": "x" } }, ["request.metadata"]],
    ["half a pair in a label", { metadata: { a: surrogate } }, ['request.metadata["a"]']],
    [
      "options that are no object",
      { providerOptions: { openai: 1 } },
      ["request.provider_options"],
    ],
    [
      "an infinite number in options",
      { providerOptions: { openai: { x: [Infinity] } } },
      ["request.provider_options"],
    ],
    [
      "__proto__ in options",
      { providerOptions: JSON.parse('{"openai":{"a":{"__proto__":1}}}') },
      ["request.provider_options"],
    ],
  ])("refuses %s", (_, fields, wrong) => {
    expect(wrongFields(fields)).toEqual(wrong);
  });

  it("refuses 65 labels and takes 64", () => {
    const labels = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));
    expect(wrongFields({ metadata: labels(64) })).toEqual([]);
    expect(wrongFields({ metadata: labels(65) })).toEqual(["request.metadata"]);
  });

  it("takes options as deep as the limit and no deeper", () => {
    const nested = (depth: number): object => (depth === 0 ? {} : { a: nested(depth - 1) });
    const options = (depth: number): RequestInit => ({
      providerOptions: { openai: nested(depth - 2) } as never,
    });
    expect(wrongFields(options(64))).toEqual([]);
    expect(wrongFields(options(65))).toEqual(["request.provider_options"]);
    expect(wrongFields(options(9), { jsonDepth: 8 })).toEqual(["request.provider_options"]);
  });

  it("takes what a newer client may send where it can be left out", () => {
    const error = refusalOf({
      ...requestWith({ modalities: [99 as Modality], toolChoice: { mode: 99 as ToolChoiceMode } }),
      streamOptions: { resume: 99 as ResumePolicy },
    });
    expect(error).toBeUndefined();
    expect(wrongFields({ responseFormat: {}, toolChoice: {}, thinking: {} })).toEqual([]);
  });
});

describe("the whole request", () => {
  it("names everything that is wrong at once, the first in the message", () => {
    const error = refusalOf({
      request: { model: "", contents: [{ role: Role.UNSPECIFIED, message: "x" }], temperature: 3 },
      options: { retry: { maxAttempts: 9 } },
      streamOptions: { heartbeatInterval: { seconds: 0n, nanos: 1 } },
    });
    expect(error?.message).toBe("request.model: is required (and 4 more)");
    expect(error?.status).toBe("INVALID_ARGUMENT");
    expect(error?.fields.violations?.map(({ field }) => field)).toEqual([
      "request.model",
      "request.contents[0].role",
      "request.temperature",
      "options.retry.max_attempts",
      "stream_options.heartbeat_interval",
    ]);
  });

  it("names 32 violations at most, and stops there", () => {
    const parts = Array.from({ length: 4096 }, () => ({}));
    const error = refusalOf(requestWith({ contents: [{ role: Role.USER, parts }] }));
    expect(error?.fields.violations).toHaveLength(32);
  });

  it("asks for a request, in every method that has one", () => {
    for (const schema of [CallRequestSchema, CountTokensRequestSchema] as const) {
      const error = refusal(() => validateCall(create(schema), defaultLimits));
      expect(error?.fields.violations).toEqual([{ field: "request", description: "is required" }]);
    }
  });

  it("checks questions about models", () => {
    const resolve = create(ResolveModelRequestSchema, { model: "a..b", options: { target: "\n" } });
    const violations = refusal(() => validateResolve(resolve, defaultLimits))?.fields.violations;
    expect(violations?.map(({ field }) => field)).toEqual(["model", "options.target"]);
    const list = create(ListModelsRequestSchema, { pageSize: -1, pageToken: "x".repeat(1025) });
    const wrong = refusal(() => validateList(list))?.fields.violations;
    expect(wrong?.map(({ field }) => field)).toEqual(["page_size", "page_token"]);
    expect(refusal(() => validateList(create(ListModelsRequestSchema)))).toBeUndefined();
  });
});

describe("cost", () => {
  function bestMs(run: () => void): number {
    const timesMs = Array.from({ length: 20 }, () => {
      const startMs = performance.now();
      run();
      return performance.now() - startMs;
    });
    return Math.min(...timesMs);
  }

  it("is some microseconds for a plain request", () => {
    const plain = create(CallRequestSchema, requestWith({ temperature: 0.5 }));
    const count = 2_000;
    const ms = bestMs(() => {
      for (let index = 0; index < count; index += 1) validateCall(plain, defaultLimits);
    });
    // Measured: under 2 µs. The bound leaves room for a machine under load.
    expect((ms * 1000) / count).toBeLessThan(20);
  });

  it("grows with the size of the request and not with its square", () => {
    const conversation = (turns: number): RequestInit => ({
      contents: Array.from({ length: turns }, (_, index) => ({
        role: index % 2 === 0 ? Role.USER : Role.ASSISTANT,
        parts: [{ kind: { case: "text", value: { text: `turn ${index} `.repeat(20) } } }],
      })),
    });
    const small = create(CallRequestSchema, requestWith(conversation(400)));
    const large = create(CallRequestSchema, requestWith(conversation(4_000)));
    const smallMs = bestMs(() => validateCall(small, defaultLimits));
    const largeMs = bestMs(() => validateCall(large, defaultLimits));
    expect(largeMs).toBeLessThan(smallMs * 40 + 1);
  });

  it("refuses a name of 10 KiB without reading it again and again", () => {
    const long = create(CallRequestSchema, requestWith({ model: "../".repeat(3_500) }));
    expect(bestMs(() => refusal(() => validateCall(long, defaultLimits)))).toBeLessThan(5);
  });
});
