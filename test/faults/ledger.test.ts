// Proves that the ledger of faults is whole: every case of the matrix and every reason is there
// once, with a test that exists, or with a word why not; and that docs/faults.md is what is written
// from it.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import { reasons } from "../../src/contract/reasons.ts";
import { errorTable } from "./error-table.ts";
import type { Proof } from "./fault-case.ts";
import { faultsPage } from "./faults-page.ts";
import { chapters } from "./ledger.ts";
import { otherReasons, rowProofs } from "./ledger-rows.ts";
import { testTitles } from "./test-titles.ts";

const titles = new Map<string, ReadonlySet<string>>();

/** What is missing of proofs: their files' titles do not hold them. */
function missing(proofs: readonly Proof[]): readonly string[] {
  return proofs.flatMap(([file, title]) => {
    const found = titles.get(file) ?? testTitles(file);
    titles.set(file, found);
    return found.has(title) ? [] : [`${file}: ${title}`];
  });
}

describe("the matrix", () => {
  it("has 144 cases, each once and in order", () => {
    const ids = chapters.flatMap(({ cases }) => cases.map(({ id }) => id));
    const wanted = chapters.flatMap(({ letter, count }) =>
      Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`),
    );
    expect(ids).toEqual(wanted);
    expect(ids.length).toBe(144);
  });

  it.each(chapters)("has a test, or a word why not, for each case of $letter", ({ cases }) => {
    const unproved = cases.filter(({ proofs, open }) => proofs.length === 0 && !open);
    expect(unproved).toEqual([]);
    expect(missing(cases.flatMap(({ proofs }) => proofs))).toEqual([]);
  });

  it("finds a test that is not there", () => {
    expect(missing([["test/faults/ledger.test.ts", "is nowhere"]])).toHaveLength(1);
    expect(() => missing([["test/faults/nowhere.test.ts", "at all"]])).toThrow();
  });
});

describe("the table of failures", () => {
  it("has every reason, in a row or on its own, with a test", () => {
    const proved = [...errorTable.map(({ reason }) => reason), ...Object.keys(otherReasons)];
    expect([...new Set(proved)].toSorted()).toEqual(Object.keys(reasons).toSorted());
    expect(missing([...rowProofs, ...Object.values(otherReasons).flat()])).toEqual([]);
  });

  it("has the status that each reason fixes", () => {
    for (const { reason, status, signal } of errorTable) {
      expect(Object.entries(Code), signal).toContainEqual([status, reasons[reason].code]);
    }
  });
});

it("is what docs/faults.md tells", () => {
  const page = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
  expect(page).toBe(faultsPage());
});
