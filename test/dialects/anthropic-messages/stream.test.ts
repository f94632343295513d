// Proves the state machine of the stream: events in order, every end there can be, cumulative
// usage.
import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { StopReason } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/dialect.ts";
import { errorOf } from "../../support/wire-under-test.ts";
import { close, end, json, open, parts, start, stopped, textBlock, tool, words } from "./events.ts";
import { adapter, completeAnswer, decodeStream, fixtureFrames, framesOf } from "./support.ts";

describe("the events", () => {
  it("tell each part from its start to its end, and usage as it is known", () => {
    const { events } = decodeStream(fixtureFrames("tools"));
    const told = events.map(({ case: name, value }) => {
      if (name === "textDelta") return `text ${value.partIndex} ${value.text}`;
      if (name === "toolCallDelta") {
        return `tool ${value.partIndex} ${value.id}${value.arguments}`;
      }
      if (name === "partStarted") return `start ${value.partIndex}`;
      if (name === "partFinished") return `finish ${value.partIndex}`;
      return name === "usage" ? `usage ${value.inputTokens} ${value.outputTokens}` : name;
    });
    expect(told).toEqual([
      "usage 442 4",
      ...["start 0", "text 0 I will look", "text 0  at both.", "finish 0"],
      ...["start 1", "tool 1 toolu_fixture_1"],
      ...['tool 1 {"harb', 'tool 1 our": "Hus', 'tool 1 um", "day"', "tool 1 : 3}", "finish 1"],
      ...["start 2", "tool 2 toolu_fixture_2", "tool 2 {}", "finish 2"],
      "usage 442 88",
    ]);
  });

  it("keep blocks apart that interleave", () => {
    expect(
      parts(
        open({ ...tool, id: "a" }, 0),
        open({ ...tool, id: "b" }, 1),
        open(textBlock, 2),
        json('{"n":', 0),
        json('{"n":', 1),
        words("x", 2),
        json("2}", 1),
        close(1),
        json("1}", 0),
        close(2),
        close(0),
      ),
    ).toMatchObject([
      { id: "a", arguments: '{"n":1}', validJson: true },
      { id: "b", arguments: '{"n":2}', validJson: true },
      { text: "x" },
    ]);
  });

  it("show what is known while they run", () => {
    const decoder = anthropicMessages.createDecoder({ adapter, model: "m" });
    expect(decoder.progress()).toEqual({ id: "", model: "", usage: undefined, toolCallsOpen: 0 });
    for (const frame of framesOf([start(), open(tool), json('{"a"')])) decoder.push(frame);
    expect(decoder.progress()).toMatchObject({
      id: "msg_1",
      model: "claude-sonnet-5",
      usage: { inputTokens: 9n, outputTokens: 1n },
      toolCallsOpen: 1,
    });
    expect(decoder.end()).toEqual({ events: [], end: { kind: "truncated" } });
    expect(decoder.progress().toolCallsOpen).toBe(1);
  });
});

describe("the end", () => {
  it.each(["text", "tools", "thinking", "search", "refusal", "compaction"])(
    "of %s, cut behind each event, is truncated, then logical, then complete",
    (name) => {
      const frames = fixtureFrames(name);
      const whole = completeAnswer(frames);
      const stop = frames.findIndex(({ event }) => event === "message_delta");
      for (let count = 0; count <= frames.length; count += 1) {
        const { end: seen, events } = decodeStream(frames.slice(0, count));
        const kind = count <= stop ? "truncated" : count < frames.length ? "logical" : "complete";
        expect(seen.kind, `after ${count} events`).toBe(kind);
        if (seen.kind !== "truncated") expect(seen.response).toEqual(whole);
        const isDelta = ({ case: event }: (typeof events)[number]) => event.endsWith("Delta");
        if (kind === "truncated" && count < 2) expect(events.some(isDelta)).toBe(false);
      }
    },
  );

  it("is done at message_stop, and what follows is ignored", () => {
    const decoder = anthropicMessages.createDecoder({ adapter, model: "m" });
    const frames = framesOf([start(), open(textBlock), words("a"), stopped(), end]);
    for (const frame of frames) decoder.push(frame);
    expect(decoder.done).toBe(true);
    expect(framesOf(["[DONE]", "{", words("b")]).flatMap((frame) => decoder.push(frame))).toEqual(
      [],
    );
    const { end: seen } = decoder.end();
    expect(seen.kind === "complete" && seen.response.content?.message).toBe("a");
  });

  it("closes what the server left open", () => {
    const { events, end: seen } = decodeStream(
      framesOf([start(), open(tool), json("{"), stopped()]),
    );
    expect(seen.kind).toBe("logical");
    expect(events.at(-1)).toMatchObject({
      case: "partFinished",
      value: { part: { kind: { value: { arguments: "{", validJson: false } } } },
    });
  });

  it("without a stop reason is told as it is", () => {
    const response = completeAnswer(framesOf([start(), open(textBlock), words("a"), end]));
    expect(response).toMatchObject({ stopReason: StopReason.UNSPECIFIED, rawStopReason: "" });
  });

  it("without a message is malformed", () => {
    const error = errorOf(() => decodeStream(framesOf([{ type: "ping" }, end])));
    expect(error.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});

describe("usage", () => {
  it("is cumulative: what is told later holds, if it can be read", () => {
    const usage = (report: JsonObject) =>
      completeAnswer(framesOf([start(), stopped({ usage: report }), end])).usage;
    expect(usage({ input_tokens: 20, output_tokens: 5 })).toMatchObject({
      inputTokens: 20n,
      outputTokens: 5n,
    });
    expect(usage({ input_tokens: null, output_tokens: 5 })).toMatchObject({
      inputTokens: 9n,
      outputTokens: 5n,
    });
    expect(usage({ input_tokens: -3, output_tokens: "x" })).toMatchObject({
      inputTokens: 9n,
      outputTokens: 1n,
    });
  });

  it("is none where the server tells none", () => {
    const frames = framesOf([start({ usage: null }), stopped({ usage: null }), end]);
    expect(completeAnswer(frames).usage).toBeUndefined();
  });
});
