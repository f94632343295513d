// Proves that streams of Ollama are read line by line: deltas as they come, content in the last
// line too, calls whole, lines of unknown kinds kept; and that only `done: true` is an end.
import { describe, expect, it } from "vitest";
import { ollama } from "../../../src/dialects/ollama/dialect.ts";
import { decodeOllamaStream, lastly, line } from "../../support/ollama.ts";
import { partsOf } from "../../support/openai-chat.ts";
import { errorOf } from "../../support/wire-under-test.ts";

describe("a stream", () => {
  it("gives each piece, and what stands in the last line", () => {
    const { events, response, done } = decodeOllamaStream([
      line({ thinking: "H" }),
      line({ thinking: "m" }),
      line({ content: '{"na' }),
      line({ content: 'me"' }, { ...lastly, done_reason: "length" }),
      line({ content: "more" }),
    ]);
    expect(done).toBe(true);
    expect(partsOf(response)).toEqual([
      ["thinking", "Hm"],
      ["text", '{"name"'],
    ]);
    expect(response?.rawStopReason).toBe("length");
    expect(events.map((event) => event.case)).toEqual([
      ...["partStarted", "thinkingDelta", "thinkingDelta"],
      ...["partStarted", "textDelta", "textDelta", "usage"],
      ...["partFinished", "partFinished"],
    ]);
  });

  it("gives calls whole, those of several lines under ids of their own", () => {
    const call = (index: number) => ({ function: { index, name: "f", arguments: { index } } });
    const { response, events } = decodeOllamaStream([
      line({ tool_calls: [call(0)] }),
      line({ tool_calls: [call(1)] }),
      line({}, lastly),
    ]);
    const calls = partsOf(response);
    expect(calls.map(([, , name, args]) => [name, args])).toEqual([
      ["f", '{"index":0}'],
      ["f", '{"index":1}'],
    ]);
    expect(new Set(calls.map(([, id]) => id)).size).toBe(2);
    expect(events.filter((event) => event.case === "partFinished")).toHaveLength(2);
  });

  it("keeps every digit of arguments", () => {
    const text =
      '{"message":{"tool_calls":[{"function":{"name":"f","arguments":' +
      '{"id":1234567890123456789,"n":[0.5,9007199254740993]}}}]},"done":true}';
    const { response } = decodeOllamaStream([text]);
    const args = '{"id":1234567890123456789,"n":[0.5,9007199254740993]}';
    expect(partsOf(response)[0]?.[3]).toBe(args);
  });

  it("keeps lines that nobody knows", () => {
    const unknown = { type: "x_progress", percent: 7 };
    const { response } = decodeOllamaStream([unknown, line({ content: "Hi" }, lastly)]);
    expect(response?.providerMetadata).toMatchObject({ unknown_events: [unknown] });
  });

  it.each([
    ["no line", []],
    ["only unknown lines", [{ type: "x" }]],
    ["no last line", [line({ content: "Hi" })]],
    ["a last line that is not done", [line({ content: "Hi" }, { ...lastly, done: false })]],
  ])("with %s is truncated", (_, lines) => {
    expect(decodeOllamaStream(lines).end.kind).toBe("truncated");
  });

  it.each(["{", "[]", "<html>", "null", '"text"'])("with the line %j is malformed", (text) => {
    expect(errorOf(() => decodeOllamaStream([text])).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("tells how far it has come", () => {
    const decoder = ollama.createDecoder({ adapter: "llama", model: "asked" });
    expect(decoder.progress()).toEqual({ id: "", model: "", usage: undefined, toolCallsOpen: 0 });
    decoder.push({ event: "", id: "", data: JSON.stringify(line({}, lastly)) });
    expect(decoder.progress()).toMatchObject({
      model: "llama3.2:3b",
      usage: { inputTokens: 9n, outputTokens: 4n },
    });
  });
});
