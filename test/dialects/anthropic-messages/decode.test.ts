// Proves what each block, member and stop reason of a message becomes, that a whole message and its
// stream give equal answers, and that odd values never crash and unknown ones never vanish.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import {
  LLMResponseSchema,
  Role,
  StopReason,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/dialect.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { completeAnswer, decodeWhole, fixture, fixtureFrames, send } from "./support.ts";

const message = (rest: JsonObject = {}): JsonObject => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-sonnet-5",
  content: [{ type: "text", text: "Hi" }],
  stop_reason: "end_turn",
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 4 },
  ...rest,
});
const answer = (rest: JsonObject = {}) => decodeWhole(message(rest));

describe("the fixtures", () => {
  const names = ["text", "tools", "thinking", "search", "refusal", "compaction"];

  it.each(names)("%s: the stream gives the same answer as the whole message", (name) => {
    const whole = decodeWhole(JSON.parse(fixture(`${name}.json`)));
    const streamed = completeAnswer(fixtureFrames(name));
    for (const { content } of [whole, streamed]) {
      for (const { kind } of content?.parts ?? []) {
        if (kind.case === "toolCall") {
          kind.value.arguments = JSON.stringify(JSON.parse(kind.value.arguments));
        }
      }
    }
    expect(toJson(LLMResponseSchema, streamed)).toEqual(toJson(LLMResponseSchema, whole));
  });

  it.each(["text", "tools", "thinking", "search"])(
    "%s: the answer goes back as it came",
    (name) => {
      const wire = JSON.parse(fixture(`${name}.json`));
      const { content } = completeAnswer(fixtureFrames(name));
      const contents = [{ role: Role.USER, message: "a" }, content!];
      const { body, warnings } = send({ contents });
      const [, sent] = body.messages as { content: JsonValue }[];
      const blocks =
        typeof sent?.content === "string" ? [{ type: "text", text: sent.content }] : sent?.content;
      expect(blocks).toEqual(wire.content);
      expect(warnings).toEqual([]);
    },
  );
});

describe("content", () => {
  it("reads text with its citations, and keeps each as it came", () => {
    const { content } = decodeWhole(JSON.parse(fixture("search.json")));
    const kind = content?.parts[2]?.kind;
    if (kind?.case !== "text") throw new Error("no text");
    expect(kind.value.citations).toMatchObject([
      {
        type: "web_search_result_location",
        citedText: "High water at 11:42",
        title: "Tide tables",
        url: "https://tides.example/husum",
      },
      { type: "char_location", title: "Almanac", start: 10n, end: 21n },
    ]);
    expect(JSON.parse(kind.value.citations[0]!.json)).toMatchObject({
      encrypted_index: "aW5kZXg=",
    });
    expect(content?.message).toBe("High water is at 11:42.");
  });

  it("reads other bounds and sources of citations, and odd citations", () => {
    const citations = [
      { type: "page_location", start_page_number: 1, end_page_number: 2, file_id: "f" },
      {
        type: "search_result_location",
        source: "kb-7",
        start_block_index: 0,
        end_block_index: 1.5,
      },
      "odd",
    ];
    const { content } = answer({ content: [{ type: "text", text: "a", citations }] });
    const kind = content?.parts[0]?.kind;
    expect(kind?.case === "text" && kind.value.citations).toMatchObject([
      { start: 1n, end: 2n, sourceId: "f" },
      { start: 0n, sourceId: "kb-7" },
      { type: "", json: '"odd"' },
    ]);
  });

  it("reads thinking with its signature, and sealed thinking byte for byte", () => {
    const { content } = decodeWhole(JSON.parse(fixture("thinking.json")));
    expect(content?.parts.map(({ kind }) => kind.value)).toMatchObject([
      {
        text: "Seven is prime; so is eleven.",
        signature: "c2lnbmVkIGJ5IG5vYm9keQ==",
        adapter: "anthropic",
      },
      {
        redacted: new TextEncoder().encode("c2VhbGVkIHRob3VnaHQ="),
        adapter: "anthropic",
        text: "",
      },
      { text: "77" },
    ]);
  });

  it.each([
    [{ a: [1] }, '{"a":[1]}', true],
    [{}, "{}", true],
    [null, "{}", true],
    [undefined, "{}", true],
    ["cut", '"cut"', false],
    [[1], "[1]", false],
  ])("reads the input %o of a tool", (input, text, valid) => {
    const block = { type: "tool_use", id: "t", name: "n", ...(input !== undefined && { input }) };
    const { content } = answer({ content: [block as JsonObject] });
    expect(content?.parts[0]?.kind.value).toMatchObject({ arguments: text, validJson: valid });
  });

  it("makes up an id where there is none, and a call stays a call", () => {
    const { content } = answer({
      content: [{ type: "tool_use", name: "n" }, { type: "tool_use" }],
    });
    expect(content?.parts.map(({ kind }) => kind.value)).toMatchObject([
      { id: "call_1", name: "n" },
      { id: "call_2", name: "" },
    ]);
  });

  it("carries blocks of other types as they came", () => {
    const block = {
      type: "mcp_tool_result",
      tool_use_id: "m",
      content: [{ n: 1 }],
      is_error: false,
    };
    const { content } = answer({ content: [block, { untyped: true }, 7] });
    expect(content?.parts.map(({ kind }) => kind.value)).toMatchObject([
      { adapter: "anthropic", type: "mcp_tool_result", json: JSON.stringify(block) },
      { type: "", json: '{"untyped":true}' },
      { type: "", json: '{"type":"","value":7}' },
    ]);
  });

  it("keeps unknown members of known blocks with their part", () => {
    const blocks = [
      { type: "text", text: "a", citations: null, mood: "calm" },
      { type: "tool_use", id: "t", name: "n", input: {}, caller: { type: "direct" }, absent: null },
      { type: "thinking", thinking: "b", signature: "s", depth: 3 },
      { type: "redacted_thinking", data: "x", depth: 4 },
    ];
    const { content } = answer({ content: blocks });
    expect(content?.parts.map(({ providerOptions }) => providerOptions)).toEqual([
      { anthropic: { mood: "calm" } },
      { anthropic: { caller: { type: "direct" } } },
      { anthropic: { depth: 3 } },
      { anthropic: { depth: 4 } },
    ]);
  });

  it("names the category of a refusal in a part, and keeps the rest", () => {
    const { content, stopReason, providerMetadata } = decodeWhole(
      JSON.parse(fixture("refusal.json")),
    );
    expect(stopReason).toBe(StopReason.REFUSAL);
    expect(content?.parts.at(-1)?.kind).toMatchObject({
      case: "refusal",
      value: { category: "bio" },
    });
    expect(providerMetadata).toMatchObject({
      stop_details: { explanation: "The request was declined." },
    });
    expect(answer({ stop_reason: "refusal" }).content?.parts).toHaveLength(1);
    expect(answer({ stop_details: { category: "bio" } }).content?.parts).toHaveLength(1);
  });

  it("takes content that is a text, null or missing", () => {
    expect(answer({ content: "plain" }).content?.message).toBe("plain");
    expect(answer({ content: null }).content?.parts).toEqual([]);
    expect(answer({ content: [] }).stopReason).toBe(StopReason.END_TURN);
  });
});

describe("the end", () => {
  it.each([
    ["end_turn", StopReason.END_TURN],
    ["max_tokens", StopReason.MAX_TOKENS],
    ["stop_sequence", StopReason.STOP_SEQUENCE],
    ["tool_use", StopReason.TOOL_USE],
    ["pause_turn", StopReason.PAUSE],
    ["compaction", StopReason.PAUSE],
    ["refusal", StopReason.REFUSAL],
    ["model_context_window_exceeded", StopReason.CONTEXT_LENGTH],
    ["someday", StopReason.OTHER],
    ["constructor", StopReason.OTHER],
    ["", StopReason.UNSPECIFIED],
  ])("%s is told as it is", (raw, stopReason) => {
    expect(answer({ stop_reason: raw })).toMatchObject({ stopReason, rawStopReason: raw });
  });

  it("is a stop sequence where one is named beside end_turn", () => {
    expect(answer({ stop_sequence: "." })).toMatchObject({
      stopReason: StopReason.STOP_SEQUENCE,
      rawStopReason: "end_turn",
      stopSequence: ".",
    });
  });

  it("reports the model that was sent where none is reported", () => {
    expect(answer({ model: null }).model).toBe("sent-model");
  });
});

describe("usage", () => {
  it("follows the identity, and keeps what has no place", () => {
    const { usage, providerMetadata } = answer({
      usage: {
        input_tokens: 10,
        cache_creation_input_tokens: 200,
        cache_read_input_tokens: 3_000,
        output_tokens: 50,
        output_tokens_details: { thinking_tokens: 40, other: 1 },
        server_tool_use: { web_search_requests: 2, web_fetch_requests: 0, odd: "x" },
        cache_creation: { ephemeral_1h_input_tokens: 200 },
        service_tier: "priority",
        speed: null,
      },
    });
    expect(usage).toMatchObject({
      inputTokens: 3_210n,
      outputTokens: 50n,
      cacheReadTokens: 3_000n,
      cacheWriteTokens: 200n,
      reasoningTokens: 40n,
      serverToolUses: { web_search_requests: 2n },
      source: UsageSource.REPORTED,
    });
    expect(usage?.serverToolUses).toEqual({ web_search_requests: 2n });
    expect(providerMetadata).toEqual({
      usage: {
        output_tokens_details: { other: 1 },
        server_tool_use: { odd: "x" },
        cache_creation: { ephemeral_1h_input_tokens: 200 },
        service_tier: "priority",
      },
    });
  });

  it.each([
    [null, undefined],
    ["12", undefined],
    [{ input_tokens: -1, output_tokens: 4 }, { input_tokens: -1 }],
    [{ input_tokens: "many", output_tokens: 4 }, { input_tokens: "many" }],
    [{ input_tokens: 1, output_tokens: null }, undefined],
    [{ input_tokens: 1, output_tokens: 1e300 }, { output_tokens: 1e300 }],
    [{ input_tokens: 1, output_tokens: Number.POSITIVE_INFINITY }, { output_tokens: "Infinity" }],
  ])("that cannot be used is no usage: %o", (usage, kept) => {
    const response = answer({ usage: usage as JsonValue });
    expect(response.usage).toBeUndefined();
    expect(response.providerMetadata).toEqual(kept && { usage: kept });
    expect(() => toJson(LLMResponseSchema, response)).not.toThrow();
  });

  it("reads counts that are texts, and odd details as nothing", () => {
    const usage = {
      input_tokens: "7",
      output_tokens: 2,
      output_tokens_details: 3,
      server_tool_use: [],
    };
    expect(answer({ usage }).usage).toMatchObject({ inputTokens: 7n, reasoningTokens: 0n });
  });
});

describe("metadata", () => {
  it("may be called an error beside an answer", () => {
    expect(answer({ error: { type: "odd" } }).providerMetadata).toEqual({ error: { type: "odd" } });
  });

  it("keeps unknown members of the message under their own names", () => {
    const container = { id: "c", skills: null };
    expect(answer({ container, diagnostics: null, huge: Number.POSITIVE_INFINITY })).toMatchObject({
      providerMetadata: { container, huge: "Infinity" },
    });
    expect(answer().providerMetadata).toBeUndefined();
  });
});

describe("bodies that are no message", () => {
  it.each([{}, { type: "message" }, { content: null }, { completion: " Hi" }])(
    "are malformed: %o",
    (body) => {
      expect(errorOf(() => decodeWhole(body)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    },
  );

  it.each([
    { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    { error: { type: "overloaded_error" } },
  ])("are errors where they say so: %o", (body) => {
    expect(errorOf(() => decodeWhole(body)).reason).toBe("PROVIDER_OVERLOADED");
  });
});

describe("a count of tokens", () => {
  const { decode } = anthropicMessages.countTokens!;

  it("is read, or malformed", () => {
    expect(decode({ input_tokens: 33 })).toBe(33n);
    for (const body of [{}, { input_tokens: null }, { input_tokens: -1 }]) {
      expect(errorOf(() => decode(body)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    }
  });
});
