// Proves where targets of a file are: their host, preset and place, whose key they are given, and
// what stands in for a key.
import { describe, expect, it } from "vitest";
import type { Credentials } from "../../src/contract/credentials.ts";
import type { Target } from "../../src/contract/target.ts";
import { adapters, load, reference } from "./loading.ts";

type Environment = Readonly<Record<string, string>>;

/** The one target of a file, in force or disabled. */
function targetOf(fields: string, environment: Environment = {}): Target {
  const yaml = `targets:\n  - { name: a, ${fields} }\n`;
  const { targets, disabled } = load({ yaml, environment });
  const target = targets[0] ?? disabled[0]?.target;
  if (target === undefined) throw new Error("there is no target");
  return target;
}

function whyDisabled(fields: string, environment: Environment = {}): string | undefined {
  const yaml = `targets:\n  - { name: a, ${fields} }\n`;
  return load({ yaml, environment }).disabled[0]?.why;
}

function shown(credentials: Credentials | undefined): unknown {
  if (credentials === undefined) return undefined;
  const revealed = Object.entries(credentials).map(([name, value]) => [
    name,
    typeof value === "string" ? value : value?.reveal(),
  ]);
  return Object.fromEntries(revealed);
}

describe("a cloud", () => {
  it("has the wires that the adapter has there", () => {
    const target = targetOf("adapter: openai, host: azure, base_url: https://x.test");
    const { hosts } = adapters.find(({ name }) => name === "openai") ?? {};
    expect(target.host).toBe("azure");
    expect(target.dialect).toBe(hosts?.azure?.dialects.chat);
  });

  it("is at the address of its region, or at one that is given", () => {
    const vertex = "adapter: anthropic, host: vertex, project: p, region: eu";
    expect(targetOf(vertex).baseURL).toBe("https://eu.vertex.test");
    expect(targetOf(`${vertex}, base_url: https://x.test/a/`).baseURL).toBe("https://x.test/a");
  });

  it("knows its place", () => {
    expect(
      targetOf("adapter: anthropic, host: vertex, project: a.b:c-1, region: eu"),
    ).toMatchObject({
      region: "eu",
      project: "a.b:c-1",
    });
    const azure = "adapter: openai, host: azure, base_url: https://x.test, api_version: 2024-10-21";
    expect(targetOf(azure).apiVersion).toBe("2024-10-21");
  });

  it("needs no key, and takes none of the provider's own", () => {
    const environment = { OPENAI_API_KEY: "sk-own" };
    const fields = "adapter: openai, host: azure, base_url: https://x.test";
    expect(whyDisabled(fields, environment)).toBeUndefined();
    expect(targetOf(fields, environment).apiKey).toBeUndefined();
  });

  it.each([
    [
      "adapter: anthropic, host: bedrock, region: us-east-1",
      "type: aws, access_key_id: A, secret_access_key: ' s ', session_token: t",
      { type: "aws", accessKeyID: "A", secretAccessKey: "s", sessionToken: "t" },
    ],
    [
      "adapter: anthropic, host: vertex, project: p, region: eu",
      "type: google, file: /secrets/account.json",
      { type: "google", file: "/secrets/account.json" },
    ],
    [
      "adapter: openai, host: azure, base_url: https://x.test",
      "type: entra, tenant_id: t, client_id: c, client_secret: s",
      { type: "entra", tenantID: "t", clientID: "c", clientSecret: "s" },
    ],
  ])("takes credentials: %s", (fields, credentials, expected) => {
    const target = targetOf(`${fields}, credentials: { ${credentials} }`);
    expect(shown(target.credentials)).toEqual(expected);
  });

  it("finds a file of credentials beside its own", () => {
    const vertex = "adapter: anthropic, host: vertex, project: p, region: eu";
    const target = targetOf(`${vertex}, credentials: { type: google, file: account.json }`);
    expect(target.credentials).toMatchObject({
      file: expect.stringMatching(/^\/.+\/account\.json$/),
    });
  });

  it("is disabled where its credentials refer to nothing", () => {
    const keys = `type: aws, access_key_id: A, secret_access_key: "${reference("NOT_SET")}"`;
    const bedrock = "adapter: anthropic, host: bedrock, region: us-east-1";
    const fields = `${bedrock}, credentials: { ${keys} }`;
    expect(whyDisabled(fields)).toBe("NOT_SET is not set");
    expect(targetOf(fields, { NOT_SET: "s" }).credentials).toBeDefined();
  });

  it.each([
    ["https://x.test/openai/v1", ["the base URL of azure is the bare origin"]],
    ["https://x.test/prefix", []],
    ["http://x.test", ["sends its tokens unencrypted"]],
    ["http://x.test, api_key: k", ["sends its key unencrypted"]],
    ["http://127.0.0.1, egress: { allow_private: true }", []],
  ])("is noted where its address is seldom meant: %s", (address, words) => {
    const yaml = `targets: [{ name: a, adapter: openai, host: azure, base_url: ${address} }]\n`;
    const { notes } = load({ yaml });
    expect(notes).toEqual(words.map((word) => expect.stringContaining(word)));
  });

  it("needs nothing to be simulated, and keeps no credentials then", () => {
    const yaml = [
      "simulate: true",
      "targets:",
      "  - { name: a, adapter: anthropic, host: bedrock }",
      "  - name: b",
      "    adapter: openai",
      "    host: azure",
      "    credentials: { type: entra, tenant_id: t, client_id: c, client_secret: s }",
    ].join("\n");
    const { targets } = load({ yaml });
    expect(targets.map(({ host, credentials }) => [host, credentials])).toEqual([
      ["bedrock", undefined],
      ["azure", undefined],
    ]);
  });
});

describe("a preset", () => {
  it.each([
    ["preset: fast", "fast", "https://api.fast.test/v1"],
    ["preset: fast, base_url: https://x.test", "fast", "https://x.test"],
    ["preset: own, base_url: https://x.test", "own", "https://x.test"],
    ["base_url: https://api.fast.test", "fast", "https://api.fast.test"],
    ["base_url: HTTPS://API.fast.test:443/v1/", "fast", "https://api.fast.test/v1"],
    ["base_url: https://api.fast.test/plan/v1", "plan", "https://api.fast.test/plan/v1"],
    ["base_url: https://api.fast.test/v10", "fast", "https://api.fast.test/v10"],
    ["base_url: https://fast.test/v1", undefined, "https://fast.test/v1"],
    ["base_url: https://api.fast.test, dialect: cohere", undefined, "https://api.fast.test"],
    // Whoever listens on a port of this machine is nobody in particular.
    ["base_url: http://127.0.0.1:8000/v1", undefined, "http://127.0.0.1:8000/v1"],
    ["preset: near", "near", "http://127.0.0.1:8000/v1"],
  ])("is named, or found by its address: %s", (fields, preset, baseURL) => {
    const target = targetOf(`adapter: custom, api_key: k, ${fields}`);
    expect({ preset: target.preset, baseURL: target.baseURL }).toEqual({ preset, baseURL });
  });

  it("is found by an address of the environment too", () => {
    const { targets } = load({ environment: { CUSTOM_BASE_URL: "https://api.fast.test/v1" } });
    expect(targets.map(({ preset }) => preset)).toEqual(["fast"]);
  });

  it.each([
    [{ FAST_KEY: "f" }, "f", 0],
    [{ FAST_KEY: "f", CUSTOM_API_KEY: "c" }, "c", 1],
    [{ OWN_KEY: "o" }, undefined, 0],
  ])("has its key known there too: %j", (keys, key, notes) => {
    const environment = { CUSTOM_BASE_URL: "https://api.fast.test/v1", ...keys };
    const loaded = load({ environment });
    expect(loaded.targets[0]?.apiKey?.reveal()).toBe(key);
    expect(loaded.notes).toHaveLength(notes);
  });

  it("has its key sent to no other address of the environment", () => {
    const environment = { CUSTOM_BASE_URL: "https://x.test/v1", FAST_KEY: "f" };
    expect(load({ environment }).targets[0]?.apiKey).toBeUndefined();
  });

  it.each([
    ["preset: fast", "k"],
    ["base_url: https://api.fast.test/v1", "k"],
    ["preset: fast, base_url: https://x.test", undefined],
    ["preset: own, base_url: https://x.test", undefined],
    ["base_url: https://x.test", undefined],
    ["preset: near", undefined],
  ])("has its key sent to its own public address only: %s", (fields, key) => {
    const environment = { FAST_KEY: "k", OWN_KEY: "k", NEAR_KEY: "k", CUSTOM_API_KEY: "c" };
    expect(targetOf(`adapter: custom, ${fields}`, environment).apiKey?.reveal()).toBe(key);
  });

  it("is disabled at its own address without its key", () => {
    expect(whyDisabled("adapter: custom, preset: fast")).toBe(
      "no api_key is given, and FAST_KEY is not set",
    );
    expect(whyDisabled("adapter: custom, preset: fast, base_url: https://x.test")).toBeUndefined();
  });
});

describe("a gateway", () => {
  it("has a path, a header for the key and members of the body of its own", () => {
    const target = targetOf(
      "adapter: custom, base_url: https://x.test, key_header: X-Key, path: '/m/{model}?v=1', " +
        `body: { a: 1, b: { c: [true, null, "${reference("TIER")}"] } }`,
      { TIER: "flex" },
    );
    expect(target).toMatchObject({
      keyHeader: "x-key",
      path: "/m/{model}?v=1",
      body: { a: 1, b: { c: [true, null, "flex"] } },
    });
  });
});
