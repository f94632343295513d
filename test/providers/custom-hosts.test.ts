// Proves what known hosts of Custom are asked in words of their own, and how they are read:
// thinking that must come back, beginnings of answers, sources of searches, streams without their
// last mark.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect } from "../../src/contract/adapter.ts";
import { custom } from "../../src/providers/custom/index.ts";
import { chunk, partsOf } from "../support/openai-chat.ts";
import { frameOf, named, type RequestInit } from "../support/wire-under-test.ts";

type Parts = NonNullable<NonNullable<RequestInit["contents"]>[number]["parts"]>;

const context = { adapter: "custom", model: "m1" };

function chatOf(preset: string): Dialect {
  const dialect = custom.presets?.find(({ name }) => name === preset)?.dialects["openai-chat"];
  if (dialect === undefined) throw new Error(`no preset ${preset}`);
  return dialect;
}

function asked(preset: string, init: RequestInit, stream = false) {
  const contents = [{ role: Role.USER, message: "Hi" }];
  const request = create(LLMRequestSchema, { contents, ...init });
  const wire = chatOf(preset).encode({ request, ...context, stream, requestId: "" });
  const { messages, model: _, ...knobs } = JSON.parse(wire.body);
  return { messages, knobs, warnings: wire.warnings.map(named) };
}

function streamed(preset: string, payloads: readonly (JsonObject | string)[]) {
  const decoder = chatOf(preset).createDecoder(context);
  const events = payloads.flatMap((payload) => decoder.push(frameOf(payload)));
  const { end } = decoder.end();
  return { events, kind: end.kind, response: end.kind === "truncated" ? undefined : end.response };
}

const text = (value: string) => ({ kind: { case: "text", value: { text: value } } }) as const;
const thought = (value: string, adapter = "custom") =>
  ({ kind: { case: "thinking", value: { text: value, adapter } } }) as const;
const call = (id: string) =>
  ({ kind: { case: "toolCall", value: { id, name: "f", arguments: "{}" } } }) as const;
const said: Parts = [text("ok")];
const result = (toolCallId: string) =>
  ({ kind: { case: "toolResult", value: { toolCallId, parts: said } } }) as const;

describe.each(["deepseek", "moonshot"])("thinking beside calls at %s", (preset) => {
  const turns = (...first: Parts) => [
    { role: Role.ASSISTANT, parts: first },
    { role: Role.TOOL, parts: [result("a")] },
    { role: Role.ASSISTANT, parts: [thought("Foreign.", "openai"), call("b")] },
    { role: Role.TOOL, parts: [result("b")] },
  ];

  it("comes back, and is said to be empty where it is another's", () => {
    const contents = turns(thought("Hm."), text("I look."), call("a"));
    const { messages, warnings } = asked(preset, { contents });
    expect(messages).toMatchObject([
      { role: "assistant", content: "I look.", reasoning_content: "Hm." },
      { role: "tool" },
      { role: "assistant", reasoning_content: "" },
      { role: "tool" },
    ]);
    expect(warnings).toEqual(["DROPPED contents[2].parts[0]"]);
  });

  it("is not spoken of where there is none", () => {
    const { messages } = asked(preset, { contents: turns(call("a")) });
    for (const message of messages) expect(message).not.toHaveProperty("reasoning_content");
  });

  it("can be turned off", () => {
    expect(asked(preset, { thinking: { effort: "none" } }).knobs).toEqual({
      thinking: { type: "disabled" },
    });
    expect(asked(preset, { thinking: { effort: "high" } }).knobs).toEqual({
      reasoning_effort: "high",
    });
  });
});

describe("the beginning of an answer", () => {
  it.each([
    ["deepseek", "prefix"],
    ["moonshot", "partial"],
  ])("is marked on the message at %s by %s", (preset, mark) => {
    const part = { ...text("```"), providerOptions: { custom: { [mark]: true } } };
    const contents = [
      { role: Role.USER, message: "Write code." },
      { role: Role.ASSISTANT, parts: [part] },
    ];
    const { messages } = asked(preset, { contents });
    expect(messages[1]).toEqual({ role: "assistant", content: "```", [mark]: true });
  });
});

describe("knobs", () => {
  it.each([
    ["alibaba", { thinking: { effort: "none" } }, { enable_thinking: false }, []],
    ["zai", { stopSequences: ["a", "b"] }, { stop: ["a"] }, ["DROPPED stop_sequences[1]"]],
    ["xai", { topK: 3, endUserId: "u1" }, { user: "u1" }, ["DROPPED top_k"]],
    ["perplexity", { topK: 3, maxOutputTokens: 9 }, { top_k: 3, max_tokens: 9 }, []],
    ["snowflake", { maxOutputTokens: 9 }, { max_completion_tokens: 9 }, []],
    ["openrouter", { thinking: { effort: "low" } }, { reasoning: { effort: "low" } }, []],
    ["cohere", { metadata: { a: "b" } }, {}, ["DROPPED metadata"]],
  ])("of %s are its own", (preset, init, knobs, warnings) => {
    const sent = asked(preset, init);
    expect(sent.knobs).toEqual(knobs);
    expect(sent.warnings).toEqual(warnings);
  });

  it("ask for usage in streams but where it comes unasked", () => {
    expect(asked("xai", {}, true).knobs).toEqual({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(asked("perplexity", {}, true).knobs).toEqual({ stream: true });
  });

  it("mark the prompt for the cache where a gateway passes marks on", () => {
    const contents = [{ role: Role.USER, parts: [{ ...text("long"), cache: {} }] }];
    expect(asked("vercel-gateway", { contents }).messages[0].content).toEqual([
      { type: "text", text: "long", cache_control: { type: "ephemeral" } },
    ]);
  });
});

const results = [
  { title: "One", url: "https://one.example", date: "2026-01-01", snippet: "…" },
  { title: "Two", url: "https://two.example" },
];
const urls = ["https://one.example", "https://two.example"];

function citationsOf(response: ReturnType<Dialect["decode"]> | undefined) {
  return (response?.content?.parts ?? []).flatMap(({ kind }) =>
    kind.case === "text" ? kind.value.citations : [],
  );
}

describe("sources of searches", () => {
  it("are citations of a whole answer, whatever empty delta stands beside it", () => {
    const choice = {
      index: 0,
      finish_reason: "stop",
      message: { role: "assistant", content: "Yes[1]." },
      delta: { role: "assistant", content: "", mood: "good" },
    };
    const body = { id: "c1", model: "sonar", choices: [choice], citations: urls };
    const response = chatOf("perplexity").decode({ ...body, search_results: results }, context);
    expect(partsOf(response)).toEqual([["text", "Yes[1]."]]);
    expect(citationsOf(response)).toMatchObject([
      { type: "search_result", title: "One", url: urls[0] },
      { type: "search_result", title: "Two", url: urls[1] },
    ]);
    expect(JSON.parse(citationsOf(response)[0]?.json ?? "")).toMatchObject(results[0] ?? {});
    expect(response.providerMetadata).toEqual({ citations: urls, message: { mood: "good" } });
  });

  it("are told once by a stream that repeats them, and ends without its last mark", () => {
    const sources = { citations: urls, search_results: results };
    const { response, kind, events } = streamed("perplexity", [
      { ...chunk({ role: "assistant", content: "Yes" }), ...sources },
      { ...chunk({ content: "[1]." }), ...sources },
      { ...chunk({}, "stop"), ...sources },
    ]);
    expect(kind).toBe("logical");
    expect(partsOf(response)).toEqual([["text", "Yes[1]."]]);
    expect(citationsOf(response)).toHaveLength(2);
    expect(events.filter((event) => event.case === "partStarted")).toHaveLength(1);
  });

  it("may come after the end of the text, as plain addresses", () => {
    const { response, kind } = streamed("xai", [
      chunk({ content: "Yes" }),
      chunk({}, "stop"),
      { id: "c1", choices: [], citations: urls },
      "[DONE]",
    ]);
    expect(kind).toBe("complete");
    expect(citationsOf(response)).toMatchObject(urls.map((url) => ({ type: "citation", url })));
  });

  it("are kept where they have another form, or no text to be of", () => {
    const odd = { search_results: ["a"], citations: [1] };
    const whole = chatOf("xai").decode(
      { choices: [{ finish_reason: "stop", message: { content: "a" } }], ...odd },
      context,
    );
    expect(whole.providerMetadata).toEqual(odd);
    const silent = streamed("xai", [
      { ...chunk({}, "stop"), citations: urls.slice(0, 1) },
      "[DONE]",
    ]);
    expect(silent.response?.providerMetadata).toMatchObject({
      message: { annotations: [{ type: "citation", url: urls[0] }] },
    });
  });
});

describe("usage", () => {
  it("of xAI has thinking beside the output, which the contract has in it", () => {
    const usage = {
      prompt_tokens: 390,
      completion_tokens: 26,
      total_tokens: 513,
      completion_tokens_details: { reasoning_tokens: 97 },
    };
    const body = { choices: [{ finish_reason: "stop", message: { content: "a" } }], usage };
    expect(chatOf("xai").decode(body, context).usage).toMatchObject({
      inputTokens: 390n,
      outputTokens: 123n,
      reasoningTokens: 97n,
    });
  });

  it("of DeepSeek names what was cached in its own way", () => {
    const usage = { prompt_tokens: 20, completion_tokens: 1, prompt_cache_hit_tokens: 12 };
    const body = { choices: [{ finish_reason: "stop", message: { content: "a" } }], usage };
    expect(chatOf("deepseek").decode(body, context).usage).toMatchObject({
      inputTokens: 20n,
      cacheReadTokens: 12n,
    });
  });
});
