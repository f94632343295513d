// Proves what each generation of models is sent: its maximum of tokens, sampling, ways to think;
// and that whatever is left out, changed or filled in is told in a warning.
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { modelTraits } from "../../../src/dialects/anthropic-messages/model-traits.ts";
import { part } from "../../support/parts.ts";
import { send } from "./support.ts";

describe("max_tokens", () => {
  it.each([
    ["claude-fable-5", 128_000],
    ["claude-opus-5-5", 128_000],
    ["claude-sonnet-5", 128_000],
    ["claude-opus-4-6", 128_000],
    ["claude-haiku-5-5", 64_000],
    ["claude-novel-7", 64_000],
    ["claude-sonnet-4-5-20250929", 64_000],
    ["eu.anthropic.claude-haiku-4-5-20251001-v1:0", 64_000],
    ["claude-opus-4-1", 32_000],
    ["claude-opus-4@20250514", 32_000],
    ["claude-3-7-sonnet-20250219", 64_000],
    ["claude-3.5-sonnet", 8_192],
    ["claude-3-haiku-20240307", 4_096],
    ["claude-instant-1.2", 4_096],
    ["anthropic.claude-v2:1", 4_096],
    ["anthropic.claude-v2", 4_096],
    ["llama3.2:3b", 4_096],
  ])("is the maximum of %s where none is given: %i", (model, maximum) => {
    const { body, warnings } = send({ maxOutputTokens: undefined }, { model });
    expect(body.max_tokens).toBe(maximum);
    expect(warnings).toEqual(["DEFAULTED max_output_tokens"]);
  });

  it("may come with the provider's options", () => {
    const { body, warnings } = send({
      maxOutputTokens: undefined,
      providerOptions: { anthropic: { max_tokens: 9 } },
    });
    expect(body.max_tokens).toBe(9);
    expect(warnings).toEqual([]);
  });
});

describe("sampling", () => {
  it.each(["claude-opus-4-7", "claude-opus-4-8", "claude-sonnet-5", "claude-fable-5-1"])(
    "is not sent to %s",
    (model) => {
      const { body, warnings } = send({ temperature: 1, topP: 0.9, topK: 5 }, { model });
      expect(Object.keys(body)).toEqual(["model", "messages", "max_tokens"]);
      expect(warnings).toEqual(["DROPPED temperature", "DROPPED top_p", "DROPPED top_k"]);
    },
  );

  it.each([
    ["claude-opus-4-1", false],
    ["claude-sonnet-4-5", false],
    ["claude-sonnet-4-0", true],
    ["claude-3-opus-20240229", true],
    ["qwen3:8b", true],
  ])("of both kinds goes to %s: %s", (model, both) => {
    const { body, warnings } = send({ temperature: 0.2, topP: 0.9 }, { model });
    expect(body.temperature).toBe(0.2);
    expect("top_p" in body).toBe(both);
    expect(warnings).toEqual(both ? [] : ["DROPPED top_p"]);
  });

  it("is not sent beside thinking, which refuses it", () => {
    const thinking = { budgetTokens: 2_000n };
    const init = { temperature: 0.2, topP: 0.5, topK: 3, thinking };
    const { body, warnings } = send(init, { model: "claude-sonnet-4-0" });
    expect(body).not.toHaveProperty("temperature");
    expect(warnings).toEqual(["DROPPED temperature", "DROPPED top_p", "DROPPED top_k"]);
    expect(send(init, { model: "qwen3:8b" }).warnings).toEqual([]);
    const allowed = { temperature: 1, topP: 0.97, thinking };
    expect(send(allowed, { model: "claude-sonnet-4-0" }).body).toMatchObject({
      temperature: 1,
      top_p: 0.97,
    });
  });
});

describe("thinking", () => {
  const off = { type: "disabled" };
  const adaptive = { type: "adaptive" };
  it.each([
    // A budget, by generation.
    [
      "claude-3-7-sonnet",
      { budgetTokens: 2_000n },
      { type: "enabled", budget_tokens: 2_000 },
      undefined,
      [],
    ],
    [
      "claude-sonnet-4-5",
      { budgetTokens: 2_000n, include: true },
      { type: "enabled", budget_tokens: 2_000, display: "summarized" },
      undefined,
      [],
    ],
    [
      "claude-opus-4-6",
      { budgetTokens: 2_000n, effort: "low" },
      { type: "enabled", budget_tokens: 2_000 },
      "low",
      [],
    ],
    [
      "claude-opus-4-7",
      { budgetTokens: 2_000n },
      adaptive,
      undefined,
      ["DROPPED thinking.budget_tokens"],
    ],
    [
      "claude-sonnet-5",
      { budgetTokens: 2_000n, effort: "max" },
      adaptive,
      "max",
      ["DROPPED thinking.budget_tokens"],
    ],
    ["claude-3-5-haiku", { budgetTokens: 2_000n }, undefined, undefined, ["DROPPED thinking"]],
    // Effort.
    ["claude-opus-4-6", { effort: "high" }, adaptive, "high", []],
    ["claude-opus-4-8", { effort: "xhigh" }, adaptive, "xhigh", []],
    ["claude-sonnet-5", { effort: "someday" }, adaptive, "someday", []],
    ["claude-opus-4-5", { effort: "medium" }, undefined, "medium", []],
    [
      "claude-sonnet-4-5",
      { effort: "low" },
      { type: "enabled", budget_tokens: 4_096 },
      undefined,
      ["CHANGED thinking.effort"],
    ],
    [
      "claude-sonnet-4-5",
      { effort: "max" },
      { type: "enabled", budget_tokens: 10_000 },
      undefined,
      ["CHANGED thinking.effort"],
    ],
    ["claude-sonnet-4-5", { effort: "odd" }, undefined, undefined, ["DROPPED thinking.effort"]],
    [
      "claude-sonnet-4-5",
      { effort: "low", budgetTokens: 5_000n },
      { type: "enabled", budget_tokens: 5_000 },
      undefined,
      ["DROPPED thinking.effort"],
    ],
    // Off.
    ["claude-sonnet-5", { effort: "none" }, off, undefined, []],
    ["claude-sonnet-4-0", { budgetTokens: 0n }, off, undefined, []],
    ["claude-opus-5", { budgetTokens: 0n, effort: "low" }, off, "low", []],
    [
      "claude-opus-5",
      { effort: "none", include: true },
      off,
      undefined,
      ["DROPPED thinking.include"],
    ],
    ["claude-fable-5", { effort: "none" }, undefined, undefined, ["DROPPED thinking"]],
    [
      "claude-opus-5-5",
      { budgetTokens: 0n, effort: "low" },
      undefined,
      "low",
      ["DROPPED thinking"],
    ],
    ["claude-3-haiku", { effort: "none" }, undefined, undefined, []],
    // Shown or not.
    [
      "claude-opus-4-7",
      { include: true },
      { type: "adaptive", display: "summarized" },
      undefined,
      [],
    ],
    ["claude-opus-4-7", { include: false }, undefined, undefined, []],
    [
      "claude-sonnet-5",
      { include: false },
      { type: "adaptive", display: "omitted" },
      undefined,
      [],
    ],
    ["claude-sonnet-4-5", { include: true }, undefined, undefined, ["DROPPED thinking.include"]],
    [
      "claude-3-7-sonnet",
      { budgetTokens: 2_000n, include: false },
      { type: "enabled", budget_tokens: 2_000 },
      undefined,
      ["DROPPED thinking.include"],
    ],
    ["claude-sonnet-5", {}, undefined, undefined, []],
    ["qwen3:8b", { effort: "high" }, adaptive, "high", []],
  ])("of %s, asked for %o", (model, thinking, sent, effort, warnings) => {
    const result = send({ thinking, maxOutputTokens: 20_000 }, { model });
    expect(result.body.thinking).toEqual(sent);
    expect(result.body.output_config).toEqual(effort && { effort });
    expect(result.warnings).toEqual(warnings);
  });

  it("is left out where the answer has too little room for a budget", () => {
    const init = { thinking: { effort: "high" }, maxOutputTokens: 1_000 };
    expect(send(init, { model: "claude-sonnet-4-5" }).warnings).toEqual([
      "DROPPED thinking.effort",
    ]);
  });
});

describe("thinking beside calls of tools", () => {
  const model = "claude-sonnet-4-5";
  const call = { id: "toolu_1", name: "look", arguments: "{}" };
  const calls = (...before: ReturnType<typeof part>[]) => [
    { role: Role.USER, message: "Look." },
    { role: Role.ASSISTANT, parts: [...before, part({ case: "toolCall", value: call })] },
    {
      role: Role.TOOL,
      parts: [part({ case: "toolResult", value: { toolCallId: "toolu_1", parts: [] } })],
    },
  ];
  const thought = part({
    case: "thinking",
    value: { text: "Hm.", signature: "sealed", adapter: "anthropic" },
  });
  const thinking = { budgetTokens: 2_000n };

  it("is asked for where the calls begin with thinking of this provider", () => {
    const { body, warnings } = send({ contents: calls(thought), thinking }, { model });
    expect([body.thinking, warnings]).toEqual([{ type: "enabled", budget_tokens: 2_000 }, []]);
  });

  it("is left out where they do not, which the API would refuse", () => {
    const { body, warnings } = send({ contents: calls(), thinking }, { model });
    expect([body.thinking, warnings]).toEqual([undefined, ["DROPPED thinking"]]);
  });
});

describe("the traits of a model", () => {
  it("do not depend on how a host writes its name", () => {
    const names = ["claude-opus-4-7", "Claude-Opus-4.7", "us.anthropic.claude-opus-4-7-v1:0"];
    for (const name of names) expect(modelTraits(name)).toBe(modelTraits("claude-opus-4-7"));
    expect(modelTraits("claude-4-5-haiku")).toBe(modelTraits("claude-haiku-4-5@20251001"));
    expect(modelTraits("claude-sonnet-4-20250514")).toBe(modelTraits("claude-sonnet-4-0"));
  });
});
