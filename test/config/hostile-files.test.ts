// Proves that a file which is broken, or made to be expensive, is refused in bounded time with a
// place to look at (C04, C06, C18). The bound is generous: what it catches takes minutes or for
// ever.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { ConfigurationError, loadConfiguration } from "../../src/config/load-configuration.ts";
import { adapters, load, problems } from "./loading.ts";

const boundMs = 30_000;

vi.setConfig({ testTimeout: 2 * boundMs });

/** The problems of a file, which must be found in time. */
function problemsInTime(yaml: string | Uint8Array): readonly string[] {
  const startMs = performance.now();
  const lines = problems({ yaml });
  expect(performance.now() - startMs).toBeLessThan(boundMs);
  return lines;
}

/** Each line doubles nine times what the line before holds. */
function bomb(): string {
  const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [index, name] of [..."bcdefghi"].entries()) {
    const before = "abcdefgh"[index];
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`);
  }
  return `${lines.join("\n")}\n`;
}

describe("broken YAML (C18)", () => {
  it.each([
    ["a tab as indentation", "a:\n\tb: 1\n", "2:1: a tab is used as indentation: use spaces"],
    [
      "a key twice",
      "limits:\n  tools: 1\n  tools: 2\n",
      "3:3 limits: this key is given twice in one mapping",
    ],
    [
      "two documents",
      "a: 1\n---\nb: 1\n",
      "2:1: the file holds more than one document: expected one",
    ],
    ["an open quote", 'a: "sk-1', "1:9: a closing quote or bracket, a comma or a space is missing"],
    [
      "a value with a colon",
      "a: b: c\n",
      "1:4: a mapping cannot begin here: mend the indentation, or use quotes",
    ],
    ["an unknown tag", "a: !secret sk-1\n", "1:4: this tag is not known"],
    ["an unknown escape", 'a: "\\q"\n', "1:5: this escape is not known in double quotes"],
    ["a key that is a list", "[a]: b\n", "1:1: a key must be a text"],
    ["another YAML", "%YAML 1.1\n---\na: yes\n", "1:1: expected YAML 1.2, and no %YAML line"],
    ["an alias to nothing", "a: *b\n", "1:1: this alias leads to nothing above it, or to itself"],
    [
      "an alias to itself",
      "a: &a [*a]\n",
      "1:8: this alias leads to nothing above it, or to itself",
    ],
    ["a prototype", "__proto__: { x: 1 }\n", "1:1: this key is not allowed: expected another text"],
  ])("tells of %s", (_title, yaml, line) => {
    expect(problems({ yaml })).toEqual([`connectors.yaml:${line}`]);
  });

  it("tells of bytes that are no text", () => {
    const lines = problems({ yaml: Uint8Array.of(0x61, 0x3a, 0xff) });
    expect(lines).toEqual(["connectors.yaml: the file is not UTF-8 text"]);
  });

  it("tells of a folder, and of no file", () => {
    const folder = mkdtempSync(join(tmpdir(), "connectors-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "inner");
    const message = (): string => {
      try {
        loadConfiguration({ file, environment: {}, adapters });
        return "";
      } catch (error) {
        return error instanceof ConfigurationError ? String(error) : "";
      }
    };
    expect(message()).toBe(`${file}: the file does not exist`);
    mkdirSync(file);
    expect(message()).toBe(`${file}: this is a folder, not a file`);
  });
});

describe("a file made to be expensive (C18)", () => {
  it("may not hold a bomb of aliases", () => {
    const lines = problemsInTime(bomb());
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^connectors\.yaml:1:\d+: the file has more than 100000 values/);
  });

  it("may not be larger than 1 MiB", () => {
    const lines = problemsInTime("#".repeat(50 * 1024 * 1024));
    expect(lines).toEqual(["connectors.yaml: the file is larger than 1048576 bytes"]);
  });

  it.each([
    ["brackets", "[".repeat(1_000_000)],
    ["braces", "{a: ".repeat(200_000)],
    ["dashes", "- ".repeat(500_000)],
    ["indentation", Array.from({ length: 1400 }, (_, i) => `${" ".repeat(i)}a:`).join("\n")],
  ])("may not be nested deeper than 32 levels by %s", (_title, yaml) => {
    expect(problemsInTime(yaml)[0]).toMatch(
      /^connectors\.yaml:\d+:\d+: the file is nested deeper than 32 levels$/,
    );
  });

  it("may not hold endless tokens", () => {
    expect(problemsInTime(`[${"1,".repeat(500_000)}]`)[0]).toMatch(
      /: the file has more than 500000 tokens$/,
    );
  });

  it("may have many keys, which are compared in linear time", () => {
    const keys = Array.from({ length: 40_000 }, (_, index) => `k${index}: 1`).join("\n");
    expect(problemsInTime(keys).at(-1)).toBe("connectors.yaml: 39900 more problems are not shown");
  });
});

describe("patterns (C04, C06)", () => {
  const targets = "targets: [{ name: a, adapter: anthropic, api_key: k }]\nroutes:\n";
  const routes = (patterns: readonly string[]): string =>
    targets +
    patterns.map((pattern, i) => `  - { id: r${i}, model: '${pattern}', targets: [a] }\n`).join("");

  it("may look evil: the engine does not backtrack", () => {
    expect(load({ yaml: routes(["^(a+)+$", "(x+x+)+y"]) }).routes).toHaveLength(2);
  });

  it("may not end a quotation with the anchors around them", () => {
    expect(problems({ yaml: routes(["a\\Qb"]) })).toEqual([
      "connectors.yaml:3:15 routes[0].model: the quotation \\Q has no end \\E",
    ]);
  });

  it("may be ten thousand", () => {
    const patterns = Array.from({ length: 10_000 }, (_, index) => `model-${index}-.*`);
    expect(problemsInTime(routes(patterns))).toEqual([]);
  });

  it("may not be more", () => {
    const many = "  - x\n".repeat(10_001);
    expect(problemsInTime(`routes:\n${many}`)).toEqual([
      "connectors.yaml:1:1 routes: expected at most 10000 routes",
    ]);
  });

  it.each([
    ["large", (index: number) => `x{900}${index}`],
    ["wide", (index: number) => `${"[\\x{100}-\\x{20000}]".repeat(20)}${index}`],
    ["beyond ASCII", (index: number) => `${"[À-ῼ]".repeat(80)}${index}`],
    ["too large each", (index: number) => `${"(a?){1000}".repeat(20)}${index}`],
  ])("may not all be %s", (_title, pattern) => {
    const patterns = Array.from({ length: 700 }, (_, index) => pattern(index));
    const lines = problemsInTime(routes(patterns));
    expect(lines.some((line) => line.includes("of all routes together are too large"))).toBe(true);
  });
});
