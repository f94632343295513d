// Proves how the file of a catalogue is read: every member in the units of the contract, and every
// mistake told at once with its line and column, before anything is used.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  catalogueBytesMax,
  parseCatalogue,
  readCatalogueFile,
} from "../../src/config/catalogue-file.ts";
import type { KnownModel } from "../../src/contract/adapter.ts";

const head = "provider: acme\nsource: https://acme.example/prices\nas_of: 2026-11-01\n";
const told = { source: "https://acme.example/prices", asOf: "2026-11-01" };

function modelsOf(yaml: string): readonly KnownModel[] {
  const reading = parseCatalogue(yaml, "models.yaml");
  if ("problems" in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.catalogue.models;
}

function problemsOf(yaml: string): readonly string[] {
  const reading = parseCatalogue(yaml, "models.yaml");
  if (!("problems" in reading)) return [];
  return reading.problems.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
}

describe("a catalogue", () => {
  it("gives each member in the units of the contract", () => {
    const yaml = `${head}priced_when: { usage.speed: [standard] }
cache_write_1h_tokens: usage.writes.hour
models:
  - name: acme-large
    aliases: [acme-large-latest]
    context_tokens: 200000
    output_tokens_max: 8000
    prices:
      input: 2.5
      output: 0
      cache_read: 0.0375
      cache_write: 3.125
      cache_write_1h: 5
      input_audio: 1e-9
      output_audio: 1000000
      until: 2026-12-31
      tiers:
        - { above: 1000, input: 3 }
        - { above: 2000, input: 4, output: 5 }
    prices_at: { acme-cloud: { input: 9 } }
`;
    expect(modelsOf(yaml)).toEqual([
      {
        name: "acme-large",
        aliases: ["acme-large-latest"],
        contextTokens: 200_000,
        outputTokensMax: 8_000,
        prices: {
          input: 2_500_000_000n,
          output: 0n,
          cacheRead: 37_500_000n,
          cacheWrite: 3_125_000_000n,
          cacheWriteHour: 5_000_000_000n,
          inputAudio: 1n,
          outputAudio: 1_000_000_000_000_000n,
          until: "2026-12-31",
          tiers: [
            { aboveInputTokens: 1000n, input: 3_000_000_000n },
            { aboveInputTokens: 2000n, input: 4_000_000_000n, output: 5_000_000_000n },
          ],
        },
        pricesAt: { "acme-cloud": { input: 9_000_000_000n } },
        pricedWhen: { "usage.speed": ["standard"] },
        hourWritesAt: "usage.writes.hour",
        ...told,
      },
    ]);
  });

  it("leaves out what it does not say: an unknown price is not 0", () => {
    expect(modelsOf(`${head}models: [{ name: a }]`)).toEqual([{ name: "a", ...told }]);
  });

  it("lets an entry say where it is from, and when", () => {
    const entry = "{ name: a, source: http://other.example/, as_of: 2026-01-02 }";
    expect(modelsOf(`${head}models: [${entry}]`)).toEqual([
      { name: "a", source: "http://other.example/", asOf: "2026-01-02" },
    ]);
  });

  it.each([
    ["true", { retired: true }],
    ["2026-10-31", { retired: true, retiresOn: "2026-10-31" }],
    ["2026-11-01", { retired: true, retiresOn: "2026-11-01" }],
    ["2026-11-02", { retiresOn: "2026-11-02" }],
  ])("takes `retired: %s` by the day of the file", (value, expected) => {
    const [model] = modelsOf(`${head}models: [{ name: a, retired: ${value}, successor: b }]`);
    expect(model).toEqual({ name: "a", successor: "b", ...expected, ...told });
  });

  it("takes every price of up to nine decimals exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999n }), (nanos) => {
        const digits = String(nanos).padStart(10, "0");
        const dollars = `${digits.slice(0, -9)}.${digits.slice(-9)}`;
        const [model] = modelsOf(`${head}models: [{ name: a, prices: { input: ${dollars} } }]`);
        expect(model?.prices?.input).toBe(nanos);
      }),
    );
  });
});

it("the example of the page is one", () => {
  const page = readFileSync(new URL("../../docs/models.md", import.meta.url), "utf8");
  const [, example = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const [large, small] = modelsOf(example);
  expect(Object.keys(large?.prices ?? {})).toHaveLength(9);
  expect(large?.pricesAt).toEqual({ azure: { input: 2_500_000_000n, output: 10_000_000_000n } });
  expect(small).toMatchObject({ retired: true, successor: "acme-large" });
});

describe("mistakes", () => {
  it("are told all at once, each with its place", () => {
    const yaml = `provider: Acme Inc
source: ftp://acme.example/
as_of: 2026-02-30
models:
  - name: "two words"
    context_tokens: 0
    colour: red
    prices: { input: "2", output: -1, cache_read: 0.0000000001 }
  - prices: { tiers: [{ above: 5 }, { above: 5 }] }
  - { name: c, retired: soon }
`;
    expect(problemsOf(yaml)).toEqual([
      "1:1 provider: expected a name in lower case",
      "2:1 source: expected a public http address without a user or a password",
      "3:1 as_of: expected a day, such as 2026-11-23",
      "5:5 models[0].name: expected a name of 1 to 200 characters, without spaces",
      "6:5 models[0].context_tokens: expected a whole number of tokens, 1 to 1000000000",
      "7:5 models[0].colour: this key is not known here",
      expect.stringMatching(/^8:15 models\[0\]\.prices\.input: expected US dollars per million/),
      expect.stringMatching(/^8:27 models\[0\]\.prices\.output: expected US dollars/),
      expect.stringMatching(/^8:39 models\[0\]\.prices\.cache_read: .* at most 9 decimals$/),
      "9:5 models[1].name: is required",
      expect.stringMatching(/^9:39 models\[1\]\.prices\.tiers\[1\]\.above: expected a larger size/),
      expect.stringMatching(/^10:16 models\[2\]\.retired: expected the day of retirement/),
    ]);
  });

  it.each([
    ["a name given twice", "[{ name: a }, { name: A }]", "models[1].name"],
    ["an alias that is a name", "[{ name: a }, { name: b, aliases: [a] }]", "models[1].aliases[0]"],
    ["a successor of one that lives", "[{ name: a, successor: b }]", "models[0].successor"],
    [
      "one that follows itself",
      "[{ name: a, retired: true, successor: A }]",
      "models[0].successor",
    ],
    ["a list that is none", "5", "models"],
    ["a path that is none", '[{ name: a, priced_when: { "a b": [c] } }]', "models[0].priced_when"],
  ])("%s is one", (_, models, path) => {
    expect(problemsOf(`${head}models: ${models}`).join("\n")).toContain(` ${path}`);
  });

  it("an address may hold no secret", () => {
    const yaml = head.replace("https://", "https://user:hunter2@");
    expect(problemsOf(`${yaml}models: []`)).toHaveLength(1);
    expect(problemsOf(`${yaml}models: []`).join()).not.toContain("hunter2");
  });

  it("of YAML itself keep their place", () => {
    expect(problemsOf(`${head}models:\n  - { name: a\n`)).toEqual([
      expect.stringMatching(/^[56]:\d+ : /),
    ]);
  });

  it("a file that is too large or not there is told so", () => {
    const folder = mkdtempSync(join(tmpdir(), "connectors-catalogue-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "large.yaml");
    writeFileSync(file, `${head}models: []\n${"#".repeat(catalogueBytesMax)}`);
    expect(readCatalogueFile(file)).toMatchObject({
      problems: [{ file, line: 0, message: expect.stringContaining("is larger than") }],
    });
    expect(readCatalogueFile(join(folder, "none.yaml"))).toMatchObject({
      problems: [{ message: "the file does not exist" }],
    });
  });
});
