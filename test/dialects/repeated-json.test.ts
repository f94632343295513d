// Proves that an object of JSON which is read as the repetition of another is what parsing gives,
// whatever its members, order, spaces, escapes and repeated names are, and that those which are
// written alike are read so.
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { hole, RepeatedJSON } from "../../src/dialects/repeated-json.ts";

const holes = [
  hole("text", "list", 0, "said"),
  hole("noise", "noise"),
  hole("count", "number"),
] as const;

/** The text that `second` is read as where `first` was learned. */
function readAfter(first: string, second: string): string | undefined {
  const repeated = new RepeatedJSON();
  repeated.learn(first, holes);
  return repeated.read(second);
}

/** An object without what nobody reads, and with the text set aside. */
function withoutHoles(json: string) {
  const { noise, number, list, ...rest } = JSON.parse(json);
  const [{ said, ...first }, ...others] = list;
  const kinds = [typeof noise, typeof number, Object.keys(JSON.parse(json)), Object.keys(list[0])];
  return { said, rest: { ...rest, list: [first, ...others], kinds } };
}

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    '"',
    "\\",
    '\\"',
    '","noise":"',
    "\ud83d",
    "\ude00",
    "\n",
    "said",
    "909090909090",
  ),
);
const space = fc.constantFrom("", "", "", " ", "\n", "\t ", "   ");
const scalar = fc.oneof(text, fc.integer(), fc.constant(null), fc.double({ noNaN: true }));
const name = fc.constantFrom("said", "noise", "number", "list", "other", "a\\u0064", "__proto__");

/** A text of JSON: as it is written here, or with its escapes in full. */
const written = fc.tuple(text, fc.boolean()).map(([value, isEscaped]) => {
  const json = JSON.stringify(value);
  return isEscaped
    ? json.replace(
        /[a-z](?![0-9a-f]{0,3})/g,
        (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
      )
    : json;
});

const member = fc.oneof(
  written.map((value) => `"noise":${value}`),
  fc.nat().map((value) => `"number":${value}`),
  fc.tuple(name, scalar).map(([key, value]) => `"${key}":${JSON.stringify(value)}`),
  fc
    .tuple(name, fc.dictionary(name, scalar))
    .map(([key, value]) => `"${key}":${JSON.stringify(value)}`),
);

const chunk = fc
  .tuple(
    fc.array(member, { maxLength: 3 }),
    written,
    fc.array(member, { maxLength: 3 }),
    space,
    space,
  )
  .map(
    ([before, said, after, gap, end]) =>
      `{${[...before, `"list":[{"said":${gap}${said}}]`, ...after].join(`,${gap}`)}${end}}`,
  )
  .filter((json) => Array.isArray(JSON.parse(json).list));

/** A chunk with other values in its holes, and perhaps one byte that is not as it was. */
const variant = fc
  .tuple(
    chunk,
    written,
    written,
    fc.nat(),
    fc.option(fc.tuple(fc.nat(), fc.constantFrom(...'{}[]",:\\ 0a'))),
  )
  .map(([json, said, noise, number, change]) => {
    const other = json
      .replace(/"said":(\s*)"(?:[^"\\]|\\.)*"/, (_, gap: string) => `"said":${gap}${said}`)
      .replace(/"noise":"(?:[^"\\]|\\.)*"/, () => `"noise":${noise}`)
      .replace(/"number":\d+/, () => `"number":${number}`);
    if (change === null) return [json, other] as const;
    const at = change[0] % other.length;
    return [json, other.slice(0, at) + change[1] + other.slice(at + 1)] as const;
  });

describe("a repeated object", () => {
  property.prop([variant], { numRuns: 4_000 })("is what parsing gives", ([first, second]) => {
    const read = readAfter(first, second);
    if (read === undefined) return;
    const before = withoutHoles(first);
    const after = withoutHoles(second);
    expect(read).toBe(after.said);
    expect(after.rest).toEqual(before.rest);
  });

  property.prop([text, text])("is read where only its holes differ", (before, after) => {
    fc.pre(!JSON.stringify(before).includes("909090909090"));
    const written = (said: string, noise: string, number: number) =>
      JSON.stringify({ id: "x", list: [{ said, more: null }], noise, number });
    expect(readAfter(written(before, "n", 1), written(after, "noisy", 70))).toBe(after);
  });

  it.each([
    ["spaces before its end", '{"list":[{"said":"a"}]}', '{"list":[{"said":"b"}]   }', "b"],
    ["the same without a space", '{"list":[{"said":"a"}] }', '{"list":[{"said":"b"}]}', "b"],
    ["other members", '{"list":[{"said":"a"}]}', '{"list":[{"said":"b","c":1}]}', undefined],
    ["a control character", '{"list":[{"said":"a"}]}', '{"list":[{"said":"\n"}]}', undefined],
    ["a wrong escape", '{"list":[{"said":"a"}]}', '{"list":[{"said":"\\x"}]}', undefined],
    [
      "a wrong escape in noise",
      '{"noise":"a","list":[{"said":"a"}]}',
      '{"noise":"\\x","list":[{"said":"b"}]}',
      undefined,
    ],
    ["no end", '{"list":[{"said":"a"}]}', '{"list":[{"said":"b', undefined],
    ["bytes behind it", '{"list":[{"said":"a"}]}', '{"list":[{"said":"b"}]}}', undefined],
    [
      "a number that is none",
      '{"number":1,"list":[{"said":"a"}]}',
      '{"number":01,"list":[{"said":"b"}]}',
      undefined,
    ],
    [
      "the name in another place first",
      '{"other":{"said":"x"},"list":[{"said":"a"}]}',
      '{"other":{"said":"y"},"list":[{"said":"a"}]}',
      undefined,
    ],
    [
      "a name that comes twice",
      '{"list":[{"said":"a","said":"x"}]}',
      '{"list":[{"said":"b","said":"x"}]}',
      undefined,
    ],
  ])("with %s", (_, first, second, said) => {
    expect(readAfter(first, second)).toBe(said);
  });

  it("is looked for no more after eight that came in vain", () => {
    const repeated = new RepeatedJSON();
    const numbered = (id: number) => `{"id":"${id}","list":[{"said":"a"}]}`;
    for (let id = 0; id < 8; id += 1) repeated.learn(numbered(id), holes);
    expect(repeated.read(numbered(7))).toBe("a");
    for (let id = 0; id < 9; id += 1) repeated.learn(numbered(id), holes);
    expect(repeated.read(numbered(8))).toBeUndefined();
  });
});
