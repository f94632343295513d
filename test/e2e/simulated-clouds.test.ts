// Proves that a file with targets at clouds, of every adapter that is there, is answered by
// simulated clouds that speak their own wires: whole, streamed and counted, without a key or
// credentials.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { newLLM } from "../../src/connectors.ts";
import type { LLM, LLMRequestInput } from "../../src/contract/llm.ts";
import { withServer, withTarget } from "../../src/contract/options.ts";
import { adapters } from "../../src/providers/index.ts";
import { openServer, type StartedServer } from "../support/running-server.ts";

interface CloudTarget {
  readonly name: string;
  readonly adapter: string;
  readonly host: string;
  readonly dialect: string;
  readonly version?: string;
}

const targets: readonly CloudTarget[] = adapters.flatMap(({ name: adapter, hosts = {} }) =>
  Object.entries(hosts).flatMap(([host, { dialects }]) =>
    Object.keys(dialects).flatMap((dialect): CloudTarget[] => {
      const target = { name: [adapter, host, dialect].join("."), adapter, host, dialect };
      const version = "2024-10-21";
      return adapter === "openai"
        ? [target, { ...target, name: `${target.name}.dated`, version }]
        : [target];
    }),
  ),
);

const places: Readonly<Record<string, string>> = {
  vertex: ", region: europe-west1, project: my-project",
  bedrock: ", region: eu-central-1",
};
const models: Readonly<Record<string, string>> = {
  anthropic: "claude-sonnet-4-5",
  openai: "gpt-4.1",
  google: "gemini-2.5-flash",
  mistral: "mistral.mistral-large-2407-v1:0",
  llama: "us.meta.llama3-3-70b-instruct-v1:0",
  "anthropic.bedrock": "eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
  "custom.azure": "gpt-4.1",
  "custom.vertex": "gemini-2.5-flash",
  "custom.bedrock": "us.meta.llama3-3-70b-instruct-v1:0",
};

const yaml = targets.map(({ name, adapter, host, dialect, version }) => {
  const dated = version === undefined ? "" : `, api_version: ${version}`;
  const place = `${places[host] ?? ""}${dated}`;
  return `  - { name: ${name}, adapter: ${adapter}, host: ${host}, dialect: ${dialect}${place} }\n`;
});

let server: StartedServer;
let release: () => Promise<void>;
beforeAll(async () => {
  const text = `simulate: true\ntargets:\n${yaml.join("")}`;
  server = await openServer({ yaml: text }, (close) => {
    release = close;
  });
});
afterAll(() => release());

describe.each(targets)("$name", ({ name, adapter, host }) => {
  const request: LLMRequestInput = {
    contents: [{ role: "user", message: "Hello" }],
    maxOutputTokens: 500,
  };

  function llm(): LLM {
    const model = models[`${adapter}.${host}`] ?? models[adapter] ?? "";
    const opened = newLLM(model, withServer(server.url), withTarget(name));
    onTestFinished(() => opened.close());
    return opened;
  }

  it("answers whole and streamed", async () => {
    const whole = await llm().call(request);
    expect(whole.content.parts).not.toEqual([]);
    expect(whole.route).toMatchObject({ target: name, simulated: true });
    const streamed = await llm().stream(request).finalResponse();
    expect(streamed.content).toEqual(whole.content);
  });

  it("has its tokens counted", async () => {
    expect((await llm().countTokens(request)).inputTokens).toBeGreaterThan(0);
  });
});
