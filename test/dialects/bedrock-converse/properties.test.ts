// Proves over random answers that a stream, however it is cut into events, gives what the whole
// answer gives; that an answer goes back as it came; and that no event, whatever is in it, ends in
// anything but an answer or a ConnectorError.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Role } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { bedrockConverse } from "../../../src/dialects/bedrock-converse/dialect.ts";
import {
  adapter,
  close,
  decodeStream,
  delta,
  type Event,
  framesOf,
  metadata,
  open,
  send,
  start,
  stop,
  whole,
} from "./support.ts";

const value: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ maxDepth: 2 })
  .map((json) => JSON.parse(JSON.stringify(json)) as JsonValue)
  .filter((json) => json !== null);
const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const visible = words.map((text) => `a${text}`);
const object = fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 3 });
const sealed = fc.uint8Array({ minLength: 1, maxLength: 30 });
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

const citation = fc.record({
  title: words,
  location: fc.record({ documentPage: fc.record({ documentIndex: fc.nat(3), start: fc.nat(9) }) }),
});
const block: fc.Arbitrary<JsonObject> = fc.oneof(
  visible.map((text): JsonObject => ({ text })),
  fc.tuple(visible, fc.array(citation, { minLength: 1, maxLength: 2 })).map(
    ([text, citations]): JsonObject => ({
      citationsContent: { content: [{ text }], citations: citations as JsonObject[] },
    }),
  ),
  fc
    .record({ text: words, signature: fc.base64String({ minLength: 4 }) })
    .map((reasoningText): JsonObject => ({ reasoningContent: { reasoningText } })),
  sealed.map((bytes): JsonObject => ({ reasoningContent: { redactedContent: base64(bytes) } })),
  fc
    .record({ toolUseId: fc.uuid(), name: fc.constantFrom("look", "list"), input: object })
    .map((toolUse): JsonObject => ({ toolUse })),
  fc
    .record({ toolUseId: fc.uuid(), name: fc.constant("web"), input: object })
    .map(({ input, ...call }): JsonObject => {
      // A stream tells the arguments last.
      return { toolUse: { ...call, type: "server_tool_use", input } };
    }),
  fc
    .record({
      toolUseId: fc.uuid(),
      status: fc.constant("success"),
      content: fc.array(fc.record({ text: words }), { maxLength: 1 }),
    })
    .map((toolResult): JsonObject => ({ toolResult })),
);

/** Cuts a text into pieces at places that the numbers choose; some are empty. */
function cut(text: string, places: readonly number[]): string[] {
  const at = places.map((place) => place % (text.length + 1)).sort((a, b) => a - b);
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
}

/** The events that stand for a block. */
function eventsOf(whole: JsonObject, index: number, places: readonly number[]): Event[] {
  const change = (part: JsonObject): Event => delta(part, index);
  const { text, citationsContent, reasoningContent, toolUse, toolResult } = whole as Record<
    string,
    never
  >;
  if (text !== undefined) {
    return [...cut(text, places).map((piece) => change({ text: piece })), close(index)];
  }
  if (citationsContent !== undefined) {
    const { content, citations } = citationsContent as {
      content: { text: string }[];
      citations: JsonObject[];
    };
    const pieces = cut(content[0]?.text ?? "", places).map((piece) => change({ text: piece }));
    return [...citations.map((one) => change({ citation: one })), ...pieces, close(index)];
  }
  if (reasoningContent !== undefined) {
    const { reasoningText, redactedContent } = reasoningContent as {
      reasoningText?: { text: string; signature: string };
      redactedContent?: string;
    };
    if (redactedContent !== undefined) {
      return [change({ reasoningContent: { redactedContent } }), close(index)];
    }
    const { text: thought = "", signature = "" } = reasoningText ?? {};
    const pieces = cut(thought, places).map((piece) =>
      change({ reasoningContent: { text: piece } }),
    );
    return [...pieces, change({ reasoningContent: { signature } }), close(index)];
  }
  if (toolUse !== undefined) {
    const { input, ...begun } = toolUse as { input: JsonObject };
    const pieces = cut(JSON.stringify(input), places).map((piece) =>
      change({ toolUse: { input: piece } }),
    );
    return [open({ toolUse: begun as JsonObject }, index), ...pieces, close(index)];
  }
  const { content, ...begun } = toolResult as unknown as { content: JsonObject[] };
  return [
    open({ toolResult: begun as JsonObject }, index),
    change({ toolResult: content }),
    close(index),
  ];
}

const blocks = fc.array(block, { maxLength: 5 });
const places = fc.array(fc.nat(1000), { maxLength: 4 });

describe("any answer", () => {
  it("is the same whole and streamed", () => {
    fc.assert(
      fc.property(blocks, places, (content, at) => {
        const events = content.flatMap((one, index) => eventsOf(one, index, at));
        const { end } = decodeStream(framesOf([start, ...events, stop(), metadata()]));
        expect(end).toEqual({ kind: "complete", response: whole(content) });
      }),
    );
  });

  it("is delivered piece by piece as the whole", () => {
    fc.assert(
      fc.property(blocks, places, (content, at) => {
        const events = content.flatMap((one, index) => eventsOf(one, index, at));
        const { events: told } = decodeStream(framesOf([start, ...events, stop(), metadata()]));
        const text = told.map((one) => (one.case === "textDelta" ? one.value.text : "")).join("");
        expect(text).toBe(whole(content).content?.message);
        expect(told.filter((one) => one.case === "partStarted")).toHaveLength(content.length);
        expect(told.filter((one) => one.case === "partFinished")).toHaveLength(content.length);
      }),
    );
  });

  it("goes back as it came", () => {
    fc.assert(
      fc.property(blocks, (content) => {
        const { content: answer } = whole(content);
        const turns = [{ role: Role.USER, message: "Hi" }, ...(answer ? [answer] : [])];
        const { body, warnings } = send({ contents: turns });
        expect((body.messages as { content: unknown[] }[])[1]?.content ?? []).toEqual(content);
        expect(warnings).toEqual(content.length === 0 ? ["DROPPED contents[1]"] : []);
      }),
    );
  });
});

describe("whatever is sent", () => {
  const names = ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop"];
  const members = fc.dictionary(
    fc.constantFrom("contentBlockIndex", "start", "delta", "stopReason", "usage", "trace", "x"),
    fc.oneof(
      value,
      fc.dictionary(
        fc.constantFrom(
          "text",
          "toolUse",
          "toolResult",
          "reasoningContent",
          "citation",
          "image",
          "y",
        ),
        value,
        { maxKeys: 2 },
      ),
    ),
    { maxKeys: 4 },
  );
  const event = fc.tuple(
    fc.constantFrom(...names, "messageStop", "metadata", "exception:x", "error:y", "z", ""),
    fc.oneof(
      members.map((json) => JSON.stringify(json)),
      fc.string({ unit: "binary" }),
    ),
  );

  it("ends in an answer or a ConnectorError, as a stream", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        try {
          decodeStream(events.map(([name, data]) => ({ event: name, data, id: "" })));
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ConnectorError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("ends in an answer or a ConnectorError, as a body", () => {
    const body = fc.record({
      output: fc.oneof(
        value,
        fc.record({ message: fc.record({ content: fc.array(fc.oneof(value, members)) }) }),
      ),
      stopReason: value,
      usage: fc.oneof(value, fc.record({ inputTokens: value, serverToolUsage: value })),
    });
    fc.assert(
      fc.property(body, (json) => {
        try {
          bedrockConverse.decode(json as JsonObject, { adapter, model: "m" });
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ConnectorError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
