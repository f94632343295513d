// Proves that what hosts of the chat wire do not agree on is data: each rule of a host changes what
// is sent, or what is told as left out, and without the rule the body is as OpenAI takes it.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { LLMRequestSchema, MediaKind, Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { chatDialect } from "../../../src/dialects/openai-chat/dialect.ts";
import type { ChatHost } from "../../../src/dialects/openai-chat/wire.ts";
import { errorOf, named, type RequestInit } from "../../support/wire-under-test.ts";

const plain: ChatHost = {
  path: "/chat/completions",
  maxTokensMember: "max_tokens",
  stopSequencesMax: 64,
  toolIDCharactersMax: 256,
};

type Rules = Partial<ChatHost>;
type Turns = NonNullable<RequestInit["contents"]>;
type Part = NonNullable<NonNullable<Turns[number]["parts"]>[number]>;

/** What a host with these rules is sent. */
function sentTo(rules: Rules, init: RequestInit, stream = false) {
  const dialect = chatDialect({ ...plain, ...rules }, "");
  const request = create(LLMRequestSchema, {
    contents: [{ role: Role.USER, message: "Hi" }],
    ...init,
  });
  const input = { adapter: "llama", model: "m", stream, requestId: "" };
  const { body, warnings } = dialect.encode({ ...input, request });
  const { model: _, messages, ...members } = JSON.parse(body) as JsonObject;
  return { messages, members, warnings: warnings.map(named) };
}

const off = { chat_template_kwargs: { enable_thinking: false } };
const both = { effort: "high", budgetTokens: 512n };

const knobs: readonly (readonly [string, Rules, RequestInit, object, readonly string[]])[] = [
  ["top_k", {}, { topK: 40 }, {}, ["DROPPED top_k"]],
  ["top_k", { takesTopK: true }, { topK: 40 }, { top_k: 40 }, []],
  ["the end user", {}, { endUserId: "u" }, { safety_identifier: "u" }, []],
  [
    "the end user",
    { labels: { endUserMember: "user", takesMetadata: false } },
    { endUserId: "u".repeat(300), metadata: { a: "b" } },
    { user: "u".repeat(300) },
    ["DROPPED metadata"],
  ],
  [
    "the end user",
    { labels: { takesMetadata: true } },
    { endUserId: "u", metadata: { a: "b" } },
    { metadata: { a: "b" } },
    ["DROPPED end_user_id"],
  ],
  ["no thinking", {}, { thinking: { effort: "none" } }, { reasoning_effort: "none" }, []],
  ["no thinking", { thinking: { off } }, { thinking: { effort: "none" } }, off, []],
  ["no budget", { thinking: { off } }, { thinking: { budgetTokens: 0n } }, off, []],
  [
    "a level",
    { thinking: { off } },
    { thinking: { effort: "low" } },
    { reasoning_effort: "low" },
    [],
  ],
  ["shown thinking", {}, { thinking: { include: true } }, {}, ["DROPPED thinking.include"]],
  ["shown thinking", { thinking: { isShown: true } }, { thinking: { include: true } }, {}, []],
  [
    "hidden thinking",
    { thinking: { isShown: true } },
    { thinking: { include: false } },
    {},
    ["DROPPED thinking.include"],
  ],
  [
    "hidden thinking",
    { thinking: { includeMember: "include_reasoning" } },
    { thinking: { include: false } },
    { include_reasoning: false },
    [],
  ],
  [
    "a level and a budget",
    { thinking: { form: "object" } },
    { thinking: both },
    { reasoning: { effort: "high" } },
    ["DROPPED thinking.budget_tokens"],
  ],
  [
    "a budget that is not shown",
    { thinking: { form: "object" } },
    { thinking: { budgetTokens: 512n, include: false } },
    { reasoning: { max_tokens: 512, exclude: true } },
    [],
  ],
  [
    "no budget",
    { thinking: { form: "object" } },
    { thinking: { budgetTokens: 0n } },
    { reasoning: { effort: "none" } },
    [],
  ],
  ["thinking as it comes", { thinking: { form: "object" } }, { thinking: {} }, {}, []],
];

describe("a knob", () => {
  it.each(knobs)("%s goes as the host takes it: %j", (_, rules, request, members, warnings) => {
    const sent = sentTo(rules, request);
    expect(sent.members).toEqual(members);
    expect(sent.warnings).toEqual(warnings);
  });

  it("usage is asked for only where it may be", () => {
    expect(sentTo({}, {}, true).members).toEqual({
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(sentTo({ takesStreamOptions: false }, {}, true).members).toEqual({ stream: true });
  });
});

const text = (words: string, rest = {}): Part => ({
  kind: { case: "text", value: { text: words } },
  ...rest,
});
const media = (value: object): Part => ({ kind: { case: "media", value } });
const clip = media({
  kind: MediaKind.VIDEO,
  source: { case: "url", value: "https://x.example/a" },
});
const paper = media({
  kind: MediaKind.DOCUMENT,
  source: { case: "url", value: "https://x.example/a.pdf" },
});

describe("media", () => {
  it("goes where the host takes it", () => {
    const parts = [clip, paper];
    const { messages } = sentTo(
      { takesVideo: true, takesAnyDocument: true },
      { contents: [{ role: Role.USER, parts }] },
    );
    expect(messages).toEqual([
      {
        role: "user",
        content: [
          { type: "video_url", video_url: { url: "https://x.example/a" } },
          { type: "file", file: { file_data: "https://x.example/a.pdf" } },
        ],
      },
    ]);
  });

  it.each([
    ["a video", clip],
    ["a document by address", paper],
  ])("is refused where the host does not: %s", (_, part) => {
    const contents = [{ role: Role.USER, parts: [part] }];
    expect(errorOf(() => sentTo({}, { contents })).reason).toBe("UNSUPPORTED_FIELD");
  });

  it("stands in results where the host takes it there, and else behind them", () => {
    const value = { toolCallId: "c1", parts: [text("Look"), clip] };
    const contents: Turns = [{ role: Role.TOOL, parts: [{ kind: { case: "toolResult", value } }] }];
    const video = { type: "video_url", video_url: { url: "https://x.example/a" } };
    const inside = sentTo({ takesVideo: true, takesMediaInResults: true }, { contents });
    expect(inside.messages).toMatchObject([
      { role: "tool", content: [{ type: "text", text: "Look" }, video] },
    ]);
    expect(inside.warnings).toEqual([]);
    const behind = sentTo({ takesVideo: true }, { contents });
    expect(behind.messages).toMatchObject([
      { role: "tool", content: "Look" },
      { role: "user", content: [video] },
    ]);
    expect(behind.warnings).toEqual(["CHANGED contents[0].parts[0].tool_result.parts[1]"]);
  });

  it("videos by file id are refused everywhere", () => {
    const part = media({ kind: MediaKind.VIDEO, source: { case: "fileId", value: "f" } });
    const contents = [{ role: Role.USER, parts: [part] }];
    expect(errorOf(() => sentTo({ takesVideo: true }, { contents })).reason).toBe(
      "UNSUPPORTED_FIELD",
    );
  });
});

describe("marks for the cache", () => {
  const hour = { cache: { ttl: { seconds: 3600n } } };
  const call: Part = {
    kind: { case: "toolCall", value: { id: "c1", name: "f", arguments: "{}" } },
    cache: {},
  };
  const result: Part = {
    kind: { case: "toolResult", value: { toolCallId: "c1", parts: [text("1")] } },
    cache: {},
  };
  const contents: Turns = [
    { role: Role.SYSTEM, parts: [text("Long", hour)] },
    { role: Role.ASSISTANT, parts: [call] },
    { role: Role.TOOL, parts: [result] },
  ];
  const tools = [{ name: "f", cache: { ttl: { seconds: 60n } } }];

  it("stand on texts, calls, results and tools", () => {
    const { messages, members, warnings } = sentTo({ takesCacheMarks: true }, { contents, tools });
    expect(messages).toMatchObject([
      {
        content: [{ type: "text", text: "Long", cache_control: { type: "ephemeral", ttl: "1h" } }],
      },
      { tool_calls: [{ id: "c1", cache_control: { type: "ephemeral" } }] },
      { role: "tool", content: "1", cache_control: { type: "ephemeral" } },
    ]);
    expect(members.tools).toMatchObject([{ cache_control: { type: "ephemeral", ttl: "5m" } }]);
    expect(warnings).toEqual(["CHANGED tools[0].cache.ttl"]);
  });

  it("are told as left out where the host takes none, or the part can hold none", () => {
    expect(sentTo({}, { contents, tools }).warnings).toEqual([
      "DROPPED contents[0].parts[0].cache",
      "DROPPED contents[1].parts[0].cache",
      "DROPPED contents[2].parts[0].cache",
      "DROPPED tools[0].cache",
    ]);
    const refusal: Part = { kind: { case: "refusal", value: { text: "No" } }, cache: {} };
    const turns = [{ role: Role.ASSISTANT, parts: [refusal] }];
    expect(sentTo({ takesCacheMarks: true }, { contents: turns }).warnings).toEqual([
      "DROPPED contents[0].parts[0].cache",
    ]);
  });
});

describe("thinking that goes back", () => {
  const sealed = [{ type: "reasoning.encrypted", data: "abc", format: null, id: "r1", index: 0 }];
  const thought = (adapter: string, details?: JsonObject[]): Part => ({
    kind: { case: "thinking", value: { text: "Hm", adapter } },
    ...(details && { providerOptions: { llama: { reasoning_details: details } } }),
  });
  const turn = (...parts: Part[]) => ({ contents: [{ role: Role.ASSISTANT, parts }] });
  const takes: Rules = { reasoningMember: "reasoning" };
  const asObject: Rules = { ...takes, thinking: { form: "object" } };
  const lost = ["DROPPED contents[0].parts[0]"];

  const cases: readonly (readonly [string, Rules, Part, object, readonly string[]])[] = [
    ["its own", takes, thought("llama"), { reasoning: "Hm" }, []],
    ["nobody's", takes, thought(""), { reasoning: "Hm" }, []],
    ["another's", takes, thought("anthropic"), {}, lost],
    ["its own, where no host takes it", {}, thought("llama"), {}, lost],
    ["sealed", asObject, thought("llama", sealed), { reasoning_details: sealed }, []],
    ["another's, sealed", asObject, thought("openai", sealed), {}, lost],
  ];
  it.each(cases)("is the host's: %s", (_, rules, part, members, warnings) => {
    const { messages, warnings: told } = sentTo(rules, turn(part));
    expect(messages).toEqual([{ role: "assistant", content: "", ...members }]);
    expect(told).toEqual(warnings);
  });

  it("is joined, in order", () => {
    const more = [{ type: "reasoning.text", text: "So", index: 1 }];
    const { messages } = sentTo(asObject, turn(thought("llama", sealed), thought("llama", more)));
    expect(messages).toMatchObject([{ reasoning_details: [...sealed, ...more] }]);
    const texts = sentTo(takes, turn(thought("llama"), thought("llama"), text("Yes")));
    expect(texts.messages).toEqual([{ role: "assistant", content: "Yes", reasoning: "HmHm" }]);
  });
});

it("pictures that the model made go back where the host takes them", () => {
  const dialect = chatDialect(plain, "");
  const image = { image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
  const message = { role: "assistant", content: "Here", images: [image] };
  const body = { id: "1", choices: [{ index: 0, message, finish_reason: "stop" }] };
  const { content } = dialect.decode(body, { adapter: "llama", model: "m" });
  const contents = content ? [content] : [];
  const taken = sentTo({ takesImagesBack: true }, { contents });
  expect(taken.messages).toEqual([{ ...message, images: [{ type: "image_url", ...image }] }]);
  expect(taken.warnings).toEqual([]);
  const refused = sentTo({}, { contents });
  expect(refused.messages).toEqual([{ role: "assistant", content: "Here" }]);
  expect(refused.warnings).toEqual(["DROPPED contents[0].parts[1]"]);
});

it("a block that stood among calls goes back among them", () => {
  const dialect = chatDialect(plain, "");
  const unknown = { type: "x_call", x_payload: { n: 1 } };
  const known = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
  const message = { role: "assistant", content: "Hm", tool_calls: [known, unknown] };
  const body = { id: "1", choices: [{ index: 0, message, finish_reason: "tool_calls" }] };
  const { content } = dialect.decode(body, { adapter: "llama", model: "m" });
  const { messages, warnings } = sentTo({}, { contents: content ? [content] : [] });
  expect(messages).toEqual([message]);
  expect(warnings).toEqual([]);
});
