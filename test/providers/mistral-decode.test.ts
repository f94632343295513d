// Proves that Mistral's answers come through whole, as bodies and as streams alike: thinking,
// sources, calls with and without an index, messages of tools that the provider ran, usage, and no
// padding; and that what came goes back as it came.
import { create, type JsonObject, toJson } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  LLMResponseSchema,
  Role,
  StopReason,
  UsageSchema,
  UsageSource,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  decodeMistralChoice,
  decodeMistralStream,
  deltaChoice,
  mistralTurns,
} from "../support/mistral.ts";
import { partsOf } from "../support/openai-chat.ts";
import { errorOf } from "../support/wire-under-test.ts";

const thinking = (words: string, rest: JsonObject = {}): JsonObject => ({
  type: "thinking",
  thinking: [{ type: "text", text: words }],
  ...rest,
});
const words = (text: string): JsonObject => ({ type: "text", text });
const reference = (...ids: (number | string)[]): JsonObject => ({
  type: "reference",
  reference_ids: ids,
});
const call = (id: string | null, args: string, rest: JsonObject = {}): JsonObject => ({
  ...(id !== null && { id }),
  function: { name: "get_weather", arguments: args },
  ...rest,
});

function message(members: JsonObject, finish = "stop") {
  return decodeMistralChoice({
    message: { role: "assistant", ...members },
    finish_reason: finish,
  });
}

function stream(deltas: readonly JsonObject[], finish = "stop") {
  return decodeMistralStream([
    ...deltas.map((delta) => deltaChoice(delta)),
    deltaChoice({}, finish),
  ]);
}

/** What the answer becomes when it is sent back. */
function sentBack(response: ReturnType<typeof message> | undefined) {
  const { content } = response ?? {};
  if (content === undefined) throw new Error("no content");
  return mistralTurns([content, { role: Role.USER, message: "next" }]);
}

describe("an answer", () => {
  it("has the provider's id, model, time, words and usage", () => {
    const response = decodeMistralChoice(
      { message: { role: "assistant", content: "Hello", tool_calls: null, prefix: false } },
      {
        usage: {
          prompt_tokens: 9,
          completion_tokens: 4,
          total_tokens: 13,
          prompt_audio_seconds: 4,
          num_cached_tokens: 3,
          service_tier: "standard",
        },
      },
    );
    expect(response).toMatchObject({
      id: "0a1b2c3d4e5f",
      model: "mistral-small-2603",
      content: { role: Role.ASSISTANT, message: "Hello" },
      stopReason: StopReason.END_TURN,
      rawStopReason: "stop",
      createTime: { seconds: 1_790_000_000n },
      providerMetadata: {
        usage: { prompt_audio_seconds: 4, num_cached_tokens: 3, service_tier: "standard" },
      },
    });
    expect(response.usage).toEqual(
      create(UsageSchema, {
        inputTokens: 9n,
        outputTokens: 4n,
        cacheReadTokens: 3n,
        source: UsageSource.REPORTED,
      }),
    );
  });

  const reasons: readonly (readonly [string, StopReason])[] = [
    ["stop", StopReason.END_TURN],
    ["length", StopReason.MAX_TOKENS],
    ["model_length", StopReason.CONTEXT_LENGTH],
    ["tool_calls", StopReason.TOOL_USE],
    ["unheard_of", StopReason.OTHER],
  ];
  it.each(reasons)("that ended with %s says so", (raw, reason) => {
    for (const response of [
      message({ content: "a" }, raw),
      stream([{ content: "a" }], raw).response,
    ]) {
      expect(response).toMatchObject({ stopReason: reason, rawStopReason: raw });
    }
  });

  it("that ended with error is an error", () => {
    const errors = [
      errorOf(() => message({ content: "a" }, "error")),
      errorOf(() => stream([{ content: "a" }], "error")),
    ];
    expect(errors.map(({ reason }) => reason)).toEqual(["PROVIDER_INTERNAL", "PROVIDER_INTERNAL"]);
  });

  it("is never told by padding", () => {
    const chunks = [deltaChoice({ role: "assistant", content: "" }), deltaChoice({ content: "a" })];
    const padded = decodeMistralStream([...chunks, deltaChoice({}, "stop")], { p: "abcdefgh" });
    expect(padded.response?.providerMetadata).toEqual({ usage: { total_tokens: 13 } });
    expect(partsOf(padded.response)).toEqual([["text", "a"]]);
  });
});

describe("thinking", () => {
  it("comes before the words, and goes back with its signature", () => {
    const content = [thinking("hm", { closed: true, signature: "sig" }), words("4")];
    const response = message({ content });
    expect(partsOf(response)).toEqual([
      ["thinking", "hm"],
      ["text", "4"],
    ]);
    expect(response.content?.parts[0]?.kind.value).toMatchObject({
      adapter: "mistral",
      signature: "sig",
    });
    expect(sentBack(response)).toMatchObject({
      messages: [{ content: [thinking("hm", { signature: "sig" }), words("4")] }, {}],
      warnings: [],
    });
  });

  it("that was cut goes back open", () => {
    const content = [thinking("hm", { closed: false })];
    const response = message({ content }, "length");
    expect(sentBack(response).messages[0]?.content).toEqual(content);
  });

  it("keeps what its list holds besides words, however it is cut", () => {
    const source = {
      type: "tool_reference",
      tool: "web_search",
      title: "T",
      url: "https://x.test",
    };
    const whole = message({
      content: [{ type: "thinking", thinking: [words("ab"), reference(3), words("c"), source] }],
    });
    const cut = stream([
      { content: [thinking("a")] },
      { content: [{ type: "thinking", thinking: [words("b"), reference(3)] }] },
      { content: [thinking("c")] },
      { content: [{ type: "thinking", thinking: [source] }] },
    ]).response;
    for (const response of [whole, cut]) {
      expect(partsOf(response)).toEqual([["thinking", "abc"]]);
      expect(sentBack(response).messages[0]?.content).toEqual([
        { type: "thinking", thinking: [words("ab"), reference(3), words("c"), source] },
      ]);
    }
  });

  it("behind a signature is other thinking", () => {
    const content = [thinking("a", { signature: "1" }), thinking("b", { signature: "2" })];
    expect(sentBack(message({ content })).messages[0]?.content).toEqual(content);
  });
});

describe("a source", () => {
  const content = [words("Paris "), reference(0, "b"), reference(2), words("."), reference(1)];

  it("ends the text that it is cited for, and goes back there", () => {
    const cut = stream([
      { content: "Pa" },
      { content: [words("ris "), reference(0, "b")] },
      { content: [reference(2)] },
      { content: [words(".")] },
      { content: [reference(1)] },
    ]).response;
    for (const response of [message({ content }), cut]) {
      expect(response?.content?.message).toBe("Paris .");
      const cited = response?.content?.parts.map(({ kind }) =>
        kind.case === "text" ? kind.value.citations.map(({ sourceId }) => sourceId) : [],
      );
      expect(cited).toEqual([["0,b", "2"], ["1"]]);
      expect(sentBack(response).messages[0]?.content).toEqual(content);
    }
  });

  it("of a tool has its title and address", () => {
    const source = {
      type: "tool_reference",
      tool: "web_search",
      title: "T",
      url: "https://x.test",
    };
    const response = message({ content: [words("a"), source] });
    expect(response.content?.parts[0]?.kind.value).toMatchObject({
      citations: [{ type: "tool_reference", title: "T", url: "https://x.test" }],
    });
  });

  it("of nothing is a block", () => {
    expect(partsOf(message({ content: [reference(1)] }))).toEqual([
      ["provider", "reference", '{"type":"reference","reference_ids":[1]}'],
    ]);
  });

  it("goes beside chunks that nobody knows yet", () => {
    const chunk = { type: "tool_file", tool: "image_generation", file_id: "f-1" };
    const response = message({ content: [words("a"), chunk] });
    expect(partsOf(response)[1]).toEqual(["provider", "tool_file", JSON.stringify(chunk)]);
    expect(sentBack(response).messages[0]?.content).toEqual([words("a"), chunk]);
  });
});

describe("calls", () => {
  const shapes: readonly (readonly [string, readonly JsonObject[]])[] = [
    [
      "whole, with an index",
      [call("abcdefgh1", "{}", { index: 0 }), call("abcdefgh2", "{}", { index: 1 })],
    ],
    ["whole, without an index", [call("abcdefgh1", "{}"), call("abcdefgh2", "{}")]],
    [
      "whole, all at index 0",
      [call("abcdefgh1", "{}", { index: 0 }), call("abcdefgh2", "{}", { index: 0 })],
    ],
  ];
  it.each(shapes)("come %s", (_, calls) => {
    const expected = ["abcdefgh1", "abcdefgh2"].map((id) => ["toolCall", id, "get_weather", "{}"]);
    const answers = [
      message({ content: "", tool_calls: [...calls] }, "tool_calls"),
      stream([{ content: "", tool_calls: [...calls] }], "tool_calls").response,
      stream(
        calls.map((one) => ({ tool_calls: [one] })),
        "tool_calls",
      ).response,
    ];
    for (const response of answers) {
      expect(partsOf(response)).toEqual(expected);
      expect(response?.stopReason).toBe(StopReason.TOOL_USE);
    }
  });

  it("come in pieces from models of others", () => {
    const { response } = stream(
      [
        { index: 0, content: "", tool_calls: [call("chatcmpl-tool-9f", "", { index: 0 })] },
        {
          index: 0,
          content: "",
          tool_calls: [
            { index: 0, type: "function", function: { name: "", arguments: '{"a":1}' } },
          ],
        },
      ],
      "tool_calls",
    );
    expect(partsOf(response)).toEqual([["toolCall", "chatcmpl-tool-9f", "get_weather", '{"a":1}']]);
    expect(response?.providerMetadata).toEqual({ usage: { total_tokens: 13 } });
  });

  it("with the word null for an id get ids of their own", () => {
    const calls = [call("null", '{"a":1}'), call("null", '{"b":2}')];
    const ids = partsOf(message({ content: "", tool_calls: calls })).map(([, id]) => id);
    expect(ids).toEqual(["call_0", "call_1"]);
  });
});

describe("several messages in one answer", () => {
  const asked = { role: "assistant", content: "", tool_calls: [call("abcdefgh1", "{}")] };
  const found = { role: "tool", tool_call_id: "abcdefgh1", content: "42" };
  const told = { role: "assistant", content: [words("It is 42."), reference(0)] };
  const parts = [
    ["toolCall", "abcdefgh1", "get_weather", "{}"],
    ["provider", "tool", JSON.stringify(found)],
    ["text", "It is 42."],
  ];

  it("are one in a body, and go back as they came", () => {
    const response = decodeMistralChoice({ messages: [asked, found, told] });
    expect(partsOf(response)).toEqual(parts);
    expect(response.content?.message).toBe("It is 42.");
    expect(sentBack(response).messages.slice(0, 3)).toMatchObject([
      { role: "assistant", content: "" },
      found,
      { role: "assistant", content: told.content },
    ]);
  });

  it("are one in a stream", () => {
    const { response } = stream([
      { index: 0, ...asked },
      { index: 1, ...found },
      { index: 2, role: "assistant" },
      { index: 2, content: told.content },
    ]);
    expect(partsOf(response)).toEqual(parts);
    expect(sentBack(response).messages.slice(0, 3)).toMatchObject([
      { role: "assistant", content: "" },
      found,
      { role: "assistant", content: told.content },
    ]);
  });
});

describe("a body and a stream of it", () => {
  const item = fc.oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map(words),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((text) => thinking(text)),
    fc.nat(9).map((id) => reference(id)),
    fc.constant<JsonObject>({ type: "unheard_of", n: 1 }),
  );
  const cuts = fc.array(fc.nat(12), { maxLength: 3 });

  property.prop([fc.array(fc.tuple(item, cuts), { minLength: 1, maxLength: 6 })])(
    "are the same answer, wherever it is cut",
    (items) => {
      const whole = message({ content: items.map(([one]) => one) });
      const pieces = items.flatMap(([one, at]) => cutItem(one, at));
      const { response } = stream(pieces.map((piece) => ({ content: [piece] })));
      if (response === undefined) throw new Error("no answer");
      expect(toJson(LLMResponseSchema, response)).toEqual(toJson(LLMResponseSchema, whole));
    },
  );
});

/** An item in the pieces in which a stream tells it: characters may be cut in half. */
function cutItem(item: JsonObject, cuts: readonly number[]): readonly JsonObject[] {
  const text = item.type === "thinking" ? Object(item.thinking)[0].text : item.text;
  if (typeof text !== "string") return [item];
  const marks = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
  return marks.slice(1).map((end, index) => {
    const piece = text.slice(marks[index], end);
    return item.type === "thinking" ? thinking(piece) : words(piece);
  });
}
