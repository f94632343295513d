// Proves that the proto, the table of reasons and docs/errors.md name the same reasons and
// statuses.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import { ErrorReason } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import { isReason, reasons } from "../../src/contract/reasons.ts";

const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
const proto = readFileSync(
  new URL("../../proto/nexen/connectors/v1/error.proto", import.meta.url),
  "utf8",
);
const names = Object.keys(ErrorReason).filter((name) => name !== "UNSPECIFIED");

describe("reasons", () => {
  it("are those of the proto", () => {
    expect(Object.keys(reasons).sort()).toEqual([...names].sort());
  });

  it.each(names)("%s has its status in the page and in the proto", (name) => {
    if (!isReason(name)) throw new Error("not in the table");
    const [status] = Object.entries(Code).find(([, code]) => code === reasons[name].code) ?? [];
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| ${status}`, "m"));
    const comment = proto.match(new RegExp(`// (.*)\\n  ERROR_REASON_${name} =`))?.[1];
    expect(comment).toContain(String(status));
  });

  it("fit the limits of AIP-193", () => {
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Z0-9_]{0,61}[A-Z0-9]$/);
  });
});
