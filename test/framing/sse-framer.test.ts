// Proves that server-sent events come out the same whatever their line endings and wherever the
// bytes are cut, that the rules of the WHATWG standard hold (with the one documented deviation at
// the end), and that no line, event or number of events makes the framer slow or large.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/contract/adapter.ts";
import { SSEFramer } from "../../src/framing/sse-framer.ts";
import { cutInto, framesOf, heapUsedBytes, thrownBy } from "../support/framing.ts";

const mebibyte = 1024 * 1024;

function frames(text: string | Uint8Array, cuts: readonly number[] = []): readonly Frame[] {
  return framesOf(new SSEFramer(mebibyte), cutInto(text, cuts));
}

function data(text: string | Uint8Array, cuts: readonly number[] = []): string[] {
  return frames(text, cuts).map((frame) => frame.data);
}

const lineText = fc
  .string({ unit: "binary", maxLength: 12 })
  .map((text) => text.replaceAll(/[\r\n]/g, "⏎").toWellFormed());

interface WrittenEvent {
  readonly event: string;
  readonly id: string;
  readonly data: readonly string[];
  readonly spaced: boolean;
  readonly comment: string | null;
}

const writtenEvent: fc.Arbitrary<WrittenEvent> = fc.record({
  event: fc.constantFrom("", "message_start", "ping"),
  id: fc.constantFrom("", "7", "é"),
  data: fc.array(lineText, { minLength: 1, maxLength: 3 }),
  spaced: fc.boolean(),
  comment: fc.option(lineText),
});

function linesOf(written: WrittenEvent): string[] {
  const space = written.spaced ? " " : "";
  return [
    ...(written.comment === null ? [] : [`:${written.comment}`]),
    ...(written.event === "" ? [] : [`event:${space}${written.event}`]),
    ...(written.id === "" ? [] : [`id:${space}${written.id}`]),
    // One leading space belongs to the syntax, so data that begins with one needs another.
    ...written.data.map((part) => `data:${part.startsWith(" ") ? " " : space}${part}`),
    "",
  ];
}

/**
 * The lines, each with an ending of its own; CR before a bare LF becomes CRLF, or it would be one.
 */
function joined(lines: readonly string[], endings: Iterator<string>): string {
  let text = "";
  for (const line of lines) {
    text += line;
    const ending: string = endings.next().value;
    text += text.endsWith("\r") && ending === "\n" ? "\r\n" : ending;
  }
  return text;
}

describe("a stream of server-sent events", () => {
  it("is the same for all line endings, spaces, comments and cuts", () => {
    const stream = fc.record({
      events: fc.array(writtenEvent, { maxLength: 6 }),
      endings: fc.infiniteStream(fc.constantFrom("\n", "\r", "\r\n")),
      mark: fc.boolean(),
      cuts: fc.array(fc.nat(400), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(stream, ({ events, endings, mark, cuts }) => {
        const lines = events.flatMap((event) => linesOf(event));
        const text = (mark ? "\u{feff}" : "") + joined(lines, endings);
        let id = "";
        const expected = events.map((event): Frame => {
          if (event.id !== "") id = event.id;
          return { event: event.event, data: event.data.join("\n"), id };
        });
        expect(frames(text, cuts)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it("is the same when it is cut at every byte, in the middle of characters too", () => {
    const text = 'event: a\r\ndata: {"text":"żółć 漢字 🦀"}\r\n\r\ndata:é\n\n';
    const bytes = Buffer.from(text);
    const whole = frames(bytes);
    expect(whole.map((frame) => frame.data)).toEqual(['{"text":"żółć 漢字 🦀"}', "é"]);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(frames(bytes, [cut])).toEqual(whole);
    const every = Array.from(bytes, (_, index) => index);
    expect(frames(bytes, every)).toEqual(whole);
  });

  it("decodes bytes that are not UTF-8 as the standard's decoder does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(50), (raw, cut) => {
        const payload = raw.map((byte) => (byte === 10 || byte === 13 ? 63 : byte));
        const bytes = Buffer.concat([Buffer.from("data: "), payload, Buffer.from("\n\n")]);
        const expected = new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload);
        expect(data(bytes, [cut])).toEqual([expected]);
      }),
    );
  });

  const rules: [title: string, text: string, expected: Frame[]][] = [
    ["a comment is nothing", ": ping\n\n:\n\n", []],
    ["an event without data is none", "event: a\nid: 1\n\n", []],
    [
      "an id lasts until the next, also one of an event without data",
      "id: 1\n\ndata: a\n\ndata: b\nid\n\ndata: c\n\n",
      [
        { event: "", data: "a", id: "1" },
        { event: "", data: "b", id: "" },
        { event: "", data: "c", id: "" },
      ],
    ],
    ["an id with NUL is ignored", "id: \0\ndata: a\n\n", [{ event: "", data: "a", id: "" }]],
    ["a name lasts for one event", "event: a\n\ndata: b\n\n", [{ event: "", data: "b", id: "" }]],
    [
      "the last name of an event counts",
      "event: a\nevent: b\ndata: c\n\n",
      [{ event: "b", data: "c", id: "" }],
    ],
    ["a field without a colon is empty", "data\n\n", [{ event: "", data: "", id: "" }]],
    ["two of them are two empty lines", "data\ndata\n\n", [{ event: "", data: "\n", id: "" }]],
    ["one space goes, no more", "data:  a \n\n", [{ event: "", data: " a ", id: "" }]],
    ["only the first colon ends a name", "data: a: b\n\n", [{ event: "", data: "a: b", id: "" }]],
    ["a name is exact", "Data: a\ndata : b\n data: c\n\n", []],
    ["`retry` and unknown fields are nothing", "retry: 5\nfoo: bar\n\n", []],
    [
      "a byte order mark is one only before the first line",
      "\u{feff}data: a\n\n\u{feff}data: b\n\n",
      [{ event: "", data: "a", id: "" }],
    ],
  ];
  it.each(rules)("obeys the standard: %s", (_title, text, expected) => {
    expect(frames(text)).toEqual(expected);
    expect(
      frames(
        text,
        Array.from(Buffer.from(text), (_, index) => index),
      ),
    ).toEqual(expected);
  });

  it("is not ended by a carriage return that waits for its line feed", () => {
    const framer = new SSEFramer(mebibyte);
    expect(framer.push(Buffer.from("data: a\r\n\r"))).toHaveLength(1);
    expect(framer.push(Buffer.from("\n"))).toEqual([]);
    expect(framer.push(Buffer.from("data: b\n\n"))).toHaveLength(1);
  });

  it("gives the frames of a chunk at once and keeps earlier answers as they were", () => {
    const framer = new SSEFramer(mebibyte);
    const first = framer.push(Buffer.from("data: a\n"));
    expect(framer.push(Buffer.from("\ndata: b\n\ndata: c"))).toHaveLength(2);
    expect(first).toEqual([]);
  });
});

describe("the end of a stream", () => {
  const ends: [title: string, text: string, expected: string[]][] = [
    ["without the blank line", 'data: {"a":1}\n', ['{"a":1}']],
    ["without any newline", 'data: {"a":1}', ['{"a":1}']],
    ["after a mark", "data: [DONE]", ["[DONE]"]],
    ["in several lines", 'data: {\ndata: "a":1}', ['{\n"a":1}']],
    ["in the middle of an object", 'data: {"a":{"b":1}', []],
    ["in the middle of a mark", "data: [DON", []],
    ["in the middle of a field's name", "dat", []],
    ["in plain text, which may be cut", "data: hello", []],
    ["after a whole event", "data: a\n\n", ["a"]],
  ];
  it.each(ends)("%s", (_title, text, expected) => {
    expect(data(text)).toEqual(expected);
  });

  it("gives a cut object at no cut", () => {
    const text = 'data: {"text":"a } \\" ] b","more":[{"x":{}}]}\n\n';
    const whole = text.trimEnd().length;
    for (let length = 0; length < text.length; length += 1) {
      expect(data(text.slice(0, length)), `cut at ${length}`).toHaveLength(length < whole ? 0 : 1);
    }
  });
});

describe("the limit of an event", () => {
  it("holds for one line, to the byte", () => {
    const line = (bytes: number): Buffer => Buffer.from(`data:${"x".repeat(bytes - 6)}\n\n`);
    const framer = new SSEFramer(1000);
    expect(framer.push(line(1000))[0]?.data).toHaveLength(994);
    expect(thrownBy(() => new SSEFramer(1000).push(line(1001))).reason).toBe(
      "PROVIDER_RESPONSE_TOO_LARGE",
    );
  });

  it("counts each event anew, and all lines of one", () => {
    const framer = new SSEFramer(100);
    const event = Buffer.from(`data: ${"x".repeat(80)}\n\n`);
    for (let count = 0; count < 10; count += 1) expect(framer.push(event)).toHaveLength(1);
    const half = Buffer.from(`data: ${"x".repeat(50)}\n`);
    framer.push(half);
    expect(thrownBy(() => framer.push(half)).reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
  });

  it("does not count comments, however many lines they have", () => {
    const framer = new SSEFramer(100);
    const pings = Buffer.from(": ping\n".repeat(1000));
    expect(framer.push(pings)).toEqual([]);
    expect(framer.push(Buffer.from("data: a\n\n"))).toHaveLength(1);
  });

  it("stops a line of 100 MB at the limit, with memory for little more", () => {
    const framer = new SSEFramer(8 * mebibyte);
    const piece = Buffer.alloc(64 * 1024, "x");
    framer.push(Buffer.from("data: "));
    const before = process.memoryUsage().arrayBuffers;
    let pushed = 0;
    const error = thrownBy(() => {
      for (; pushed < 100 * mebibyte; pushed += piece.length) framer.push(piece);
    });
    expect(error.reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
    expect(pushed).toBeLessThanOrEqual(8 * mebibyte);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * mebibyte);
  });
});

describe("cost", () => {
  it("is linear when every byte comes alone", () => {
    const framer = new SSEFramer(2 * mebibyte);
    const byte = Buffer.from("x");
    framer.push(Buffer.from("data: "));
    for (let count = 0; count < mebibyte; count += 1) framer.push(byte);
    expect(framer.push(Buffer.from("\n\n"))[0]?.data).toHaveLength(mebibyte);
  });

  it("keeps memory flat over a million tiny events", () => {
    const framer = new SSEFramer(mebibyte);
    const chunk = Buffer.from('data: {"d":"x"}\n\n'.repeat(1000));
    const before = heapUsedBytes();
    let count = 0;
    for (let round = 0; round < 1000; round += 1) count += framer.push(chunk).length;
    expect(count).toBe(1_000_000);
    expect(heapUsedBytes() - before).toBeLessThan(5 * mebibyte);
  });
});
