// Proves that a stream of chunks is put together whatever a server does with indexes, ids, names,
// roles and usage; that its end is judged by its own marks; and that errors in it are told as what
// they are.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { PartKind } from "../../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { openAIChat } from "../../../src/dialects/openai-chat/dialect.ts";
import { chunk, decodeChatStream, partsOf } from "../../support/openai-chat.ts";
import { errorOf, frameOf } from "../../support/wire-under-test.ts";

const done = "[DONE]";
const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const usageChunk = { id: "chatcmpl-1", choices: [], usage };

function piece(members: JsonObject): JsonObject {
  return chunk({ tool_calls: [members] });
}

describe("a stream", () => {
  it("tells each part, its deltas and its end, and then the usage", () => {
    const { events, end, response } = decodeChatStream([
      chunk({ role: "assistant", content: "", refusal: null }),
      chunk({ content: "Hel" }),
      chunk({ role: "assistant", content: "lo" }),
      chunk({}, "stop"),
      usageChunk,
      done,
    ]);
    expect(events.map(({ case: kind }) => kind)).toEqual([
      "partStarted",
      "textDelta",
      "textDelta",
      "usage",
      "partFinished",
    ]);
    expect(events[0]?.value).toMatchObject({ partIndex: 0, kind: PartKind.TEXT });
    expect(events[1]?.value).toMatchObject({ partIndex: 0, text: "Hel" });
    expect(events[4]?.value).toMatchObject({ partIndex: 0, part: response?.content?.parts[0] });
    expect(end.kind).toBe("complete");
    expect(response).toMatchObject({
      id: "chatcmpl-1",
      model: "gpt-5-mini-2025-08-07",
      stopReason: StopReason.END_TURN,
      createTime: { seconds: 1_790_000_000n },
      content: { message: "Hello" },
      usage: { inputTokens: 9n, outputTokens: 4n },
    });
  });

  it("takes empty chunks, null, and whatever comes behind its end", () => {
    const { response, done: isDone } = decodeChatStream([
      "null",
      {},
      chunk({ content: "a" }),
      { choices: [{ index: 0, delta: null, finish_reason: null }] },
      chunk({}, "stop"),
      done,
      done,
      "{broken",
      chunk({ content: "b" }),
    ]);
    expect(response?.content?.message).toBe("a");
    expect(isDone).toBe(true);
  });

  it("has its model and id from the first chunk that tells them (Azure)", () => {
    const first = {
      id: "",
      model: "",
      object: "",
      created: 0,
      choices: [],
      prompt_filter_results: [1],
    };
    const { response } = decodeChatStream([
      first,
      chunk({ content: "a" }),
      chunk({}, "stop"),
      done,
    ]);
    expect(response).toMatchObject({ id: "chatcmpl-1", model: "gpt-5-mini-2025-08-07" });
    expect(response?.providerMetadata).toEqual({ prompt_filter_results: [1] });
  });

  it("keeps both halves of a character that was cut in two", () => {
    const { events, response } = decodeChatStream([
      chunk({ content: "a\ud83d" }),
      chunk({ content: "\ude00b" }),
      chunk({}, "stop"),
      done,
    ]);
    const texts = events.flatMap(({ case: kind, value }) =>
      kind === "textDelta" ? value.text : [],
    );
    expect(texts).toEqual(["a", "\u{1f600}b"]);
    expect(response?.content?.message).toBe("a\u{1f600}b");
  });

  it("reads thinking from one member, even if two carry it", () => {
    const detail = (text: string) => [{ type: "reasoning.text", text, index: 0 }];
    const { response } = decodeChatStream([
      chunk({ reasoning: "h", reasoning_details: detail("h"), content: "" }),
      chunk({ reasoning: "m", reasoning_details: detail("m") }),
      chunk({ reasoning_details: [{ type: "reasoning.text", signature: "sig", index: 0 }] }),
      chunk({ content: "4" }),
      chunk({}, "stop"),
      done,
    ]);
    expect(partsOf(response)).toEqual([
      ["thinking", "hm"],
      ["text", "4"],
    ]);
    expect(response?.content?.parts[0]).toMatchObject({
      kind: { value: { signature: "sig" } },
      providerOptions: {
        openai: {
          reasoning_details: [{ type: "reasoning.text", text: "hm", index: 0, signature: "sig" }],
        },
      },
    });
  });

  it("gathers sound, whose pieces are base64 each for itself", () => {
    const sound = (data: string) => Buffer.from(data).toString("base64");
    const { response } = decodeChatStream([
      chunk({ audio: { id: "audio_1", transcript: "He" } }),
      chunk({ audio: { data: sound("a"), transcript: "y" } }),
      chunk({ audio: { data: sound("bc") } }),
      chunk({ audio: { expires_at: 5 } }, "stop"),
      done,
    ]);
    expect(response?.content?.parts[0]?.kind.value).toMatchObject({
      id: "audio_1",
      transcript: "Hey",
      source: { value: Uint8Array.from(Buffer.from("abc")) },
    });
  });

  it("joins log probabilities, and keeps the last word of everything else", () => {
    const logprobs = (token: string) => ({ logprobs: { content: [{ token }], refusal: null } });
    const withChoice = (delta: JsonObject, choice: JsonObject, top: JsonObject = {}) => ({
      ...chunk(delta),
      choices: [{ index: 0, delta, finish_reason: null, ...choice }],
      ...top,
    });
    const { response } = decodeChatStream([
      withChoice({ content: "a" }, logprobs("a"), { tier: 1, obfuscation: "zz" }),
      withChoice(
        { content: "b", channel: "final", padding: "ab" },
        { ...logprobs("b"), flags: { x: 1 }, obfuscation: "q" },
      ),
      withChoice({}, { flags: {}, finish_reason: "stop", logprobs: null }, { tier: 2 }),
      done,
    ]);
    expect(response?.providerMetadata).toEqual({
      tier: 2,
      message: { channel: "final" },
      choice: { flags: { x: 1 }, logprobs: { content: [{ token: "a" }, { token: "b" }] } },
    });
  });

  it("puts further answers together beside the first", () => {
    const other = (delta: JsonObject, finish: string | null = null) => ({
      choices: [{ index: 1, delta, finish_reason: finish }],
    });
    const tool = (members: JsonObject) => other({ tool_calls: [{ index: 0, ...members }] });
    const { response, end } = decodeChatStream([
      chunk({ role: "assistant", content: "a" }),
      other({ role: "assistant", content: "b" }),
      other({ content: "c" }),
      tool({ id: "x", function: { name: "f", arguments: "{" } }),
      tool({ function: { arguments: "}" } }),
      chunk({}, "stop"),
      other({}, "tool_calls"),
    ]);
    expect(end.kind).toBe("logical");
    expect(response?.content?.message).toBe("a");
    expect(response?.providerMetadata?.choices).toEqual([
      {
        index: 1,
        message: {
          role: "assistant",
          content: "bc",
          tool_calls: [{ index: 0, id: "x", function: { name: "f", arguments: "{}" } }],
        },
        finish_reason: "tool_calls",
      },
    ]);
  });

  it("is no second time told by a server that repeats the whole message", () => {
    const whole = { index: 0, message: { content: "ab" }, finish_reason: "stop" };
    const { response } = decodeChatStream([chunk({ content: "ab" }), { choices: [whole] }]);
    expect(response?.content?.message).toBe("ab");
    expect(decodeChatStream([{ choices: [whole] }]).response?.content?.message).toBe("ab");
  });
});

describe("usage in a stream", () => {
  const finished = { ...chunk({}, "stop"), usage };
  it.each([
    ["a chunk without choices", [chunk({}, "stop"), usageChunk]],
    ["the chunk that finishes", [finished]],
    ["a chunk behind it with a choice", [chunk({}, "stop"), { ...chunk({}), usage }]],
    ["a vendor's member", [{ ...chunk({}, "stop"), x_groq: { id: "r", usage } }]],
  ])("is read from %s", (_, tail) => {
    const { response } = decodeChatStream([chunk({ content: "a" }), ...tail, done]);
    expect(response?.usage).toMatchObject({ inputTokens: 9n, outputTokens: 4n });
    expect(response?.stopReason).toBe(StopReason.END_TURN);
  });

  it("is told when it changes, and the last one counts", () => {
    const running = (completion: number | null) => ({
      ...chunk({ content: "a" }),
      usage: { prompt_tokens: 9, completion_tokens: completion },
    });
    const { events, response } = decodeChatStream([
      running(1),
      running(1),
      running(2),
      running(null),
      chunk({}, "stop"),
      done,
    ]);
    const told = events.flatMap(({ case: kind, value }) =>
      kind === "usage" ? value.outputTokens : [],
    );
    expect(told).toEqual([1n, 2n]);
    expect(response?.usage?.outputTokens).toBe(2n);
  });
});

describe("the end of a stream", () => {
  const a = chunk({ content: "a" });
  const silent = (delta: JsonObject) => ({ choices: [{ index: 0, delta }] });
  it.each([
    ["with both marks", [a, chunk({}, "stop"), done], "complete"],
    ["without [DONE]", [a, chunk({}, "stop"), usageChunk], "logical"],
    ["without finish_reason", [a, usageChunk, done], "truncated"],
    ["without any mark", [a], "truncated"],
    ["without anything", [], "truncated"],
    ["with [DONE] alone", [done], "truncated"],
    ["of a server without finish_reason", [silent({ content: "a" }), usageChunk, done], "complete"],
    ["of such a server without [DONE]", [silent({ content: "a" }), usageChunk], "truncated"],
    [
      "inside a tool call",
      [piece({ index: 0, id: "a", function: { name: "f", arguments: "{" } })],
      "truncated",
    ],
    [
      "with another answer open",
      [a, { choices: [{ index: 1, delta: {} }] }, chunk({}, "stop")],
      "truncated",
    ],
  ])("%s is %3$s", (_, payloads, kind) => {
    expect(decodeChatStream(payloads).end.kind).toBe(kind);
  });
});

describe("an error in a stream", () => {
  const push = (payload: JsonObject | string, event = "") => {
    const decoder = openAIChat.createDecoder({ adapter: "openai", model: "m" });
    decoder.push(frameOf(chunk({ content: "a" })));
    return errorOf(() => decoder.push(frameOf(payload, event)));
  };

  it.each<[JsonObject | string, string, string]>([
    [{ error: { code: 500, message: "grammar", type: "server_error" } }, "", "PROVIDER_INTERNAL"],
    [{ error: { message: "no", status_code: 400 } }, "error", "PROVIDER_INVALID_REQUEST"],
    [{ code: 429, message: "slow" }, "error", "PROVIDER_RATE_LIMITED"],
    [{ error: "model crashed" }, "", "PROVIDER_INTERNAL"],
    [{ ...chunk({}), error: { code: 502, message: "up" } }, "", "PROVIDER_UNAVAILABLE"],
    [chunk({}, "error"), "", "PROVIDER_INTERNAL"],
    [{ ...chunk({}), x_groq: { error: "over capacity" } }, "", "PROVIDER_OVERLOADED"],
    [{ object: "error", message: "no", code: 400 }, "", "PROVIDER_INVALID_REQUEST"],
    ["{broken", "", "PROVIDER_MALFORMED_RESPONSE"],
    ["[1]", "", "PROVIDER_MALFORMED_RESPONSE"],
    ["hello", "", "PROVIDER_MALFORMED_RESPONSE"],
  ])("%j is told", (payload, event, reason) => {
    expect(push(payload, event).reason).toBe(reason);
  });

  it.each([{ error: null }, { error: "" }, { error: {} }, { error: false }])(
    "%j is none",
    (members) => {
      const { response } = decodeChatStream([
        { ...chunk({ content: "a" }, "stop"), ...members },
        done,
      ]);
      expect(response?.content?.message).toBe("a");
    },
  );
});
