// Proves that a description has everything in force, and loads again to the same once its secrets
// are filled in.
import { describe, expect, it } from "vitest";
import type { Configuration } from "../../src/config/configuration.ts";
import { describeConfiguration } from "../../src/config/describe-configuration.ts";
import { type Loading, load, problems, reference, yaml } from "./loading.ts";

/** The description with its masks replaced by secrets that differ. */
function filled(description: string): string {
  let count = 0;
  return description.replaceAll('"***"', () => `secret-${++count}`);
}

/** What of a configuration a description can give back. */
function comparable(configuration: Configuration): unknown {
  const { secrets, notes: _notes, disabled, ...rest } = configuration;
  return { ...rest, secrets: secrets.length, disabled: disabled.map(({ name }) => name) };
}

const everything: Loading = {
  yaml: yaml`
    listen: { host: 127.0.0.2, port: 0 }
    targets:
      - name: b
        adapter: openai
        dialect: responses
        api_key: ${reference("KEY")}
        region: eu
        zone: europe
        models: { A: "$${reference("x")}", "1": two }
        headers: { x-a: "yes", x-b: "$${reference("y")}: #" }
        egress: { allow_private: true }
      - { name: off, adapter: anthropic, region: us, api_key: "${reference("NOT_SET")}" }
      - name: free
        adapter: custom
        dialect: cohere
        base_url: https://x.test/v2
        allow_caller_endpoint: true
      - name: near
        adapter: custom
        preset: fast
        api_key: ${reference("KEY")}
        key_header: X-Key
        path: "/{model}/v"
        body: { tier: [1, "$${reference("w")}", { deep: null }] }
      - name: many
        adapter: openai
        api_keys: [one-key, two-key, "${reference("KEY")}"]
      - name: signed
        adapter: anthropic
        host: bedrock
        region: us-east-1
        credentials: { type: aws, access_key_id: A, secret_access_key: signing-key, session_token: token }
      - name: tokens
        adapter: anthropic
        host: vertex
        region: eu
        project: p
        credentials: { type: google, file: "/a$${reference("b")}.json" }
      - name: azure
        adapter: openai
        host: azure
        base_url: https://x.test
        api_version: 2024-10-21
        credentials: { type: entra, tenant_id: t, client_id: c, client_secret: client-secret }
    routes:
      - { id: r, model: "^(a|\\\\d+)[*]$${reference("z")}?$", targets: [off, b] }
    callers:
      - { name: one, token: t1, calls_per_minute: 60 }
      - { name: two, token: t2, concurrent_calls: 2 }
    insecure: true
    reflection: false
    fast_lane: false
    log_level: error
    allowed_headers: []
    defaults: { timeout: 1500ms, attempt_timeout: 1h, retry: { max_attempts: 2 } }
    limits: { request_bytes: 1KiB, drain_grace_ms: 0 }
    resilience: { breaker_failures: 3, budget_ratio: 0.25 }
  `,
  environment: { KEY: "k" },
};

describe("a description", () => {
  it.each<[string, Loading]>([
    ["of nothing at all", {}],
    ["of a simulated file", { yaml: "simulate: true\ntargets: [{ name: a, adapter: custom }]\n" }],
    ["of the environment", { environment: { OPENAI_API_KEY: "k", OLLAMA_HOST: "127.0.0.1" } }],
    ["of everything", everything],
  ])("%s loads again to the same", (_title, loading) => {
    const configuration = load(loading);
    const again = load({ yaml: filled(describeConfiguration(configuration)) });
    const isFromFile = loading.yaml !== undefined;
    // What the environment lacks is no target of a file.
    const expected = isFromFile ? configuration : { ...configuration, disabled: [] };
    expect(comparable(again)).toEqual(comparable(expected));
  });

  it("is no configuration with its masks", () => {
    const description = describeConfiguration(load({ environment: { OPENAI_API_KEY: "k" } }));
    expect(problems({ yaml: description })[0]).toMatch(
      /api_key: is a mask: give the secret itself$/,
    );
  });

  it("says what is left out, and why", () => {
    const lines = describeConfiguration(load(everything)).split("\n");
    const at = lines.indexOf("  # disabled: NOT_SET is not set");
    expect(lines[at + 1]).toBe("  - name: off");
    expect(describeConfiguration(load({ environment: { OLLAMA_HOST: "x" } }))).toContain(
      "# openai is disabled: OPENAI_API_KEY is not set\n",
    );
  });

  it("begins with the notes", () => {
    const environment = { GEMINI_API_KEY: "a", GOOGLE_API_KEY: "b" };
    expect(describeConfiguration(load({ environment }))).toMatch(
      /^# GEMINI_API_KEY is used, and GOOGLE_API_KEY is ignored: both are set\n/,
    );
  });
});
