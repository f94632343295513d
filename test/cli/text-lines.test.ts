// Proves that lines are the same wherever the bytes of a text are cut.
import { fc, test } from "@fast-check/vitest";
import { expect, it } from "vitest";
import { type TextLine, textLines } from "../../src/cli/text-lines.ts";

async function linesOf(chunks: readonly Uint8Array[], strict = true): Promise<readonly TextLine[]> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const lines: TextLine[] = [];
  for await (const line of textLines(source(), strict)) lines.push(line);
  return lines;
}

test.prop({
  lines: fc.array(fc.string({ unit: fc.constantFrom("a", "é", "😀", " ", "\t") })),
  end: fc.constantFrom("\n", "\r\n"),
  cuts: fc.array(fc.nat(200)),
})("of any pieces are those of the whole", async ({ lines, end, cuts }) => {
  const bytes = Buffer.from(lines.join(end) + end);
  const places = [0, ...cuts.filter((cut) => cut < bytes.length).toSorted((a, b) => a - b)];
  const chunks = places.map((from, index) => bytes.subarray(from, places[index + 1]));
  const found = await linesOf(chunks);
  expect(found.map(({ text }) => text)).toEqual(lines.length === 0 ? [""] : lines);
  expect(found.map(({ number }) => number)).toEqual(found.map((_, index) => index + 1));
  expect(found.every(({ isEnded }) => isEnded)).toBe(true);
});

it("the last one may lack its end", async () => {
  expect(await linesOf([Buffer.from("a\nb")])).toEqual([
    { text: "a", number: 1, isEnded: true },
    { text: "b", number: 2, isEnded: false },
  ]);
  expect(await linesOf([])).toEqual([]);
});

it("bytes that are no UTF-8 throw, or are replaced", async () => {
  const cut = Buffer.from("é").subarray(0, 1);
  await expect(linesOf([cut])).rejects.toThrow(TypeError);
  expect(await linesOf([cut], false)).toEqual([{ text: "\ufffd", number: 1, isEnded: false }]);
});
