// Proves that JSON is parsed as the language parses it, and that numbers a double rounds are
// written again with all their digits, wherever they stand and whatever stands beside them.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { exactText, parseJSON } from "../../src/contract/exact-json.ts";

function again(text: string): string {
  return exactText(parseJSON(text) as JsonValue);
}

describe("a text with long numbers", () => {
  it.each([
    '{"id":1234567890123456789}',
    "[9007199254740993,-9007199254740993,1]",
    '{"a":{"b":[{"c":18446744073709551615}]},"d":9007199254740993}',
    '{"\ud800":"x","id":1234567890123456789}',
    '{"s":"\\ud8000","t":"\\ud800\\ud8001","id":1234567890123456789}',
    '{"__proto__":{"id":1234567890123456789},"id":9007199254740993}',
  ])("is written again as it was: %s", (text) => {
    expect(again(text)).toBe(text.replaceAll("\ud800", "\\ud800"));
  });

  it("reads like any other", () => {
    const text = '{"id":1234567890123456789,"e":1e21,"f":0.1234567890123456789}';
    expect(parseJSON(text)).toEqual(JSON.parse(text));
    expect(() => parseJSON("1234567890123456789,")).toThrow(SyntaxError);
  });

  it("is written as it was changed", () => {
    const value = parseJSON('{"id":1234567890123456789,"of":[9007199254740993]}') as JsonObject;
    value.id = 5;
    expect(exactText(value)).toBe('{"id":5,"of":[9007199254740993]}');
  });

  it("loses its digits in a copy", () => {
    const value = parseJSON('{"id":1234567890123456789}') as { id: number };
    expect(exactText({ ...value })).toBe('{"id":1234567890123456800}');
  });
});

describe("any JSON", () => {
  property.prop([fc.json()])("is read and written as the language does", (text) => {
    const value = JSON.parse(text) as JsonValue;
    expect(parseJSON(text)).toEqual(value);
    expect(JSON.parse(again(text))).toEqual(JSON.parse(JSON.stringify(value)));
  });

  property.prop([fc.array(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })), fc.string()])(
    "keeps every digit of whole numbers, beside any text",
    (numbers, words) => {
      const text = `{"n":[${numbers.join(",")}],"w":${JSON.stringify(words)}}`;
      expect(again(text)).toBe(text);
    },
  );
});
