// Proves that each item and state of a whole answer is read as the contract says, that what a part
// has no place for is kept with it, and that failed and unreadable answers are typed errors.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { type LLMResponse, StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { context } from "./wire-answers.ts";

function decode(members: JsonObject): LLMResponse {
  const base = { id: "resp_1", model: "served", status: "completed", output: [] };
  return openAIResponses.decode({ ...base, ...members }, context);
}

function partsOf(...output: JsonObject[]): unknown {
  return decode({ output }).content?.parts;
}

const said = { type: "message", id: "msg_1", role: "assistant", status: "completed" } as const;
const text = (value: string): JsonObject => ({
  ...said,
  content: [{ type: "output_text", text: value }],
});
const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}" };

describe("items", () => {
  test("each text is a part of its own, and the message is all of them", () => {
    const { content } = decode({
      output: [
        {
          ...said,
          phase: "commentary",
          content: [
            { type: "output_text", text: "One. ", annotations: [], logprobs: [] },
            { type: "output_text", text: "Two. ", logprobs: [{ token: "Two" }], mood: "gay" },
          ],
        },
        text("Three."),
      ],
    });
    const item = { id: "msg_1", status: "completed" };
    expect(content?.message).toBe("One. Two. Three.");
    expect(content?.parts).toMatchObject([
      {
        kind: { case: "text", value: { text: "One. " } },
        providerOptions: { openai: { item: { ...item, phase: "commentary" } } },
      },
      {
        kind: { case: "text", value: { text: "Two. " } },
        providerOptions: {
          openai: {
            logprobs: [{ token: "Two" }],
            mood: "gay",
            item: { ...item, phase: "commentary" },
          },
        },
      },
      { kind: { case: "text", value: { text: "Three." } }, providerOptions: { openai: { item } } },
    ]);
    expect(content?.parts[0]?.providerOptions).not.toHaveProperty("openai.logprobs");
  });

  test("annotations are citations that keep themselves as JSON", () => {
    const url = {
      type: "url_citation",
      url: "https://a",
      title: "A",
      start_index: 1,
      end_index: 9,
    };
    const file = { type: "file_citation", file_id: "file_1", filename: "a.txt", index: 3 };
    const content = [{ type: "output_text", text: "Hi", annotations: [url, file, "odd"] }];
    expect(partsOf({ ...said, content })).toMatchObject([
      {
        kind: {
          value: {
            citations: [
              { type: "url_citation", url: "https://a", title: "A", start: 1n, end: 9n },
              {
                type: "file_citation",
                title: "a.txt",
                sourceId: "file_1",
                json: JSON.stringify(file),
              },
            ],
          },
        },
        // What is no citation is kept as it came, with the others.
        providerOptions: { openai: { annotations: [url, file, "odd"] } },
      },
    ]);
  });

  test("a message is kept though it holds nothing, plain text, or a piece that nobody knows", () => {
    expect(partsOf({ ...said, content: [] })).toMatchObject([
      { kind: { value: { text: "" } }, providerOptions: { openai: { item: { content: [] } } } },
    ]);
    expect(partsOf({ ...said, content: "Hi" })).toMatchObject([
      { kind: { value: { text: "Hi" } } },
    ]);
    expect(partsOf({ ...said, content: [{ type: "hologram", voxels: 3 }] })).toMatchObject([
      {
        kind: {
          case: "provider",
          value: { adapter: "openai", type: "hologram", json: '{"type":"hologram","voxels":3}' },
        },
        providerOptions: { openai: { item: { id: "msg_1" } } },
      },
    ]);
  });

  const summary = (...texts: string[]): JsonObject[] =>
    texts.map((each) => ({ type: "summary_text", text: each }));
  const reasoning: readonly (readonly [string, JsonObject, object, JsonObject])[] = [
    ["nothing but its id", { summary: [] }, { text: "", signature: "" }, { id: "rs_1" }],
    [
      "one summary and a sealed form",
      { summary: summary("Hm."), encrypted_content: "sealed" },
      { text: "Hm.", signature: "sealed" },
      { id: "rs_1" },
    ],
    [
      "several summaries",
      { summary: summary("a", "b") },
      { text: "a\n\nb" },
      { id: "rs_1", summary: summary("a", "b") },
    ],
    [
      "its own words and a summary of them",
      { summary: summary("short"), content: [{ type: "reasoning_text", text: "long" }] },
      { text: "long" },
      {
        id: "rs_1",
        summary: summary("short"),
        content: [{ type: "reasoning_text", text: "long" }],
      },
    ],
    [
      "a sealed form that is no text",
      { summary: [], encrypted_content: { v: 2 } },
      { signature: "" },
      { id: "rs_1", encrypted_content: { v: 2 } },
    ],
  ];

  test.each(reasoning)("reasoning with %s", (_name, members, value, item) => {
    const [part] = partsOf({ type: "reasoning", id: "rs_1", ...members }) as JsonObject[];
    expect(part).toMatchObject({
      kind: { case: "thinking", value: { adapter: "openai", ...value } },
    });
    expect(part?.providerOptions).toEqual({ openai: { item } });
  });

  const calls: readonly (readonly [string, JsonObject, object, JsonObject])[] = [
    ["plain", call, { id: "call_1", name: "f", arguments: "{}", validJson: true }, { id: "fc_1" }],
    ["empty", { ...call, arguments: " " }, { arguments: "{}", validJson: true }, { id: "fc_1" }],
    [
      "cut",
      { ...call, arguments: '{"a":' },
      { arguments: '{"a":', validJson: false },
      { id: "fc_1" },
    ],
    ["no object", { ...call, arguments: "[1]" }, { validJson: false }, { id: "fc_1" }],
    ["object", { ...call, arguments: { a: 1 } }, { arguments: '{"a":1}' }, { id: "fc_1" }],
    ["without call_id", { ...call, call_id: null }, { id: "fc_1" }, { id: "fc_1" }],
    [
      "with a namespace",
      { ...call, namespace: "tools", caller: null },
      { id: "call_1" },
      { id: "fc_1", namespace: "tools" },
    ],
    [
      "custom",
      { type: "custom_tool_call", id: "ctc_1", call_id: "c", name: "sh", input: "ls" },
      { id: "c", name: "sh", arguments: "ls", validJson: false },
      { id: "ctc_1", type: "custom_tool_call" },
    ],
    [
      "custom and blank",
      { type: "custom_tool_call", call_id: "c", name: "sh", input: "" },
      { arguments: "{}" },
      { type: "custom_tool_call", input: "" },
    ],
  ];

  test.each(calls)("a call that is %s", (_name, item, value, kept) => {
    const [part] = partsOf(item) as JsonObject[];
    expect(part).toMatchObject({ kind: { case: "toolCall", value } });
    expect(part?.providerOptions).toEqual({ openai: { item: kept } });
  });

  test("a call without any id gets one from its place", () => {
    const nameless = { type: "function_call", name: "f", arguments: "{}" };
    expect(partsOf(text("a"), nameless)).toMatchObject([{}, { kind: { value: { id: "call_1" } } }]);
  });

  test("items that only the provider knows are kept whole", () => {
    const item = {
      type: "web_search_call",
      id: "ws_1",
      action: { query: "cats", sources: [null] },
    };
    expect(partsOf(item)).toMatchObject([
      {
        kind: {
          case: "provider",
          value: { adapter: "openai", type: "web_search_call", json: JSON.stringify(item) },
        },
      },
    ]);
  });
});

describe("the end", () => {
  const refusal = { ...said, content: [{ type: "refusal", refusal: "No." }] };
  const search = { type: "tool_search_call", execution: "client", call_id: "c" };
  const ends: readonly (readonly [string, JsonObject, StopReason, string])[] = [
    ["text", { output: [text("Hi")] }, StopReason.END_TURN, "completed"],
    ["nothing", {}, StopReason.END_TURN, "completed"],
    ["a call", { output: [text("Hi"), call] }, StopReason.TOOL_USE, "completed"],
    ["a refusal", { output: [refusal] }, StopReason.REFUSAL, "completed"],
    ["a refusal after text", { output: [text("Hi"), refusal] }, StopReason.END_TURN, "completed"],
    ["a tool of the caller's", { output: [search] }, StopReason.TOOL_USE, "completed"],
    [
      "a tool that was answered",
      { output: [search, { type: "tool_search_output", call_id: "c" }] },
      StopReason.END_TURN,
      "completed",
    ],
    [
      "a tool of the provider's",
      { output: [{ ...search, execution: "server" }] },
      StopReason.END_TURN,
      "completed",
    ],
    [
      "the limit",
      {
        status: "incomplete",
        output: [call],
        incomplete_details: { reason: "max_output_tokens" },
      },
      StopReason.MAX_TOKENS,
      "max_output_tokens",
    ],
    [
      "the filter",
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
      StopReason.CONTENT_FILTER,
      "content_filter",
    ],
    [
      "a reason nobody knows",
      { status: "incomplete", incomplete_details: { reason: "tired" } },
      StopReason.OTHER,
      "tired",
    ],
    ["the background", { status: "queued", output: null }, StopReason.OTHER, "queued"],
    ["a cancellation", { status: "cancelled" }, StopReason.OTHER, "cancelled"],
    ["a state nobody knows", { status: "asleep" }, StopReason.OTHER, "asleep"],
    ["no state", { status: null, output: [call] }, StopReason.TOOL_USE, ""],
  ];

  test.each(ends)("by %s", (_name, members, stopReason, rawStopReason) => {
    expect(decode(members)).toMatchObject({ stopReason, rawStopReason });
  });

  const failures: readonly (readonly [string, JsonObject, string])[] = [
    [
      "failed with a rate limit",
      { status: "failed", error: { code: "rate_limit_exceeded", message: "Slow." } },
      "PROVIDER_RATE_LIMITED",
    ],
    [
      "failed with a prompt",
      { status: "failed", error: { code: "invalid_prompt", message: "Bad." } },
      "PROVIDER_INVALID_REQUEST",
    ],
    ["failed without a word", { status: "failed", error: null }, "PROVIDER_INTERNAL"],
    ["an error alone", { status: null, error: { code: "server_error" } }, "PROVIDER_INTERNAL"],
    ["an error as text", { status: null, error: "It broke." }, "PROVIDER_INTERNAL"],
    ["without output", { output: null }, "PROVIDER_MALFORMED_RESPONSE"],
    ["with an item that is none", { output: ["x"] }, "PROVIDER_MALFORMED_RESPONSE"],
    [
      "with a piece that is none",
      { output: [{ ...said, content: [1] }] },
      "PROVIDER_MALFORMED_RESPONSE",
    ],
  ];

  test.each(failures)("an answer that is %s is an error", (_name, members, reason) => {
    expect(() => decode(members)).toThrow(expect.objectContaining({ reason }));
  });
});
