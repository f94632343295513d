// Proves over random messages that a stream, however it is cut, gives the same answer as the whole
// message; that an answer goes back as it came; and that whatever a server adds never crashes the
// decoder and never vanishes.
import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type LLMResponse,
  LLMResponseSchema,
  Role,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamEvent } from "../../../src/contract/adapter.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { completeAnswer, decodeStream, decodeWhole, framesOf, send } from "./support.ts";

const names = fc.constantFrom("mood", "caller", "x_1", "__proto__", "constructor", "toString");
const value: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ maxDepth: 2 })
  .map((json) => JSON.parse(JSON.stringify(json)) as JsonValue)
  .filter((json) => json !== null);
const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const visible = words.map((text) => `a${text}`);
const object = fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 3 });
const extras = fc.dictionary(names, value, { maxKeys: 2 });
const counts = fc.nat(1_000_000);

const citation = fc.record({ type: fc.constant("char_location"), cited_text: words });
const text = fc.tuple(visible, fc.array(citation, { maxLength: 2 })).map(
  ([said, citations]): JsonObject => ({
    type: "text",
    text: said,
    ...(citations.length > 0 && { citations }),
  }),
);
const thinking = fc.record({
  type: fc.constant("thinking"),
  thinking: words,
  signature: fc.base64String(),
});
const sealed = fc.record({
  type: fc.constant("redacted_thinking"),
  data: fc.base64String({ minLength: 4 }),
});
const tool = fc.record({
  type: fc.constant("tool_use"),
  id: fc.uuid(),
  name: fc.constantFrom("look", "list"),
  input: object,
});
const serverTool = fc.record({
  type: fc.constant("server_tool_use"),
  id: fc.uuid(),
  name: fc.constant("web_search"),
  input: object,
});
const novel = fc.record({ type: fc.constant("novel_result"), content: value });
const block: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.oneof(text, thinking, sealed, tool, serverTool, novel), extras)
  .map(([known, rest]) => ({ ...rest, ...known }) as JsonObject);

const knownMessage: fc.Arbitrary<JsonObject> = fc.record({
  id: fc.uuid(),
  type: fc.constant("message"),
  role: fc.constant("assistant"),
  model: fc.constantFrom("claude-sonnet-5", "local"),
  content: fc.array(block, { maxLength: 5 }),
  stop_reason: fc.constantFrom("end_turn", "tool_use", "max_tokens", "someday"),
  stop_sequence: fc.constantFrom(null, "."),
  usage: fc.record({
    input_tokens: counts,
    output_tokens: counts,
    cache_read_input_tokens: fc.oneof(counts, fc.constant(null)),
    server_tool_use: fc.record({ web_search_requests: fc.nat(3) }),
    service_tier: fc.constant("standard"),
  }),
});

const message: fc.Arbitrary<JsonObject> = fc
  .tuple(knownMessage, extras)
  .map(([known, rest]) => ({ ...rest, ...known }));

/** Cuts a text into pieces at places that the numbers choose; some are empty. */
function cut(whole: string, places: readonly number[]): string[] {
  const at = places.map((place) => place % (whole.length + 1)).sort((a, b) => a - b);
  return [0, ...at].map((from, index) => whole.slice(from, at[index] ?? whole.length));
}

/** The events that stand for a block. */
function blockEvents(whole: JsonObject, index: number, places: readonly number[]): JsonObject[] {
  const {
    text: said,
    thinking: thought,
    signature,
    citations,
    input,
    ...rest
  } = whole as Record<string, never>;
  const pieces = (type: string, member: string, of: string): JsonObject[] =>
    cut(of, places).map((piece) => ({ type, [member]: piece }));
  const begun: JsonObject = {
    ...(rest as JsonObject),
    ...(said !== undefined && { text: "", citations: [] }),
    ...(thought !== undefined && { thinking: "", signature: "" }),
    ...(input !== undefined && { input: {} }),
  };
  // A block keeps its members in the order in which it began.
  const deltas: JsonObject[] = [
    ...((citations ?? []) as JsonObject[]).map((one) => ({
      type: "citations_delta",
      citation: one,
    })),
    ...(said !== undefined ? pieces("text_delta", "text", said) : []),
    ...(thought !== undefined ? pieces("thinking_delta", "thinking", thought) : []),
    ...(signature !== undefined ? [{ type: "signature_delta", signature }] : []),
    ...(input !== undefined
      ? pieces("input_json_delta", "partial_json", JSON.stringify(input, null, 1))
      : []),
  ];
  return [
    { type: "content_block_start", index, content_block: begun },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

/** The stream that stands for a message. */
function eventsOf(whole: JsonObject, places: readonly number[]): JsonObject[] {
  const { content, stop_reason, stop_sequence, usage, ...rest } = whole;
  return [
    {
      type: "message_start",
      message: {
        ...rest,
        content: [],
        stop_reason: null,
        usage: { ...(usage as JsonObject), output_tokens: 1 },
      },
    },
    ...(content as JsonObject[]).flatMap((one, index) => blockEvents(one, index, places)),
    {
      type: "message_delta",
      delta: { stop_reason: stop_reason!, stop_sequence: stop_sequence! },
      usage: usage!,
    },
    { type: "message_stop" },
  ];
}

/** An answer as JSON, but for the white space in arguments and the order of members in blocks. */
function comparable(response: LLMResponse): unknown {
  for (const { kind } of response.content?.parts ?? []) {
    if (kind.case === "toolCall")
      kind.value.arguments = JSON.stringify(JSON.parse(kind.value.arguments));
    if (kind.case === "provider")
      kind.value.json = JSON.stringify(sorted(JSON.parse(kind.value.json)));
  }
  return toJson(LLMResponseSchema, response);
}

function sorted(json: JsonValue): JsonValue {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== "object" || json === null) return json;
  return Object.entries(json)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => [name, sorted(member)]);
}

describe("a random message", () => {
  it("gives the same answer whole and as a stream, and its deltas add up", () => {
    fc.assert(
      fc.property(message, fc.array(fc.nat(), { maxLength: 4 }), (whole, places) => {
        const { events, end } = decodeStream(framesOf(eventsOf(whole, places)));
        if (end.kind !== "complete") throw new Error(end.kind);
        expect(told(events)).toEqual(held(end.response));
        expect(comparable(end.response)).toEqual(comparable(decodeWhole(whole)));
      }),
      { numRuns: 200 },
    );
  });

  it("is truncated behind every event before its stop reason, and the same behind all later ones", () => {
    fc.assert(
      fc.property(message, fc.nat(), (whole, place) => {
        const frames = framesOf(eventsOf(whole, [3]));
        const count = place % (frames.length + 1);
        const { end } = decodeStream(frames.slice(0, count));
        const kinds = ["complete", "logical"];
        expect(end.kind).toBe(kinds[frames.length - count] ?? "truncated");
      }),
    );
  });

  it("goes back as it came", () => {
    fc.assert(
      fc.property(message, (whole) => {
        const { content } = decodeWhole(whole);
        const contents = [
          { role: Role.USER, message: "a" },
          content!,
          { role: Role.USER, message: "b" },
        ];
        const { body } = send({ contents }, { model: "local" });
        const turn = (body.messages as { role: string; content: JsonValue }[])[1];
        const back =
          typeof turn?.content === "string"
            ? [{ type: "text", text: turn.content }]
            : turn?.content;
        const isSent = (whole.content as JsonValue[]).length > 0;
        expect(isSent ? back : []).toEqual(isSent ? whole.content : []);
      }),
    );
  });
});

describe("what a server adds", () => {
  const event = fc.oneof(
    fc.record({ type: fc.string({ maxLength: 4 }).map((name) => `novel_${name}`), data: value }),
    fc.record({
      type: fc.constant("content_block_delta"),
      index: fc.constant(99),
      delta: fc.record({ type: fc.constant("novel_delta"), data: value }),
    }),
  );

  it("never vanishes, wherever it comes in the stream", () => {
    fc.assert(
      fc.property(
        message,
        fc.array(fc.tuple(fc.nat(), event), { minLength: 1, maxLength: 5 }),
        (whole, added) => {
          const events = eventsOf(whole, [2]);
          for (const [place, one] of added)
            events.splice(place % (events.length - 1), 0, one as JsonObject);
          const { providerMetadata } = completeAnswer(framesOf(events));
          expect(providerMetadata?.unknown_events).toHaveLength(added.length);
          for (const [, one] of added) expect(providerMetadata?.unknown_events).toContainEqual(one);
        },
      ),
    );
  });

  it("never ends in anything but an answer or a ConnectorError, whatever it is", () => {
    const member = fc.constantFrom(
      ...["type", "index", "delta", "content_block", "message", "usage", "content", "stop_reason"],
      ...[
        "text",
        "thinking",
        "signature",
        "input",
        "partial_json",
        "citations",
        "citation",
        "error",
      ],
    );
    const odd = fc.letrec<{ node: JsonValue; tree: JsonObject }>((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, value, tie("tree"), fc.array(tie("tree"), { maxLength: 2 })),
      tree: fc.dictionary(member, tie("node"), { maxKeys: 5 }),
    })).tree;
    const types = fc.constantFrom(
      ...["message_start", "content_block_start", "content_block_delta", "content_block_stop"],
      ...["message_delta", "message_stop", "ping", "novel"],
    );
    const events = fc.array(
      fc.tuple(types, odd).map(([type, rest]) => ({ ...rest, type })),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(events, odd, (stream, body) => {
        for (const run of [() => decodeStream(framesOf(stream)), () => decodeWhole(body)]) {
          try {
            run();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(ConnectorError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** What the events of a stream told of each part. */
function told(events: readonly StreamEvent[]): Record<number, string> {
  const texts: Record<number, string> = {};
  for (const { case: name, value: told } of events) {
    if (name === "partStarted") texts[told.partIndex] ??= "";
    else if (name === "textDelta" || name === "thinkingDelta") texts[told.partIndex] += told.text;
    else if (name === "toolCallDelta") texts[told.partIndex] += told.arguments;
  }
  return texts;
}

/** What the parts of an answer hold, where it comes by deltas. */
function held(response: LLMResponse): Record<number, string> {
  const texts = response.content!.parts.map(({ kind }) => {
    if (kind.case === "text" || kind.case === "thinking") return kind.value.text;
    return kind.case === "toolCall" ? kind.value.arguments : "";
  });
  return { ...texts };
}
