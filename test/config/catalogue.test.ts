// Proves the section `catalogue`: files beside the configuration are read and go over the built-in
// prices of a running server; and whatever is wrong in them stops the start, each problem with its
// own file and place.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { describeConfiguration } from "../../src/config/describe-configuration.ts";
import { ConfigurationError, loadConfiguration } from "../../src/config/load-configuration.ts";
import { adapters } from "../../src/providers/index.ts";
import { messageBody } from "../e2e/messages-upstream.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { openServer } from "../support/running-server.ts";

const head = "source: https://prices.example/\nas_of: 2026-11-20\n";

/** Loads a configuration with files beside it. */
function load(catalogue: string, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "connectors-catalogue-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "prices"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const file = join(folder, "connectors.yaml");
  writeFileSync(file, `catalogue: ${catalogue}\n`);
  try {
    return { folder, configuration: loadConfiguration({ file, environment: {}, adapters }) };
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    return { folder, problems: thrown.message.replaceAll(`${folder}/`, "") };
  }
}

describe("the section", () => {
  const openai = `provider: openai\n${head}models: [{ name: gpt-mine, context_tokens: 9 }]\n`;

  it("reads its files, by their paths from the configuration's folder", () => {
    const files = { "prices/openai.yaml": openai, "more.yaml": openai };
    const { folder, configuration } = load("[prices/openai.yaml, more.yaml]", files);
    expect(configuration?.catalogue.files).toEqual([
      ...[join(folder, "prices/openai.yaml"), join(folder, "more.yaml")],
    ]);
    expect(configuration?.catalogue.models).toMatchObject([
      { provider: "openai", models: [{ name: "gpt-mine", contextTokens: 9 }] },
      { provider: "openai" },
    ]);
    expect(describeConfiguration(configuration!)).toContain(
      `catalogue:\n  - ${join(folder, "prices/openai.yaml")}\n`,
    );
  });

  it("is none by default", () => {
    const { configuration } = load("[]", {});
    expect(configuration?.catalogue).toEqual({ files: [], models: [] });
    expect(describeConfiguration(configuration!)).not.toContain("catalogue");
  });

  it("tells every problem of every file, each with its place there", () => {
    const files = {
      "prices/openai.yaml": `provider: openai\n${head}models:\n  - { name: a, prices: 5 }\n  - {}\n`,
      "more.yaml": `provider: nobody\n${head}models: []\n`,
    };
    const { problems = "" } = load("[prices/openai.yaml, none.yaml, more.yaml]", files);
    expect(problems.split("\n")).toEqual([
      "prices/openai.yaml:5:16 models[0].prices: expected a mapping",
      "prices/openai.yaml:6:5 models[1].name: is required",
      "none.yaml: the file does not exist",
      expect.stringMatching(/^more\.yaml:1:1 provider: expected one of anthropic, openai, /),
    ]);
  });

  it.each([
    ["prices.yaml", "expected a list"],
    ["[5]", "expected text"],
    [`[${"a.yaml, ".repeat(33)}]`, "expected at most 32"],
  ])("refuses %s", (catalogue, message) => {
    expect(load(catalogue, {}).problems).toMatch(
      new RegExp(`^connectors\\.yaml:1:\\d+ catalogue.*: ${message}`),
    );
  });
});

describe("a server", () => {
  let upstream: RawUpstream;
  beforeAll(async () => {
    upstream = await RawUpstream.listen(async (connection) => {
      for (;;) await connection.answer(messageBody("Hello"));
    });
  });
  afterAll(() => upstream.close());

  it("tells costs and lists models by them", async () => {
    const prices = `provider: anthropic
${head}models:
  - { name: claude-sonnet-5, prices: { input: 1, output: 1 } }
  - { name: claude-mine, context_tokens: 4000 }
`;
    const yaml = `
catalogue: [mine.yaml]
targets:
  - { name: a, adapter: anthropic, api_key: k, base_url: "${upstream.url}", egress: { allow_private: true } }
`;
    const setup = { yaml, files: { "mine.yaml": prices } };
    const { url } = await openServer(setup, onTestFinished);
    const client = clientOver(wires[0]!, url);
    const contents = [{ role: Role.USER, message: "Hello" }];
    const request = { model: "claude-sonnet-5", contents, maxOutputTokens: 10 };
    const { response } = await client.call({ request });
    expect(response?.cost).toMatchObject({ known: true, amountNanos: 12_000n, asOf: "2026-11-20" });
    const { models } = await client.listModels({ pageSize: 1000, provider: "anthropic" });
    expect(models.find(({ name }) => name === "claude-mine")).toMatchObject({
      ...{ contextTokens: 4000n, source: "https://prices.example/", asOf: "2026-11-20" },
    });
    expect(models.find(({ name }) => name === "claude-sonnet-5")).toMatchObject({
      contextTokens: 1_000_000n,
      prices: { inputNanos: 1_000_000_000n, outputNanos: 1_000_000_000n },
    });
  });
});
