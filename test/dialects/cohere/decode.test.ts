// Proves what of Cohere's answers, whole and streamed, becomes which part of the contract, that
// both forms give the same, and that what nobody knows yet is kept.
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  decodeCohereBody,
  decodeCohereMessage,
  decodeCohereStream,
  messageEnd,
  messageStart,
  piece,
} from "../../support/cohere.ts";
import { partsOf } from "../../support/openai-chat.ts";
import { errorOf } from "../../support/wire-under-test.ts";

const call = (id: string, args: string) => ({
  id,
  type: "function",
  function: { name: "get_weather", arguments: args },
});
const source = {
  type: "tool",
  id: "call-1:0",
  tool_output: { title: "Forecast", url: "https://weather.example", content: "22C" },
};

describe("an answer", () => {
  it("has text and thinking in the order of its content", () => {
    const response = decodeCohereMessage({
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "Hi" },
      ],
    });
    expect(partsOf(response)).toEqual([
      ["thinking", "Hm."],
      ["text", "Hi"],
    ]);
    expect(response).toMatchObject({
      id: "c1",
      model: "command-a",
      stopReason: StopReason.END_TURN,
      rawStopReason: "COMPLETE",
      content: { message: "Hi" },
    });
  });

  it("has a plan as thinking that is marked as one, before the calls", () => {
    const response = decodeCohereMessage(
      { tool_plan: "I will look.", tool_calls: [call("call-1", '{"city":"Rome"}')] },
      { finish_reason: "TOOL_CALL" },
    );
    expect(partsOf(response)).toEqual([
      ["thinking", "I will look."],
      ["toolCall", "call-1", "get_weather", '{"city":"Rome"}'],
    ]);
    expect(response.content?.parts[0]?.providerOptions).toEqual({
      custom: { item: { type: "tool_plan" } },
    });
    expect(response.stopReason).toBe(StopReason.TOOL_USE);
  });

  it("has plain text as its content at some servers, and ids where none were given", () => {
    expect(partsOf(decodeCohereMessage({ content: "Hi" }))).toEqual([["text", "Hi"]]);
    const { id: _, ...anonymous } = call("", "");
    const parts = (id: string) => partsOf(decodeCohereMessage({ tool_calls: [anonymous] }, { id }));
    expect(parts("c1")).toMatchObject([
      ["toolCall", expect.stringMatching(/^call_[0-9a-f]{16}$/), "get_weather", "{}"],
    ]);
    expect(parts("c1")).not.toEqual(parts("c2"));
  });

  it("lays citations on the text they are of", () => {
    const citation = { start: 0, end: 2, text: "It", sources: [source], type: "TEXT_CONTENT" };
    const response = decodeCohereMessage({
      content: [
        { type: "thinking", thinking: "Hm." },
        { type: "text", text: "It is 22C." },
      ],
      citations: [citation, { ...citation, content_index: 1 }],
    });
    const [, text] = response.content?.parts ?? [];
    expect(text?.kind.value).toMatchObject({
      citations: [
        {
          type: "TEXT_CONTENT",
          title: "Forecast",
          url: "https://weather.example",
          sourceId: "call-1:0",
          start: 0n,
          end: 2n,
          json: JSON.stringify(citation),
        },
        { json: JSON.stringify({ ...citation, content_index: 1 }) },
      ],
    });
  });

  it("keeps citations of thinking and of a plan with it, and those of nothing beside it", () => {
    const inThinking = { content_index: 0, sources: [source], type: "THINKING_CONTENT" };
    const inPlan = { sources: [], type: "PLAN" };
    const content = [{ type: "thinking", thinking: "Hm." }];
    const response = decodeCohereMessage({
      content,
      tool_plan: "Look.",
      citations: [inThinking, inPlan, { type: "TEXT_CONTENT" }],
    });
    const own = response.content?.parts.map(({ providerOptions }) => providerOptions?.custom);
    expect(own).toEqual([
      { citations: [inThinking] },
      { item: { type: "tool_plan" }, citations: [inPlan] },
    ]);
    expect(response.providerMetadata).toMatchObject({ citations: [{ type: "TEXT_CONTENT" }] });
  });

  it.each([
    ["COMPLETE", StopReason.END_TURN],
    ["STOP_SEQUENCE", StopReason.STOP_SEQUENCE],
    ["MAX_TOKENS", StopReason.MAX_TOKENS],
    ["TOOL_CALL", StopReason.TOOL_USE],
    ["ERROR_TOXIC", StopReason.CONTENT_FILTER],
    ["ERROR_LIMIT", StopReason.CONTEXT_LENGTH],
    ["USER_CANCEL", StopReason.OTHER],
    ["UNHEARD_OF", StopReason.OTHER],
    ["", StopReason.UNSPECIFIED],
  ])("that ends with %j has a stop reason for it", (reason, expected) => {
    const response = decodeCohereMessage({ content: "a" }, { finish_reason: reason });
    expect(response).toMatchObject({ stopReason: expected, rawStopReason: reason });
  });

  it("keeps unknown members, content and calls", () => {
    const block = { type: "chart", data: [1] };
    const tool = { id: "t1", type: "browser", browser: {} };
    const response = decodeCohereMessage(
      { content: [{ type: "text", text: "a", tone: 1 }, block], tool_calls: [tool], mood: "good" },
      { warnings: ["old"], logprobs: [{ token_ids: [1], logprobs: [-0.5] }] },
    );
    expect(partsOf(response)).toEqual([
      ["text", "a"],
      ["provider", "chart", JSON.stringify(block)],
      ["provider", "browser", JSON.stringify(tool)],
    ]);
    expect(response.content?.parts[0]?.providerOptions).toEqual({ custom: { tone: 1 } });
    expect(response.providerMetadata).toEqual({
      message: { mood: "good" },
      warnings: ["old"],
      logprobs: [{ token_ids: [1], logprobs: [-0.5] }],
      usage: { billed_units: { input_tokens: 3, output_tokens: 2 } },
    });
  });

  it("is none without a message", () => {
    expect(errorOf(() => decodeCohereBody({ id: "c1" })).reason).toBe(
      "PROVIDER_MALFORMED_RESPONSE",
    );
  });
});

describe("usage", () => {
  it.each([
    ["what was read", { tokens: { input_tokens: 30, output_tokens: 4 } }, [30n, 4n, 0n, 0n]],
    [
      "what was cached and thought",
      { tokens: { input_tokens: 30, output_tokens: 9, reasoning_tokens: 5 }, cached_tokens: 20 },
      [30n, 9n, 20n, 5n],
    ],
    [
      "images, which are counted apart",
      {
        billed_units: { input_tokens: 267, output_tokens: 52 },
        tokens: { input_tokens: 34, output_tokens: 56, image_tokens: 259 },
      },
      [293n, 56n, 0n, 0n],
    ],
    ["what is billed", { billed_units: { input_tokens: 3, output_tokens: 2 } }, [3n, 2n, 0n, 0n]],
  ])("tells %s", (_, raw, [input, output, cached, thought]) => {
    const { usage } = decodeCohereMessage({ content: "a" }, { usage: raw });
    expect(usage).toMatchObject({
      inputTokens: input,
      outputTokens: output,
      cacheReadTokens: cached,
      reasoningTokens: thought,
    });
  });

  it("keeps all of what it cannot read", () => {
    const { usage, providerMetadata } = decodeCohereMessage(
      { content: "a" },
      { usage: { tokens: { input_tokens: -1 } } },
    );
    expect(usage).toBeUndefined();
    expect(providerMetadata).toEqual({ usage: { tokens: { input_tokens: -1 } } });
  });
});

const thinkingAndText = [
  messageStart,
  piece("content-start", { content: { type: "thinking", thinking: "" } }, 0),
  piece("content-delta", { content: { thinking: "Hm" } }, 0),
  piece("content-delta", { content: { thinking: "." } }, 0),
  { type: "content-end", index: 0 },
  piece("content-start", { content: { type: "text", text: "" } }, 1),
  piece("content-delta", { content: { text: "It is " } }, 1),
  piece("content-delta", { content: { text: "22C." } }, 1),
  { type: "content-end", index: 1 },
];

describe("a stream", () => {
  it("tells each piece once, and citations that follow the end of their text", () => {
    const citation = { start: 6, end: 9, sources: [source], type: "TEXT_CONTENT" };
    const usage = { tokens: { input_tokens: 30, output_tokens: 4 } };
    const { events, response, done } = decodeCohereStream([
      ...thinkingAndText,
      piece("citation-start", { citations: citation }, 0),
      { type: "citation-end", index: 0 },
      messageEnd("COMPLETE", { usage }),
      "[DONE]",
    ]);
    expect(done).toBe(true);
    expect(events.map((event) => event.case)).toEqual([
      ...["partStarted", "thinkingDelta", "thinkingDelta"],
      ...["partStarted", "textDelta", "textDelta", "usage", "partFinished", "partFinished"],
    ]);
    const whole = decodeCohereMessage(
      {
        content: [
          { type: "thinking", thinking: "Hm." },
          { type: "text", text: "It is 22C." },
        ],
        citations: [citation],
      },
      { usage },
    );
    expect(response).toEqual(whole);
  });

  it("tells a plan and calls, whose arguments come in pieces", () => {
    const { events, response } = decodeCohereStream([
      messageStart,
      piece("tool-plan-delta", { tool_plan: "I will " }),
      piece("tool-plan-delta", { tool_plan: "look." }),
      piece("tool-call-start", { tool_calls: call("a", "") }, 0),
      piece("tool-call-delta", { tool_calls: { function: { arguments: '{"city":' } } }, 0),
      piece("tool-call-delta", { tool_calls: { function: { arguments: '"Rome"}' } } }, 0),
      { type: "tool-call-end", index: 0 },
      piece("tool-call-start", { tool_calls: call("b", "") }, 1),
      { type: "tool-call-end", index: 1 },
      messageEnd("TOOL_CALL"),
    ]);
    expect(partsOf(response)).toEqual([
      ["thinking", "I will look."],
      ["toolCall", "a", "get_weather", '{"city":"Rome"}'],
      ["toolCall", "b", "get_weather", "{}"],
    ]);
    // A call can be carried out as soon as it is whole.
    const names = events.map((event) => event.case);
    expect(names.indexOf("partFinished")).toBeLessThan(names.lastIndexOf("partStarted"));
  });

  it("is read where calls and citations come as lists of one", () => {
    const { response } = decodeCohereStream([
      piece("content-delta", { content: { text: "a" } }, 0),
      piece("citation-start", { citations: [{ start: 0, end: 1, sources: [source] }] }, 0),
      piece("tool-call-start", { tool_calls: [call("a", "{")] }, 0),
      piece("tool-call-delta", { tool_calls: [{ function: { arguments: "}" } }] }, 0),
      messageEnd("COMPLETE"),
    ]);
    expect(partsOf(response)).toEqual([
      ["text", "a"],
      ["toolCall", "a", "get_weather", "{}"],
    ]);
    expect(response?.content?.parts[0]?.kind.value).toMatchObject({
      citations: [{ sourceId: "call-1:0" }],
    });
    expect(response?.stopReason).toBe(StopReason.TOOL_USE);
  });

  it("is read where pieces were never begun", () => {
    const { response } = decodeCohereStream([
      piece("content-delta", { content: { thinking: "Hm." } }, 0),
      piece("content-delta", { content: { text: "a" } }, 0),
      piece("content-delta", { content: { text: "b" } }, 0),
      messageEnd("COMPLETE"),
    ]);
    expect(partsOf(response)).toEqual([
      ["thinking", "Hm."],
      ["text", "ab"],
    ]);
  });

  it("keeps blocks, events and members that nobody knows", () => {
    const { response } = decodeCohereStream([
      messageStart,
      piece("content-start", { content: { type: "chart", code: "a" } }, 0),
      piece("content-delta", { content: { code: "b" } }, 0),
      { type: "debug", prompt: "…" },
      { ...piece("tool-plan-delta", { tool_plan: "", mood: 1 }), at: 2 },
      { ...messageEnd("COMPLETE", { warnings: ["old"] }), took: 3 },
    ]);
    expect(partsOf(response)).toEqual([
      ["provider", "chart", JSON.stringify({ type: "chart", code: "ab" })],
    ]);
    expect(response?.providerMetadata).toEqual({
      warnings: ["old"],
      took: 3,
      unknown_events: [
        { type: "debug", prompt: "…" },
        { type: "tool-plan-delta", at: 2, delta: { message: { mood: 1 } } },
      ],
    });
  });

  it("knows what has come so far", () => {
    const { end } = decodeCohereStream([...thinkingAndText, "[DONE]"]);
    expect(end.kind).toBe("truncated");
  });
});
