// Proves that JSON lines come out the same whatever their endings and cuts, that blank lines are
// none, that the last line counts without its newline only if it is whole, and that lines have a
// limit.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NDJSONFramer } from "../../src/framing/ndjson-framer.ts";
import { cutInto, framesOf, thrownBy } from "../support/framing.ts";

function lines(text: string, cuts: readonly number[] = []): string[] {
  return framesOf(new NDJSONFramer(1000), cutInto(text, cuts)).map((frame) => {
    expect(frame).toMatchObject({ event: "", id: "" });
    return frame.data;
  });
}

describe("JSON lines", () => {
  it("are the same for all endings, blank lines and cuts", () => {
    const line = fc.record({
      value: fc.json({ maxDepth: 2, stringUnit: "binary" }),
      ending: fc.constantFrom("\n", "\r\n", "\n\n", "\n \t\n"),
    });
    const cuts = fc.array(fc.nat(300), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), cuts, (written, at) => {
        const text = written.map(({ value, ending }) => value + ending).join("");
        const expected = written.map(({ value }) => value.toWellFormed());
        expect(lines(text, at)).toEqual(expected);
      }),
    );
  });

  const ends: [title: string, text: string, expected: string[]][] = [
    ["a whole last line without its newline", '{"a":1}\n{"b":"}"}', ['{"a":1}', '{"b":"}"}']],
    ["a last line that was cut", '{"a":1}\n{"b":{}', ['{"a":1}']],
    ["a byte order mark", '\u{feff}{"a":1}\n', ['{"a":1}']],
    ["what is no JSON, for the decoder to judge", "<html>\n", ["<html>"]],
    ["nothing", "", []],
  ];
  it.each(ends)("%s", (_title, text, expected) => {
    expect(lines(text)).toEqual(expected);
    expect(
      lines(
        text,
        Array.from(Buffer.from(text), (_, index) => index),
      ),
    ).toEqual(expected);
  });

  it("have a limit, to the byte", () => {
    expect(lines(`${"x".repeat(1000)}\n`)).toHaveLength(1);
    for (const text of [`${"x".repeat(1001)}\n`, "x".repeat(1001)]) {
      expect(thrownBy(() => lines(text)).reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
      expect(thrownBy(() => lines(text, [500, 900])).reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
    }
  });
});
