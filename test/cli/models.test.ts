// Proves what `connector-tool models` prints for people and for machines, and that `models sync`
// reads the public lists of models.dev and LiteLLM, tells what is new, changed and missing, and
// writes files that the reader of catalogues takes, or, where anything is wrong, nothing at all.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCatalogueFile } from "../../src/config/catalogue-file.ts";
import { runTool } from "./run-tool.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

async function printed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runTool(args, scene().environment);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

async function lines(...args: readonly string[]): Promise<readonly string[]> {
  return (await printed(...args)).trimEnd().split("\n");
}

describe("models", () => {
  it("prints a table of those that live, with context, prices and what is to come", async () => {
    const [head, ...rows] = await lines("models");
    expect(head).toMatch(/^model +provider +targets +context +in +out +cached$/);
    const row = (name: string) => rows.find((each) => each.startsWith(`${name} `));
    expect(row("claude-sonnet-5")).toMatch(/ anthropic +anthropic +1,000,000 +2 +10 +0\.2$/);
    expect(row("gpt-4o")).toMatch(/ 2\.5 +10 +1\.25 +retires 2027-01-14, see gpt-6-luna$/);
    expect(row("gpt-5.5")).toMatch(/ other prices above 272,000 tokens$/);
    expect(row("llama-70b")).toMatch(/ llama +none +- +- +- +-$/);
    expect(rows.join("\n")).not.toContain("retired");
    expect(rows.at(-1)).toContain("US dollars per million tokens");
  });

  it("ends its numbers in one column each", async () => {
    const table = (await lines("models")).slice(0, -2);
    const end = table[0]!.indexOf("context") + "context".length;
    for (const row of table) expect(row.slice(end - 1, end + 2), row).toMatch(/^[\dt-] {2}$/);
  });

  it("prints retired ones, or only those", async () => {
    const all = await lines("models", "--all");
    const gone = await lines("models", "--retired");
    expect(all.find((row) => row.startsWith("claude-3-sonnet "))).toContain(
      "retired 2025-07-21, see claude-sonnet-4-6",
    );
    expect(gone.slice(1, -2).every((row) => row.includes("retired"))).toBe(true);
    expect(all.length).toBe((await lines("models")).length + gone.length - 3);
    expect(await runTool(["models", "--all", "--retired"])).toMatchObject({ code: 2 });
  });

  it("prints a line of JSON for each model", async () => {
    const models = (await lines("models", "--provider", "openai", "--json")).map((line) =>
      JSON.parse(line),
    );
    expect(models.length).toBeGreaterThan(3);
    expect(models.every(({ provider }) => provider === "openai")).toBe(true);
    expect(models.find(({ name }) => name === "gpt-5.5")).toMatchObject({
      targets: ["openai"],
      contextTokens: "1050000",
      prices: {
        inputNanos: "5000000000",
        tiers: [{ aboveInputTokens: "272000", prices: { inputNanos: "10000000000" } }],
      },
      source: expect.stringMatching(/^https:/),
      asOf: expect.stringMatching(/^20/),
    });
  });
});

const modelsDev = {
  openai: {
    id: "openai",
    models: {
      "gpt-4o": { limit: { context: 128_000, output: 16_384 }, cost: { input: 2.5, output: 11 } },
      "gpt-next": {
        limit: { context: 2_000_000, output: 0 },
        cost: {
          ...{ input: 1.25, output: 0, reasoning: 0 },
          tiers: [{ input: 2.5, output: 1e-9, tier: { type: "context", size: 200_000 } }],
        },
      },
      "gpt-picture": { modalities: { input: ["text"], output: ["image"] }, cost: { input: "?" } },
      "gpt-mused": { cost: { input: 1, output: 2, reasoning: 3 } },
    },
  },
  groq: { id: "groq", models: { "openai/gpt-oss-20b": { cost: { input: 0.075, output: 0.4 } } } },
  "some-host": { id: "some-host", models: { "gpt-4o": { cost: "not looked at" } } },
};

const lite = {
  sample_spec: { litellm_provider: "one of …", max_tokens: "text" },
  "gpt-4o": {
    ...{ litellm_provider: "openai", mode: "chat", max_input_tokens: 128_000 },
    ...{ input_cost_per_token: 2.5e-6, output_cost_per_token: 1e-5 },
    cache_read_input_token_cost: 1.25e-6,
  },
  "gemini/gemini-next": {
    ...{ litellm_provider: "gemini", mode: "chat", max_output_tokens: 65_536 },
    ...{ input_cost_per_token: 7.5e-8, input_cost_per_token_above_128k_tokens: 1.5e-7 },
    deprecation_date: "2031-05-06",
  },
  "groq/openai/gpt-oss-20b": {
    ...{ litellm_provider: "groq", mode: "chat", deprecation_date: "2031-01-01" },
    ...{ input_cost_per_token: 7.5e-8, output_cost_per_token: 3e-7 },
  },
  "gpt-pictures": {
    litellm_provider: "openai",
    mode: "image_generation",
    input_cost_per_token: -1,
  },
};

async function sync(list: unknown, ...args: readonly string[]) {
  const text = typeof list === "string" ? list : JSON.stringify(list);
  const file = scene().file("list.json", text);
  const run = await runTool(["models", "sync", file, ...args], scene().environment);
  return { ...run, file };
}

describe("models sync", () => {
  it("knows a list of models.dev, and tells what it says otherwise", async () => {
    const { code, stdout } = await sync(modelsDev, "--provider", "openai");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^a list of models\.dev: 2 new, 1 changed, \d+ missing\n/);
    expect(stdout).toMatch(/^changed +openai +direct +gpt-4o +output 10 -> 11$/m);
    expect(stdout).toMatch(
      /^new +openai +direct +gpt-next +context 2000000; input 1\.25; output 0; input above 200000 2\.5; output above 200000 0\.000000001$/m,
    );
    // Thinking at a price of its own cannot be said: the price of output is left out.
    expect(stdout).toMatch(/^new +openai +direct +gpt-mused +input 1$/m);
    expect(stdout).toMatch(/^missing +openai +direct +gpt-5\.5$/m);
    expect(stdout).not.toMatch(/missing .* gpt-4-32k|gpt-picture|llama/);
  });

  it("knows a list of LiteLLM, and of hosts takes their prices only", async () => {
    const { stdout } = await sync(lite, "--json");
    const differences = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(differences.filter(({ kind }) => kind !== "missing")).toEqual([
      {
        ...{ kind: "new", provider: "google", place: "", model: "gemini-next" },
        changes: [
          ...["output_max 65536", "retires 2031-05-06", "input 0.075"],
          "input above 128000 0.15",
        ],
      },
    ]);
    expect(differences).toContainEqual({
      ...{ kind: "missing", provider: "llama", place: "groq", model: "openai/gpt-oss-120b" },
      changes: [],
    });
  });

  it("writes files that can be read, with where they are from and of which day", async () => {
    const folder = join(dirname(scene().file("x", "")), "out");
    const origin = ["--source", "https://lists.example/1", "--as-of", "2026-11-20"];
    const { code, stdout } = await sync(modelsDev, "--out", folder, ...origin);
    expect(code).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(["llama.yaml", "openai.yaml"]);
    expect(stdout).toContain(`wrote ${join(folder, "openai.yaml")}\n`);
    const told = { source: "https://lists.example/1", asOf: "2026-11-20" };
    expect(readCatalogueFile(join(folder, "openai.yaml"))).toEqual({
      catalogue: {
        provider: "openai",
        models: [
          {
            ...{ name: "gpt-4o", contextTokens: 128_000, outputTokensMax: 16_384, ...told },
            prices: { input: 2_500_000_000n, output: 11_000_000_000n, cacheRead: 1_250_000_000n },
          },
          { name: "gpt-mused", prices: { input: 1_000_000_000n }, ...told },
          {
            ...{ name: "gpt-next", contextTokens: 2_000_000, ...told },
            prices: {
              ...{ input: 1_250_000_000n, output: 0n },
              tiers: [{ aboveInputTokens: 200_000n, input: 2_500_000_000n, output: 1n }],
            },
          },
        ],
      },
    });
    expect(readCatalogueFile(join(folder, "llama.yaml"))).toEqual({
      catalogue: {
        provider: "llama",
        models: [
          {
            ...{ name: "openai/gpt-oss-20b", ...told },
            pricesAt: {
              groq: { input: 75_000_000n, output: 400_000_000n, cacheRead: 37_500_000n },
            },
          },
        ],
      },
    });
  });

  it("writes nothing over a file that is there, and then nothing beside it", async () => {
    const folder = join(dirname(scene().file("x", "")), "taken");
    mkdirSync(folder);
    writeFileSync(join(folder, "openai.yaml"), "mine");
    const { code, stderr } = await sync(modelsDev, "--out", folder);
    expect([code, stderr]).toEqual([1, expect.stringContaining("this file exists")]);
    expect(readdirSync(folder)).toEqual(["openai.yaml"]);
    expect(readFileSync(join(folder, "openai.yaml"), "utf8")).toBe("mine");
  });

  it("tells every problem of a list with its place, and writes nothing", async () => {
    const folder = join(dirname(scene().file("x", "")), "none");
    const bad = {
      openai: {
        models: {
          a: { limit: { context: -4 }, cost: { input: "1", output: -2 } },
          b: 3,
          c: { cost: { tiers: [{ tier: { size: "x" } }] } },
        },
      },
      groq: 5,
    };
    const { code, stdout, stderr, file } = await sync(bad, "--out", folder);
    expect([code, stdout]).toEqual([1, ""]);
    for (const path of [
      ...["a.limit.context", "a.cost.input", "a.cost.output", "b", "c.cost.tiers[0].tier.size"],
    ]) {
      expect(stderr).toContain(`\n  ${file} openai.models.${path}: expected `);
    }
    expect(stderr).toContain(`\n  ${file} groq.models: expected an object`);
    expect(stderr).toMatch(/the list has 6 problems/);
    expect(existsSync(folder)).toBe(false);
  });

  it("shows names of a list without what steers a terminal", async () => {
    const { stderr } = await sync({ openai: { models: { "\u001b[2Jx": 5 } } });
    expect(stderr).toContain("openai.models.\ufffd[2Jx: expected an object");
  });

  it.each([
    ["what is no JSON", '{\n  "a": 1,\n  oh\n}', "this is not JSON: see line 3, column 3"],
    ["another format", "{}", "neither the list of models.dev nor that of LiteLLM"],
    ["a list of nothing", "[1]", "neither the list of models.dev nor that of LiteLLM"],
  ])("refuses %s", async (_, text, message) => {
    const { code, stderr, file } = await sync(text);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`${file}: `)]);
    expect(stderr).toContain(message);
  });

  it("refuses an unknown provider and a day that is none, as wrong usage", async () => {
    expect(await sync(lite, "--provider", "nobody")).toMatchObject({ code: 2 });
    const folder = join(dirname(scene().file("x", "")), "day");
    expect(await sync(modelsDev, "--out", folder, "--as-of", "today")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("as_of: expected a day"),
    });
    expect(existsSync(folder)).toBe(false);
  });
});
