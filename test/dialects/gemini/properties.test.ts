// Proves over random answers that a stream's events add up to its answer, however its chunks are
// cut; that one chunk gives what the whole body gives; that an answer goes back part by part as it
// came; and that whatever the provider adds never crashes the decoder and never vanishes.
import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LLMResponseSchema, type Part } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamEvent } from "../../../src/contract/adapter.ts";
import { bodyOf, chunk, lastChunk, read, send, stream, streamed, user } from "./support.ts";

const names = fc.constantFrom("mood", "x_1", "__proto__", "constructor", "toString");
const value: fc.Arbitrary<JsonValue> = fc
  .jsonValue({ maxDepth: 2 })
  .map((json) => JSON.parse(JSON.stringify(json)) as JsonValue)
  .filter((json) => json !== null);
const words = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
const args = fc.dictionary(fc.string({ maxLength: 5 }), value, { maxKeys: 3 });
const base64 = fc
  .uint8Array({ maxLength: 9 })
  .map((bytes) => Buffer.from(bytes).toString("base64"));
const signed = <T extends object>(part: fc.Arbitrary<T>): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      part,
      fc.option(
        base64.filter((text) => text !== ""),
        { nil: undefined },
      ),
    )
    .map(([one, thoughtSignature]) =>
      JSON.parse(JSON.stringify({ ...one, ...(thoughtSignature && { thoughtSignature }) })),
    );

const part: fc.Arbitrary<JsonObject> = fc.oneof(
  signed(fc.record({ text: words })),
  signed(fc.record({ text: words, thought: fc.constant(true) })),
  signed(
    fc.record({
      functionCall: fc.record({ id: fc.uuid(), name: fc.constantFrom("f", "g"), args }),
    }),
  ),
  signed(fc.record({ functionCall: fc.record({ name: fc.constant("f"), args }) })),
  signed(
    fc.record({ inlineData: fc.record({ mimeType: fc.constant("image/png"), data: base64 }) }),
  ),
  signed(
    fc.record({
      fileData: fc.record({ mimeType: fc.constant("video/mp4"), fileUri: fc.webUrl() }),
    }),
  ),
  signed(
    fc.record({ executableCode: fc.record({ language: fc.constant("PYTHON"), code: words }) }),
  ),
  signed(fc.record({ novelPart: value })),
);
const parts = fc.array(part, { maxLength: 6 });
const finishReason = fc.constantFrom("STOP", "MAX_TOKENS", "SAFETY", "SOMEDAY");

/** The parts that events tell: their beginnings, deltas and ends put together. */
function added(events: readonly StreamEvent[]): readonly Part[] {
  const texts = new Map<number, string>();
  const finished = new Map<number, Part>();
  const started: number[] = [];
  for (const event of events) {
    if (event.case === "partStarted") started.push(event.value.partIndex);
    const piece = pieceOf(event);
    if (piece) texts.set(piece.index, (texts.get(piece.index) ?? "") + piece.text);
    if (event.case !== "partFinished" || event.value.part === undefined) continue;
    const { partIndex, part: whole } = event.value;
    expect(finished.has(partIndex)).toBe(false);
    finished.set(partIndex, whole);
    expect(textOf(whole)).toBe(texts.get(partIndex) ?? "");
  }
  expect(started).toEqual(started.map((_, index) => index));
  return started.map((index) => finished.get(index)!);
}

function pieceOf({ case: name, value: event }: StreamEvent) {
  if (name === "toolCallDelta") return { index: event.partIndex, text: event.arguments };
  const isText = name === "textDelta" || name === "thinkingDelta";
  return isText ? { index: event.partIndex, text: event.text } : undefined;
}

function textOf({ kind }: Part): string {
  if (kind.case === "toolCall") return kind.value.arguments;
  return kind.case === "text" || kind.case === "thinking" ? kind.value.text : "";
}

describe("an answer", () => {
  it("in one chunk is what it is whole", () => {
    fc.assert(
      fc.property(parts, finishReason, (all, reason) => {
        const body = bodyOf(all, { finishReason: reason });
        expect(streamed(body)).toEqual(read(body));
      }),
    );
  });

  it("in chunks has events that add up to it", () => {
    const chunks = fc.array(parts, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(chunks, (lists) => {
        const { events, end } = stream(...lists.map((list) => chunk(list)), lastChunk);
        if (end.kind !== "complete") throw new Error(end.kind);
        expect(added(events)).toEqual(end.response.content?.parts);
        const whole = read(bodyOf(lists.flat()));
        expect(end.response.content?.message).toBe(whole.content?.message);
        expect(end.response.stopReason).toBe(whole.stopReason);
      }),
    );
  });

  it("goes back part by part as it came", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (all) => {
        const { content } = read(bodyOf(all));
        const { contents, warnings } = send({ contents: [user("?"), content!] });
        expect(contents[1]?.parts).toEqual(all);
        expect(warnings).toEqual([]);
      }),
    );
  });

  it("goes back from a stream with every signature on the words it came with", () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (all) => {
        const { content } = streamed(...all.map((one) => chunk([one])), lastChunk);
        const { contents } = send({ contents: [user("?"), content!] });
        const marked = (list: readonly JsonObject[]): readonly JsonObject[] =>
          list.filter(({ thoughtSignature }) => thoughtSignature !== undefined);
        expect(marked(contents[1]?.parts ?? [])).toEqual(marked(all));
      }),
    );
  });
});

describe("what the provider adds", () => {
  const extra = fc.tuple(names, fc.uuid());

  it("never vanishes, wherever it stands", () => {
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        extra,
        fc.nat(5),
        (all, [name, mark], place) => {
          const novel = JSON.parse(`{${JSON.stringify(name)}:{"mark":${JSON.stringify(mark)}}}`);
          const with_ = (base: object): object => merged(base, novel);
          const [first = {}, ...rest] = all;
          const bodies = [
            (): JsonObject => with_(bodyOf(all)) as JsonObject,
            (): JsonObject => bodyOf([with_(first), ...rest]),
            (): JsonObject => bodyOf(all, novel),
            (): JsonObject => bodyOf(all, { content: with_({ parts: all }) }),
            (): JsonObject => bodyOf(all, {}, { usageMetadata: with_({ promptTokenCount: 1 }) }),
            (): JsonObject => bodyOf(all, { groundingMetadata: novel }),
          ];
          const body = bodies[place]!();
          for (const response of [read(body), streamed(body)]) {
            expect(JSON.stringify(toJson(LLMResponseSchema, response))).toContain(mark);
          }
        },
      ),
    );
  });

  it("can always be sent on, whatever numbers it holds", () => {
    const huge = JSON.parse("1e999") as number;
    const bits = [{ jsonPath: "?", numberValue: huge }];
    const body = bodyOf(
      [{ text: "A", novel: huge }, { functionCall: { name: "f", partialArgs: bits } }],
      { novel: [huge], groundingMetadata: { a: huge } },
      { usageMetadata: { promptTokenCount: huge, novel: huge }, novel: { a: huge } },
    );
    expect(JSON.stringify(toJson(LLMResponseSchema, read(body))).match(/Infinity/g)).toHaveLength(
      7,
    );
  });

  it("in place of anything never crashes it but for errors of its own", () => {
    fc.assert(
      fc.property(
        value,
        fc.constantFrom("candidates", "usageMetadata", "promptFeedback", "createTime"),
        (odd, name) => {
          const body = { ...bodyOf([{ text: "A" }]), [name]: odd };
          try {
            read(body);
          } catch (thrown) {
            expect(thrown).toMatchObject({ reason: "PROVIDER_MALFORMED_RESPONSE" });
          }
          stream(body);
        },
      ),
    );
  });
});

/** An object with more members, `__proto__` among them. */
function merged(base: object, more: object): object {
  const text = JSON.stringify(base);
  const added = JSON.stringify(more).slice(1, -1);
  return JSON.parse(`${text.slice(0, -1)}${text === "{}" ? "" : ","}${added}}`);
}
