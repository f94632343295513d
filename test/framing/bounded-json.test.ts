// Proves that JSON is read as the engine reads it, that depth is judged exactly, in linear time and
// without the stack, and that no error repeats a byte of the text.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBoundedJSON } from "../../src/framing/bounded-json.ts";
import { thrownBy } from "../support/framing.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map((member) => depthOf(member)));
}

describe("bounded JSON", () => {
  it("reads whatever JSON can say, up to the depth it has", () => {
    const value = fc.jsonValue({ maxDepth: 6, stringUnit: "binary" });
    const spaces = fc.constantFrom(0, 2);
    fc.assert(
      fc.property(value, spaces, (written, indent) => {
        const text = JSON.stringify(written, null, indent);
        const depth = depthOf(JSON.parse(text));
        expect(parseBoundedJSON(text, depth)).toEqual(JSON.parse(text));
        if (depth > 0) {
          expect(thrownBy(() => parseBoundedJSON(text, depth - 1)).reason).toBe(
            "PROVIDER_MALFORMED_RESPONSE",
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it("counts no bracket of a string", () => {
    const text = '{"a\\\\":"[[[[\\"{{{{","b\\"[[":"\\\\"}';
    expect(parseBoundedJSON(text, 1)).toEqual(JSON.parse(text));
  });

  it("stands a million levels, open strings and endless backslashes", () => {
    const hostile = [
      "[".repeat(1_000_000),
      '{"a":'.repeat(1_000_000),
      `["${"\\".repeat(1_000_000)}`,
      `["${'\\"'.repeat(1_000_000)}`,
      `["${'\\\\"'.repeat(1_000_000)}`,
      "]".repeat(1_000_000),
    ];
    for (const text of hostile) {
      expect(thrownBy(() => parseBoundedJSON(text, 64)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    }
  });

  it("keeps __proto__ as an own member and changes no prototype", () => {
    const value = parseBoundedJSON('{"__proto__":{"polluted":true}}', 64);
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect("polluted" in {}).toBe(false);
  });

  it.each(["", " ", "<html>canary-1</html>", '{"key":"canary-1', '{"a":canary-1}', "undefined"])(
    "refuses %j without repeating it",
    (text) => {
      const error = thrownBy(() => parseBoundedJSON(text, 64));
      expect(error.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
      const said = `${error.message}${JSON.stringify(error.fields)}${String(error.cause)}`;
      expect(said).not.toContain("canary");
    },
  );
});
