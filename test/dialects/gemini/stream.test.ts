// Proves how a stream is read: texts that go on from chunk to chunk, calls whole and bit by bit,
// what is told more than once, how it ends, and errors inside it.
import { describe, expect, it } from "vitest";
import type { StreamEvent } from "../../../src/contract/adapter.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";
import { errorOf, frameOf } from "../../support/wire-under-test.ts";
import { bodyOf, chunk, lastChunk, read, stream, streamed } from "./support.ts";

/** Events in short. */
function told(events: readonly StreamEvent[]): readonly string[] {
  return events.map((event) => {
    switch (event.case) {
      case "partStarted":
        return `start ${event.value.partIndex}`;
      case "partFinished":
        return `finish ${event.value.partIndex}`;
      case "textDelta":
      case "thinkingDelta":
        return `${event.value.partIndex}: ${event.value.text}`;
      case "toolCallDelta":
        return `${event.value.partIndex}: ${event.value.name}(${event.value.arguments})`;
      default:
        return event.case;
    }
  });
}

describe("texts", () => {
  it("go on from chunk to chunk, and wait for their sources", () => {
    const { events } = stream(
      chunk([{ text: "a", thought: true }]),
      chunk([{ text: "b", thought: true }, { text: "A" }]),
      chunk([{ text: "B" }]),
      chunk([{ functionCall: { id: "c", name: "f", args: {} } }]),
      chunk([{ text: "C" }]),
      lastChunk,
    );
    expect(told(events)).toEqual([
      ...["start 0", "0: a", "0: b", "finish 0"],
      ...["start 1", "1: A", "1: B"],
      ...["start 2", "2: f()", "2: ({})", "finish 2"],
      ...["start 3", "3: C"],
      ...["finish 1", "finish 3"],
    ]);
  });

  it("go on over chunks that bring none", () => {
    const empty = [
      chunk([], { content: null }),
      chunk([], { content: undefined }),
      chunk([{ text: "" }]),
    ];
    const { content } = streamed(
      chunk([{ text: "A" }]),
      ...empty,
      chunk([{ text: "B" }]),
      lastChunk,
    );
    expect(content?.parts).toHaveLength(1);
  });

  it("of one chunk stay apart as they came", () => {
    const parts = [{ text: "A" }, { text: "B" }];
    expect(streamed(chunk(parts), lastChunk).content).toEqual(read(bodyOf(parts)).content);
  });

  it("never hold half a character in a delta", () => {
    const { events } = stream(
      chunk([{ text: "a\ud83d" }]),
      chunk([{ text: "\ude00b" }]),
      lastChunk,
    );
    expect(told(events)).toEqual(["start 0", "0: a", "0: 😀b", "finish 0"]);
  });
});

describe("calls bit by bit", () => {
  const bits = (...partialArgs: object[]): object => ({
    functionCall: { partialArgs, willContinue: true },
  });
  const opened = { functionCall: { name: "f", willContinue: true }, thoughtSignature: "S" };
  const closed = { functionCall: {} };
  const callOf = (...parts: object[]) => {
    const { content } = streamed(...parts.map((part) => chunk([part])), lastChunk);
    return content?.parts[0];
  };

  it("become whole arguments", () => {
    const part = callOf(
      opened,
      bits({ jsonPath: "$.city", stringValue: "Zü", willContinue: true }),
      bits(
        { jsonPath: "$.city", stringValue: "rich", willContinue: true },
        { jsonPath: "$.days[0]", numberValue: 1 },
      ),
      bits({ jsonPath: "$.city", stringValue: "" }),
      bits({ jsonPath: "$.days[1]", numberValue: 2 }, { jsonPath: "$['a b'].c", boolValue: false }),
      bits({ jsonPath: "$.none", nullValue: null }),
      closed,
    );
    expect(part?.kind.value).toMatchObject({
      id: "gemini_call_r-1_1",
      name: "f",
      arguments: '{"city":"Zürich","days":[1,2],"a b":{"c":false},"none":null}',
      validJson: true,
    });
    expect(part?.providerOptions).toEqual({ google: { thoughtSignature: "S" } });
  });

  it("replace a text that was told whole", () => {
    const part = callOf(
      opened,
      bits({ jsonPath: "$.a", stringValue: "x" }),
      bits({ jsonPath: "$.a", stringValue: "y" }),
      closed,
    );
    expect(part?.kind.value).toMatchObject({ arguments: '{"a":"y"}' });
  });

  it("may bring nothing, or arguments at once", () => {
    expect(callOf(opened, closed)?.kind.value).toMatchObject({ arguments: "{}" });
    const at = { functionCall: { name: "f", args: { a: 1 }, willContinue: true } };
    expect(callOf(at, bits({ jsonPath: "$.b", numberValue: 2 }), closed)?.kind.value).toMatchObject(
      {
        arguments: '{"a":1,"b":2}',
      },
    );
  });

  it.each([
    [{ jsonPath: "$.a[5]", numberValue: 1 }],
    [{ jsonPath: "a.b", numberValue: 1 }],
    [{ jsonPath: "$", numberValue: 1 }],
    [{ jsonPath: "$..a", numberValue: 1 }],
    [{ jsonPath: "$.a" }],
    [{ jsonPath: "$.__proto__.x", numberValue: 1, novel: true }],
  ])("that cannot be placed are kept as they came: %o", (bit) => {
    const part = callOf(opened, bits(bit), closed);
    expect(part?.providerOptions).toMatchObject({
      google: { functionCall: { partialArgs: [bit] } },
    });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("that are broken off do not pass for whole", () => {
    const part = callOf(opened, bits({ jsonPath: "$.a", stringValue: "x", willContinue: true }));
    expect(part?.kind.value).toMatchObject({ arguments: '{"a":"x"', validJson: false });
    const next = streamed(chunk([opened]), chunk([{ functionCall: { name: "g" } }]), lastChunk);
    expect(next.content?.parts.map(({ kind }) => kind.value)).toMatchObject([
      { name: "f", validJson: false },
      { name: "g", validJson: true },
    ]);
  });

  it("are open until then", () => {
    const decoder = gemini.createDecoder({ adapter: "google", model: "m" });
    decoder.push(frameOf(chunk([opened])));
    expect(decoder.progress()).toMatchObject({ id: "r-1", toolCallsOpen: 1 });
    decoder.push(frameOf(chunk([closed])));
    expect(decoder.progress().toolCallsOpen).toBe(0);
  });
});

describe("what is told more than once", () => {
  it("is counted as the last chunk says", () => {
    const usage = (usageMetadata: object): object => chunk([], {}, { usageMetadata });
    const { events, end } = stream(
      usage({ trafficType: "ON_DEMAND" }),
      usage({ promptTokenCount: 5, candidatesTokenCount: 1 }),
      usage({ promptTokenCount: 5, candidatesTokenCount: 1 }),
      lastChunk,
      chunk(
        [{ text: "", thoughtSignature: "S" }],
        {},
        { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 9 } },
      ),
    );
    expect(told(events).filter((name) => name === "usage")).toHaveLength(2);
    expect(end).toMatchObject({ kind: "complete", response: { usage: { outputTokens: 9n } } });
  });

  it("is counted by the last report that counts, which leaves zeros out", () => {
    const report = (usageMetadata: object): object => chunk([], {}, { usageMetadata });
    const { usage, providerMetadata } = streamed(
      report({ promptTokenCount: 9, candidatesTokenCount: 21, trafficType: "ON_DEMAND" }),
      report({ promptTokenCount: 87, thoughtsTokenCount: 78, totalTokenCount: 165 }),
      report({ serviceTier: "flex" }),
      lastChunk,
    );
    expect(usage).toMatchObject({ inputTokens: 87n, outputTokens: 78n, reasoningTokens: 78n });
    expect(providerMetadata).toEqual({
      usageMetadata: { trafficType: "ON_DEMAND", totalTokenCount: 165, serviceTier: "flex" },
    });
  });

  it("is put together where it comes in lists", () => {
    const grounded = (groundingMetadata: object): object => chunk([], { groundingMetadata });
    const logs = (token: string): object =>
      chunk([], { logprobsResult: { chosenCandidates: [{ token }] } });
    const { providerMetadata } = streamed(
      grounded({}),
      grounded({ webSearchQueries: ["a"], groundingChunks: [{ web: { uri: "1" } }] }),
      grounded({ webSearchQueries: ["a", "b"] }),
      grounded({ groundingChunks: [{ web: { uri: "2" } }, { web: { uri: "1" } }] }),
      ...[logs("x"), logs("x")],
      chunk([], { safetyRatings: [{ probability: "LOW" }] }),
      chunk([], { safetyRatings: [{ probability: "HIGH" }] }),
      lastChunk,
    );
    expect(providerMetadata).toEqual({
      groundingMetadata: {
        webSearchQueries: ["a", "b"],
        groundingChunks: [{ web: { uri: "1" } }, { web: { uri: "2" } }],
      },
      logprobsResult: { chosenCandidates: [{ token: "x" }, { token: "x" }] },
      safetyRatings: [{ probability: "HIGH" }],
    });
  });

  it("is put together for further candidates as well", () => {
    const other = (text: string, finishReason?: string): object => ({
      candidates: [{ index: 1, content: { role: "model", parts: [{ text }] }, finishReason }],
    });
    const { providerMetadata } = streamed(
      chunk([{ text: "A" }]),
      other("B"),
      lastChunk,
      other("C", "STOP"),
    );
    expect(providerMetadata).toEqual({
      candidates: [
        {
          index: 1,
          content: { role: "model", parts: [{ text: "B" }, { text: "C" }] },
          finishReason: "STOP",
        },
      ],
    });
  });
});

describe("the end", () => {
  it("is the end of the body, once a candidate has stopped", () => {
    const decoder = gemini.createDecoder({ adapter: "google", model: "m" });
    decoder.push(frameOf(lastChunk));
    expect(decoder.done).toBe(false);
    expect(stream(lastChunk).end.kind).toBe("complete");
  });

  it.each([
    ["before any chunk", []],
    ["before the reason", [chunk([{ text: "A" }])]],
    [
      "before the reason of each candidate",
      [{ candidates: [{ index: 1, content: {} }] }, { candidates: [{ finishReason: "STOP" }] }],
    ],
  ])("%s is a cut", (_, chunks) => {
    expect(stream(...chunks).end).toEqual({ kind: "truncated" });
  });

  it("of a blocked prompt is complete", () => {
    expect(stream({ promptFeedback: { blockReason: "SAFETY" } }).end).toMatchObject({
      kind: "complete",
      response: { rawStopReason: "SAFETY" },
    });
  });

  it("ignores marks of other wires and empty events", () => {
    expect(stream(lastChunk, "[DONE]", " ").end.kind).toBe("complete");
  });
});

describe("an error inside a stream", () => {
  const error = {
    error: { code: 503, status: "UNAVAILABLE", message: "The model is overloaded." },
  };

  it.each([
    ["as an element", frameOf(error)],
    ["as a list of one", frameOf([error])],
    [
      "as an event of its own",
      frameOf({ message: "The model is overloaded.", code: 503 }, "error"),
    ],
  ])("is thrown %s", (_, thrown) => {
    const decoder = gemini.createDecoder({ adapter: "google", model: "m" });
    decoder.push(frameOf(chunk([{ text: "A" }])));
    expect(errorOf(() => decoder.push(thrown)).reason).toBe("PROVIDER_OVERLOADED");
  });

  it.each(["{", "[", "1", "oops"])("is what cannot be read: %s", (data) => {
    expect(errorOf(() => stream(data)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});
