import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/dialect.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import {
  answer,
  close,
  delta,
  end,
  json,
  open,
  parts,
  start,
  stopped,
  textBlock,
  tool,
  words,
} from "./events.ts";
import { adapter, completeAnswer, decodeStream, fixtureFrames, framesOf } from "./support.ts";

describe("odd servers", () => {
  it("may begin blocks that have content already, or send them whole in the beginning", () => {
    expect(
      parts(
        open({ type: "text", text: "He" }),
        words("llo"),
        close(),
        open({ type: "thinking", thinking: "h", signature: "s" }, 1),
        close(1),
        open({ ...tool, input: { a: 1 } }, 2),
        close(2),
      ),
    ).toMatchObject([
      { text: "Hello" },
      { text: "h", signature: "s" },
      { arguments: '{"a":1}', validJson: true },
    ]);
    const content = [{ type: "text", text: "a" }, tool];
    const frames = framesOf([start({ content, stop_reason: "tool_use" }), end]);
    expect(completeAnswer(frames)).toMatchObject({
      stopReason: StopReason.TOOL_USE,
      content: { parts: [{ kind: { value: { text: "a" } } }, { kind: { value: { id: "t1" } } }] },
    });
  });

  it("may leave out input, indexes, empty deltas and the end of a block", () => {
    const { input: _, ...bare } = tool;
    expect(parts(open(bare), json(""), json("  "), close())).toMatchObject([{ arguments: "{}" }]);
    expect(
      parts(
        { type: "content_block_start", content_block: textBlock },
        { type: "content_block_delta", delta: { type: "text_delta", text: "a" } },
        { type: "content_block_stop" },
        open(textBlock),
        words("b"),
      ),
    ).toMatchObject([{ text: "a" }, { text: "b" }]);
  });

  it("may leave out the start of text and thinking, and end blocks that never began", () => {
    expect(
      parts(words("a", 3), delta({ type: "thinking_delta", thinking: "b" }, 4), close(4), close(9)),
    ).toMatchObject([{ text: "a" }, { text: "b" }]);
  });

  it("may begin one block after another at the same index, and the message twice", () => {
    const novel = { type: "novel", n: 1 };
    expect(
      parts(open(novel), open(textBlock), words("a"), start(), open(tool), json("{}"), close()),
    ).toMatchObject([{ json: JSON.stringify(novel) }, { text: "a" }, { id: "t1" }]);
  });

  it("may leave the type out of the data", () => {
    const frames = framesOf([start(), open(textBlock), words("a"), stopped(), end]).map((frame) => {
      const { type: _, ...rest } = JSON.parse(frame.data);
      return { ...frame, data: JSON.stringify(rest) };
    });
    expect(completeAnswer(frames).content?.message).toBe("a");
  });

  it("may send pings, empty data and the mark of another wire", () => {
    expect(
      answer({ type: "ping" }, "", "[DONE]", open(textBlock), { type: "ping" }, words("a")).content
        ?.message,
    ).toBe("a");
  });

  it.each([
    ["arguments of an unnamed tool", [json("{")]],
    ["text for a tool", [open(tool), words("a")]],
    ["arguments for a text", [open(textBlock), json("{")]],
    ["text for sealed thinking", [open({ type: "redacted_thinking", data: "x" }), words("a")]],
    ["text behind the end of its block", [open(textBlock), close(), words("a")]],
    ["JSON that is cut", ['{"type":"ping"']],
    ["JSON that is no object", ["[]"]],
  ])("may not send %s", (_, events) => {
    expect(errorOf(() => answer(...events)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});

describe("what is not known", () => {
  it("grows with its deltas where it is a block", () => {
    const block = { type: "novel", text: "a", note: null };
    const kinds = parts(
      open(block),
      words("b"),
      delta({ type: "novel_delta", note: "n", level: 2 }),
      delta({ type: "novel_delta", note: "m", level: null }),
      delta({ type: "citations_delta", citation: { type: "x" } }),
      json('{"q":'),
      json("1}"),
      close(),
      open({ type: "server_tool_use", id: "s", name: "n", input: {} }, 1),
      json('{"cut', 1),
    );
    expect(kinds?.map((value) => JSON.parse((value as { json: string }).json))).toEqual([
      {
        type: "novel",
        text: "ab",
        note: "nm",
        level: 2,
        citations: [{ type: "x" }],
        input: { q: 1 },
      },
      { type: "server_tool_use", id: "s", name: "n", input: '{"cut' },
    ]);
  });

  it("is kept under its own name where it is a member", () => {
    const response = completeAnswer(
      framesOf([
        {
          ...start({
            container: { id: "c1" },
            usage: { input_tokens: 1, output_tokens: 1, service_tier: "a" },
          }),
          trace: "t",
        },
        stopped({
          delta: { stop_reason: "end_turn", container: { id: "c2" }, mood: "calm" },
          usage: { output_tokens: 2, iterations: [] },
          context_management: { applied_edits: [] },
        }),
        { type: "message_stop", "amazon-bedrock-invocationMetrics": { latency: 3 } },
      ]),
    );
    expect(response.providerMetadata).toEqual({
      container: { id: "c2" },
      trace: "t",
      mood: "calm",
      context_management: { applied_edits: [] },
      "amazon-bedrock-invocationMetrics": { latency: 3 },
      usage: { service_tier: "a", iterations: [] },
    });
  });

  it("may be called __proto__, and reaches no prototype", () => {
    const odd: JsonObject = JSON.parse('{"__proto__":{"polluted":true}}');
    const { content, providerMetadata } = completeAnswer(
      framesOf([
        start(odd),
        open({ type: "novel" }),
        delta(JSON.parse('{"type":"novel_delta","__proto__":{"polluted":true}}')),
        stopped({ usage: { ...odd, output_tokens: 1 } }),
        end,
      ]),
    );
    expect(JSON.stringify(providerMetadata)).toBe(
      '{"__proto__":{"polluted":true},"usage":{"__proto__":{"polluted":true}}}',
    );
    const kind = content?.parts[0]?.kind;
    expect(kind?.case === "provider" && kind.value.json).toContain('"__proto__":{"polluted":true}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("is kept as an event where it has no other place", () => {
    const unknown = [
      { type: "novel_event", n: 1 },
      delta({ type: "novel_delta", n: 2 }, 7),
      { ...open(textBlock), order: 3 },
      delta({ type: "text_delta", text: "a", weight: 4 }),
      { ...close(), order: 5 },
    ];
    expect(answer(...unknown).providerMetadata).toEqual({
      unknown_events: [
        unknown[0],
        unknown[1],
        { type: "content_block_start", index: 0, order: 3 },
        { type: "content_block_delta", index: 0, delta: { type: "text_delta", weight: 4 } },
        { type: "content_block_stop", index: 0, order: 5 },
      ],
    });
  });

  it("is kept up to a limit, and counted beyond it", () => {
    const many = Array.from({ length: 70 }, (_, n) => ({ type: "novel", n }));
    expect(answer(...many).providerMetadata).toMatchObject({ unknown_events_left_out: 6 });
    const large = { type: "novel", data: "x".repeat(40_000) };
    const { providerMetadata } = answer(large, large, { type: "novel" });
    expect(providerMetadata).toEqual({
      unknown_events: [large, { type: "novel" }],
      unknown_events_left_out: 1,
    });
  });
});

describe("errors in a stream", () => {
  it("of the fixture come behind what was delivered", () => {
    const decoder = anthropicMessages.createDecoder({ adapter, model: "m" });
    const frames = fixtureFrames("overloaded");
    for (const frame of frames.slice(0, -1)) decoder.push(frame);
    const error = errorOf(() => decoder.push(frames.at(-1)!));
    expect(error.reason).toBe("PROVIDER_OVERLOADED");
    expect(error.fields.metadata).toMatchObject({
      http_status: "200",
      provider_code: "overloaded_error",
      provider_request_id: "req_fixture",
    });
    expect(decoder.progress().usage).toMatchObject({ inputTokens: 21n });
    expect(decoder.end().end.kind).toBe("truncated");
  });

  it.each([
    ["rate_limit_error", "PROVIDER_RATE_LIMITED"],
    ["api_error", "PROVIDER_INTERNAL"],
    ["authentication_error", "PROVIDER_CREDENTIAL_INVALID"],
    ["permission_error", "PROVIDER_PERMISSION_DENIED"],
    ["timeout_error", "PROVIDER_TIMEOUT"],
    ["invalid_request_error", "PROVIDER_INVALID_REQUEST"],
    ["novel_error", "PROVIDER_INTERNAL"],
  ])("of the type %s are classified as the matching status", (type, reason) => {
    const event = { type: "error", error: { type, message: "m" } };
    expect(errorOf(() => decodeStream(framesOf([event]))).reason).toBe(reason);
  });

  it.each([
    [
      "error",
      '{"code":503,"message":"loading","type":"unavailable_error"}',
      "PROVIDER_UNAVAILABLE",
    ],
    ["error", '{"code":429,"message":"m","type":"novel"}', "PROVIDER_RATE_LIMITED"],
    ["error", "no JSON at all", "PROVIDER_INTERNAL"],
    ["", '{"error":{"code":500,"message":"m"}}', "PROVIDER_INTERNAL"],
    ["", '{"error":{"message":"m","type":"overloaded_error"}}', "PROVIDER_OVERLOADED"],
    ["", '{"error":"broken"}', "PROVIDER_INTERNAL"],
  ])("in the shape of other servers are read: event %o, %s", (event, data, reason) => {
    const error = errorOf(() => decodeStream([{ event, data, id: "" }]));
    expect(error.reason).toBe(reason);
    expect(error.message).not.toBe("");
  });
});
