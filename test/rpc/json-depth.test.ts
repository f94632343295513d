// Proves that JSON is refused by its depth before it is parsed, whatever stands in its strings.
import { ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkJSONDepth } from "../../src/rpc/json-depth.ts";

const isRefused = (text: string, depthMax: number): boolean => {
  try {
    checkJSONDepth(Buffer.from(text), depthMax);
    return false;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ConnectError);
    return true;
  }
};

const depthOf = (value: unknown): number =>
  typeof value === "object" && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;

describe("the depth of JSON from a caller", () => {
  it("is judged as a parser would", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.integer({ min: 0, max: 8 }), (value, max) => {
        const text = JSON.stringify(value);
        // What is no longer than the depth cannot be deeper than it.
        expect(isRefused(text, max)).toBe(depthOf(value) > max);
      }),
    );
  });

  it("does not count what stands in strings", () => {
    expect(isRefused(JSON.stringify('[[["\\[[[["'), 2)).toBe(false);
    expect(isRefused(JSON.stringify({ '{"[': ["]}]}", "\\"] }), 2)).toBe(false);
  });

  it("stops at the first level that is too many", () => {
    expect(isRefused("[".repeat(1_000_000), 64)).toBe(true);
    expect(isRefused(`{"a":`.repeat(65), 64)).toBe(true);
  });
});
