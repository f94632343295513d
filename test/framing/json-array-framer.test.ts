// Proves that a JSON array is cut into its elements wherever the bytes are cut, that an element is
// given at its last byte, and that what is no array of objects, or too large, is a typed error.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JSONArrayFramer } from "../../src/framing/json-array-framer.ts";
import { cutInto, framesOf, thrownBy } from "../support/framing.ts";

function elements(text: string, cuts: readonly number[] = []): string[] {
  return framesOf(new JSONArrayFramer(1000), cutInto(text, cuts)).map((frame) => frame.data);
}

describe("a stream that is one JSON array", () => {
  it("gives its elements for all values, spaces and cuts", () => {
    const value = fc.oneof(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ stringUnit: "binary" })),
      fc.array(fc.jsonValue({ stringUnit: "binary" }), { maxLength: 3 }),
    );
    const element = fc.record({
      value: value.map((json) => JSON.stringify(json)),
      space: fc.constantFrom("", "\n", " \r\n\t"),
    });
    const cuts = fc.array(fc.nat(300), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 5 }), cuts, (written, at) => {
        const texts = written.map(({ value: text, space }) => space + text + space);
        const expected = written.map((item) => item.value.toWellFormed());
        const framer = new JSONArrayFramer(1024 * 1024);
        const chunks = cutInto(`[${texts.join(",")}]\n`, at);
        expect(framesOf(framer, chunks).map((frame) => frame.data)).toEqual(expected);
      }),
    );
  });

  it("is the same when it is cut at every byte", () => {
    const text = '[{"a":"]}\\"\\\\"},\n{"b":[{"ü":"🦀"}]}\n]\n';
    const whole = elements(text);
    expect(whole).toEqual(['{"a":"]}\\"\\\\"}', '{"b":[{"ü":"🦀"}]}']);
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(elements(text, [cut])).toEqual(whole);
    expect(
      elements(
        text,
        Array.from(bytes, (_, index) => index),
      ),
    ).toEqual(whole);
  });

  it("gives an element at its last byte, not when the next one begins", () => {
    const framer = new JSONArrayFramer(1000);
    expect(framer.push(Buffer.from('[{"a":1'))).toEqual([]);
    expect(framer.push(Buffer.from("}"))).toEqual([{ event: "", data: '{"a":1}', id: "" }]);
    expect(framer.push(Buffer.from(","))).toEqual([]);
  });

  const shapes: [title: string, text: string, expected: string[]][] = [
    ["an empty array", " [ ] ", []],
    ["a byte order mark", "\u{feff}[{}]", ["{}"]],
    ["a bare object", '{"error":{"code":500}}\n', ['{"error":{"code":500}}']],
    ["what follows the array", "[{}]{}[1] x", ["{}"]],
    ["what follows a bare object", "{}{}x", ["{}"]],
    ["no end of the array", "[{},", ["{}"]],
    ["an element that was cut", '[{},{"a":', ["{}"]],
    ["nothing", "", []],
  ];
  it.each(shapes)("%s", (_title, text, expected) => {
    expect(elements(text)).toEqual(expected);
  });

  it.each(["<html>", '"text"', "[1]", "[{}x]", "[null]", "data: {}"])("refuses %s", (text) => {
    expect(thrownBy(() => elements(text)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("limits an element, to the byte, and not the array", () => {
    const element = `{"a":"${"x".repeat(992)}"}`;
    expect(elements(`[${element},${element},${element}]`)).toHaveLength(3);
    const larger = `[{}, {"a":"${"x".repeat(993)}"}]`;
    expect(thrownBy(() => elements(larger)).reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
    expect(thrownBy(() => elements(larger, [600, 700])).reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
    const endless = `[{"a":"${"x".repeat(5000)}`;
    expect(thrownBy(() => elements(endless)).reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
  });
});
