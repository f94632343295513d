// Proves what the random streams of stream-properties.test.ts cannot: each kind of end and error,
// events and indexes that servers leave out, and which version holds where they disagree.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame, StreamEvent } from "../../../src/contract/adapter.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import { context, decodeStream, finished, frame } from "./wire-answers.ts";

const created = frame({ type: "response.created", response: { id: "resp_1", model: "served" } });
const message = { type: "message", id: "msg_1", role: "assistant" } as const;
const said = (text: string): JsonObject => ({
  ...message,
  status: "completed",
  content: [{ type: "output_text", text }],
});
const reasoning = (sealed: string): JsonObject => ({
  type: "reasoning",
  id: "rs_1",
  summary: [],
  encrypted_content: sealed,
});
const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: "{}" };

function event(type: string, members: JsonObject = {}): Frame {
  return frame({ type: `response.${type}`, ...members });
}

function end(output: JsonObject[], members: JsonObject = {}): Frame {
  const response = { id: "resp_1", model: "served", status: "completed", output, ...members };
  return event("completed", { response });
}

function texts(events: readonly StreamEvent[]): string[] {
  return events.flatMap(({ case: kind, value }) =>
    kind === "textDelta" || kind === "thinkingDelta" ? [`${value.partIndex}:${value.text}`] : [],
  );
}

describe("ends", () => {
  const ends: readonly (readonly [string, JsonObject, StopReason, string])[] = [
    ["completed", { status: "completed" }, StopReason.END_TURN, "completed"],
    ["completed", {}, StopReason.END_TURN, "completed"],
    [
      "incomplete",
      { incomplete_details: { reason: "max_output_tokens" } },
      StopReason.MAX_TOKENS,
      "max_output_tokens",
    ],
    ["incomplete", {}, StopReason.OTHER, "incomplete"],
    ["cancelled", {}, StopReason.OTHER, "cancelled"],
  ];

  test.each(ends)("response.%s with %j", (name, response, stopReason, rawStopReason) => {
    const answer = finished([created, event(name, { response })]);
    expect(answer).toMatchObject({ id: "resp_1", model: "served", stopReason, rawStopReason });
  });

  test("usage is told before the end, and an extra member of the last event is kept", () => {
    const usage = { input_tokens: 3, output_tokens: 2 };
    const last = JSON.parse(end([said("Hi")], { usage }).data);
    const { events, end: ended } = decodeStream([created, frame({ ...last, timings: { ms: 4 } })]);
    expect(events.at(-1)).toMatchObject({ case: "usage", value: { inputTokens: 3n } });
    expect(ended).toMatchObject({
      kind: "complete",
      response: { usage: { outputTokens: 2n }, providerMetadata: { timings: { ms: 4 } } },
    });
  });

  test("[DONE], events without data and what follows the end change nothing", () => {
    const decoder = openAIResponses.createDecoder(context);
    decoder.push(created);
    for (const data of ["", "[DONE]"]) expect(decoder.push(frame(data))).toEqual([]);
    expect(decoder.done).toBe(false);
    decoder.push(end([said("Hi")]));
    expect(decoder.done).toBe(true);
    expect(decoder.push(frame("[DONE]"))).toEqual([]);
    expect(decoder.push(frame("no JSON"))).toEqual([]);
    expect(decoder.end()).toMatchObject({ events: [], end: { kind: "complete" } });
  });

  test("[DONE] is no end of this wire", () => {
    expect(decodeStream([created, frame("[DONE]")]).end.kind).toBe("truncated");
  });
});

describe("errors", () => {
  const limit = { code: "rate_limit_exceeded", message: "Slow down." };
  const errors: readonly (readonly [string, JsonObject, string, string])[] = [
    ["a flat event", { type: "error", ...limit, param: null }, "", "PROVIDER_RATE_LIMITED"],
    ["an event around it", { type: "error", error: limit }, "", "PROVIDER_RATE_LIMITED"],
    ["named by SSE alone", { error: limit }, "error", "PROVIDER_RATE_LIMITED"],
    ["without a name", { error: { ...limit } }, "", "PROVIDER_RATE_LIMITED"],
    ["as text", { error: "overloaded" }, "", "PROVIDER_OVERLOADED"],
    [
      "a failed response",
      { type: "response.failed", response: { status: "failed", error: limit } },
      "",
      "PROVIDER_RATE_LIMITED",
    ],
    ["a failure without a word", { type: "response.failed" }, "", "PROVIDER_INTERNAL"],
    [
      "a failure under another name",
      { type: "response.completed", response: { status: "failed", error: limit } },
      "",
      "PROVIDER_RATE_LIMITED",
    ],
    [
      "an item that is none",
      { type: "response.output_item.added", item: 4 },
      "",
      "PROVIDER_MALFORMED_RESPONSE",
    ],
  ];

  test.each(errors)("%s is classified", (_name, data, name, reason) => {
    const decoder = openAIResponses.createDecoder(context);
    decoder.push(created);
    expect(() => decoder.push(frame(data, name))).toThrow(expect.objectContaining({ reason }));
    expect(decoder.done).toBe(false);
  });

  test("data that is no JSON object is refused", () => {
    const decoder = openAIResponses.createDecoder(context);
    for (const data of ["{", "null", "[]"]) {
      const reason = "PROVIDER_MALFORMED_RESPONSE";
      expect(() => decoder.push(frame(data))).toThrow(expect.objectContaining({ reason }));
    }
  });

  test("a failed response tells its usage for the progress", () => {
    const decoder = openAIResponses.createDecoder(context);
    const usage = { input_tokens: 3, output_tokens: 2 };
    const response = { status: "failed", usage };
    expect(() => decoder.push(event("failed", { response }))).toThrow();
    expect(decoder.progress().usage).toMatchObject({ inputTokens: 3n });
  });
});

describe("progress", () => {
  test("a call that is cut stays open", () => {
    const decoder = openAIResponses.createDecoder(context);
    expect(decoder.progress()).toEqual({ id: "", model: "", usage: undefined, toolCallsOpen: 0 });
    decoder.push(created);
    decoder.push(event("output_item.added", { output_index: 0, item: { ...call, arguments: "" } }));
    const [delta] = decoder.push(
      event("function_call_arguments.delta", { output_index: 0, delta: '{"a' }),
    );
    expect(delta).toMatchObject({ case: "toolCallDelta", value: { arguments: '{"a' } });
    expect(decoder.end()).toEqual({ events: [], end: { kind: "truncated" } });
    expect(decoder.progress()).toMatchObject({ id: "resp_1", model: "served", toolCallsOpen: 1 });
  });
});

describe("servers that leave things out", () => {
  test("reasoning that ends after its message began, without indexes", () => {
    const thought = {
      type: "reasoning",
      id: "rs_1",
      summary: [],
      content: [{ type: "reasoning_text", text: "Hm, hm." }],
    };
    const { events, end: ended } = decodeStream([
      created,
      event("output_item.added", { item: { ...thought, content: [] } }),
      event("reasoning_text.delta", { item_id: "rs_1", delta: "Hm, " }),
      event("output_item.added", { item: { ...message, content: [] } }),
      event("content_part.added", { item_id: "msg_1", part: { type: "output_text" } }),
      event("output_text.delta", { item_id: "msg_1", delta: "Hi" }),
      event("reasoning_text.delta", { item_id: "rs_1", delta: "hm." }),
      event("output_item.done", { item: thought }),
      event("output_item.done", { item: said("Hi") }),
      end([thought, said("Hi")]),
    ]);
    expect(texts(events)).toEqual(["0:Hm, ", "1:Hi", "0:hm."]);
    const whole = openAIResponses.decode(
      JSON.parse(end([thought, said("Hi")]).data).response,
      context,
    );
    expect(ended).toEqual({ kind: "complete", response: whole });
  });

  test("deltas of items that were never announced", () => {
    const { events, end: ended } = decodeStream([
      event("reasoning_summary_text.delta", { delta: "Hm" }),
      event("output_text.delta", { delta: "He" }),
      event("refusal.delta", { output_index: 5, content_index: 0, delta: "No." }),
      event("output_text.delta", { output_index: 1, delta: "y" }),
      // The end of a call tells all of a call that was not announced.
      event("function_call_arguments.delta", { delta: '{"a":' }),
      event("output_item.done", { output_index: 6, item: call }),
      end([]),
    ]);
    expect(texts(events)).toEqual(["0:Hm", "1:He", "2:No.", "1:y"]);
    expect(ended).toMatchObject({
      response: {
        stopReason: StopReason.TOOL_USE,
        content: {
          parts: [
            { kind: { case: "thinking", value: { text: "Hm", adapter: "openai" } } },
            { kind: { case: "text", value: { text: "Hey" } } },
            { kind: { case: "refusal", value: { text: "No." } } },
            { kind: { case: "toolCall", value: { id: "call_1", arguments: "{}" } } },
          ],
        },
      },
    });
  });

  test("text after a refusal is a piece of its own, though nothing announces it", () => {
    const { events } = decodeStream([
      event("refusal.delta", { delta: "No." }),
      event("output_text.delta", { delta: "But" }),
      end([]),
    ]);
    expect(texts(events)).toEqual(["0:No.", "1:But"]);
  });

  test("a call that is named only at its end", () => {
    const { name: _, ...nameless } = call;
    const { events } = decodeStream([
      event("output_item.added", { item: nameless }),
      event("function_call_arguments.delta", { item_id: "fc_1", delta: "{}" }),
      event("output_item.done", { item: call }),
      end([call]),
    ]);
    expect(events.map(({ case: kind }) => kind)).toEqual([
      "partStarted",
      "toolCallDelta",
      "toolCallDelta",
      "partFinished",
    ]);
    expect(events[1]).toMatchObject({ value: { id: "call_1", name: "f" } });
  });

  test("a last object without output keeps what the items told", () => {
    const frames = [
      created,
      event("output_item.added", { output_index: 0, item: { ...message, content: [] } }),
      event("output_text.delta", { output_index: 0, content_index: 0, delta: "Hi" }),
      event("output_item.done", { output_index: 0, item: said("Hi") }),
      end([]),
    ];
    const response = finished(frames);
    expect(response.content?.message).toBe("Hi");
    expect(response.content?.parts).toHaveLength(1);
  });

  test("items and pieces without content keep what their deltas told", () => {
    const hollow = { ...message, content: [{ type: "output_text", text: "" }] };
    const frames = [
      event("output_text.delta", { output_index: 0, content_index: 0, delta: "Hi" }),
      event("output_text.delta", { output_index: 0, content_index: 1, delta: " there" }),
      event("output_item.done", { output_index: 0, item: hollow }),
      end([hollow]),
    ];
    const response = finished(frames);
    expect(response.content?.message).toBe("Hi there");
    expect(response.content?.parts).toMatchObject([
      { providerOptions: { openai: { item: { id: "msg_1" } } } },
      { providerOptions: { openai: { item: { id: "msg_1" } } } },
    ]);
  });

  test("items that only the last object holds are told then", () => {
    const search = { type: "web_search_call", id: "ws_1" };
    const { events, end: ended } = decodeStream([created, end([search, said("Hi"), call])]);
    expect(events.map(({ case: kind }) => kind)).toEqual([
      ...["partStarted", "partFinished"],
      ...["partStarted", "textDelta", "partFinished"],
      ...["partStarted", "toolCallDelta", "toolCallDelta", "partFinished"],
    ]);
    expect(ended).toMatchObject({ response: { content: { message: "Hi" } } });
  });

  test("an item whose id changes at its end, without indexes", () => {
    const response = finished([
      event("output_item.added", { item: { ...message, id: "msg_0", content: [] } }),
      event("output_text.delta", { item_id: "msg_9", delta: "Hi" }),
      event("output_item.done", { item: said("Hi") }),
      end([said("Hi")]),
    ]);
    expect(response.content?.message).toBe("Hi");
  });

  test("an item that is announced and ended twice", () => {
    const added = event("output_item.added", { output_index: 0, item: { ...call, arguments: "" } });
    const done = event("output_item.done", { output_index: 0, item: call });
    const frames = [created, added, added, done, added, done, end([])];
    expect(finished(frames).content?.parts).toHaveLength(1);
  });

  test("an index that begins anew for each item", () => {
    const at = { output_index: 0 };
    const frames = [
      event("output_item.added", { ...at, item: reasoning("") }),
      event("output_item.done", { ...at, item: reasoning("s") }),
      event("output_item.added", { ...at, item: { ...message, content: [] } }),
      event("output_text.delta", { ...at, delta: "Hi" }),
      event("output_item.done", { ...at, item: said("Hi") }),
      end([reasoning("s"), said("Hi")]),
    ];
    expect(finished(frames).content?.parts).toHaveLength(2);
  });
});

describe("disagreement", () => {
  test("the last object has the last word, and what was told is not told again", () => {
    const { events, end: ended } = decodeStream([
      created,
      event("output_item.added", { output_index: 0, item: reasoning("part") }),
      event("output_item.done", { output_index: 0, item: reasoning("first") }),
      event("output_text.delta", { output_index: 1, content_index: 0, delta: "Hi" }),
      event("output_item.done", { output_index: 1, item: said("Hi") }),
      end([reasoning("second"), said("Hi!")]),
    ]);
    const done = events.filter(({ case: kind }) => kind === "partFinished");
    expect(done).toMatchObject([
      { value: { part: { kind: { value: { signature: "first" } } } } },
      { value: { part: { kind: { value: { text: "Hi" } } } } },
    ]);
    expect(ended).toMatchObject({
      response: {
        content: {
          message: "Hi!",
          parts: [
            { kind: { value: { signature: "second" } } },
            { kind: { value: { text: "Hi!" } } },
          ],
        },
      },
    });
  });

  test("of reasoning and its summary the one that came first is told", () => {
    const both = {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "short" }],
      content: [{ type: "reasoning_text", text: "long" }],
    };
    const frames = [
      event("output_item.added", { output_index: 0, item: reasoning("") }),
      event("reasoning_summary_text.delta", { output_index: 0, summary_index: 0, delta: "sho" }),
      event("reasoning_text.delta", { output_index: 0, content_index: 0, delta: "long" }),
      event("output_item.done", { output_index: 0, item: both }),
      end([both]),
    ];
    expect(texts(decodeStream(frames).events)).toEqual(["0:sho", "0:rt"]);
    expect(finished(frames).content?.parts).toMatchObject([
      {
        kind: { value: { text: "short" } },
        providerOptions: { openai: { item: { content: both.content, summary: both.summary } } },
      },
    ]);
  });
});

describe("other events", () => {
  test("a citation is kept though its text never ends", () => {
    const annotation = { type: "url_citation", url: "https://a.example" };
    const at = { output_index: 0, content_index: 0 };
    const response = finished([
      event("output_text.delta", { ...at, delta: "Hi" }),
      event("output_text.annotation.added", { ...at, annotation }),
      event("output_text.annotation.added", { ...at, annotation: 4 }),
      end([]),
    ]);
    expect(response.content?.parts).toMatchObject([
      { kind: { value: { text: "Hi", citations: [{ url: "https://a.example" }] } } },
    ]);
  });

  test("progress of the provider's tools is no event of its own", () => {
    const progress = [
      event("web_search_call.searching", { output_index: 0 }),
      event("code_interpreter_call_code.delta", { output_index: 0, delta: "1" }),
      event("mcp_list_tools.failed", { output_index: 0 }),
      event("image_generation_call.partial_image", { output_index: 0 }),
    ];
    const { events, end: ended } = decodeStream([created, ...progress, end([])]);
    expect(events).toEqual([]);
    expect(ended).not.toHaveProperty("response.providerMetadata");
  });

  test("unknown events are kept within a bound, and the rest is counted", () => {
    const small = Array.from({ length: 70 }, (_, index) => event("zz.small", { index }));
    const large = event("zz.large", { text: "x".repeat(65 * 1024) });
    const { providerMetadata } = finished([large, ...small, end([])]);
    expect(providerMetadata?.unknown_events).toHaveLength(64);
    expect(providerMetadata?.unknown_events_left_out).toBe(7);
  });

  test("names of an object's own members are no events", () => {
    const frames = ["constructor", "__proto__", "toString"].map((type) => frame({ type }));
    const { providerMetadata } = finished([...frames, end([])]);
    expect(providerMetadata?.unknown_events).toHaveLength(3);
  });
});
