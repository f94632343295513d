// Proves where settings come from: flags before the environment, the environment before the file,
// the file before the defaults; which targets there are in the end; and what is merely noted.
import { describe, expect, it } from "vitest";
import { callDefaults } from "../../src/contract/call-defaults.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { load, problems, reference, yaml } from "./loading.ts";

function targetNames(loading: Parameters<typeof load>[0]): readonly string[] {
  return load(loading).targets.map(({ name }) => name);
}

describe("nothing at all", () => {
  it("simulates every adapter on loopback, with every default", () => {
    const configuration = load({});
    expect(configuration).toMatchObject({
      listen: { host: "127.0.0.1", port: 8080, tls: undefined },
      disabled: [],
      routes: [],
      callers: [],
      insecure: false,
      reflection: true,
      fastLane: true,
      defaults: callDefaults,
      limits: defaultLimits,
      simulate: true,
      logLevel: "info",
      secrets: [],
      notes: [],
    });
    expect(configuration.targets.map(({ name, simulated }) => [name, simulated])).toEqual(
      ["anthropic", "openai", "google", "llama", "custom"].map((name) => [name, true]),
    );
  });

  it("counts empty variables as not set", () => {
    const environment = { CONNECTORS_CONFIG: " ", CONNECTORS_PORT: "", OPENAI_API_KEY: " \n" };
    expect(load({ environment }).simulate).toBe(true);
  });
});

describe("precedence", () => {
  const file = yaml`
    listen: { host: 127.0.0.3, port: 3 }
    log_level: warn
  `;

  it("puts flags first", () => {
    const { listen, logLevel } = load({
      yaml: file,
      environment: { CONNECTORS_HOST: "127.0.0.2", CONNECTORS_PORT: "2" },
      flags: { host: "127.0.0.1", port: 0, logLevel: "debug" },
    });
    expect(listen).toMatchObject({ host: "127.0.0.1", port: 0 });
    expect(logLevel).toBe("debug");
  });

  it("puts the environment second, and the file third", () => {
    const environment = { CONNECTORS_HOST: "127.0.0.2" };
    const { listen, logLevel } = load({ yaml: file, environment });
    expect(listen).toMatchObject({ host: "127.0.0.2", port: 3 });
    expect(logLevel).toBe("warn");
  });

  it("takes a port from a variable that the file refers to", () => {
    const configuration = load({
      yaml: `listen: { port: "${reference("PORT")}" }\n`,
      environment: { PORT: "9090" },
    });
    expect(configuration.listen.port).toBe(9090);
  });

  it("takes the file of CONNECTORS_CONFIG, unless one is named", () => {
    const environment = { CONNECTORS_CONFIG: "/nowhere/connectors.yaml" };
    expect(load({ yaml: file, environment }).logLevel).toBe("warn");
    expect(problems({ environment })).toEqual([
      "/nowhere/connectors.yaml: the file does not exist",
    ]);
  });
});

describe("targets of the environment", () => {
  it("are those whose key is set, in the order of the adapters", () => {
    const environment = { OPENAI_API_KEY: " sk-1\r\n", ANTHROPIC_API_KEY: "sk-2" };
    const configuration = load({ environment });
    expect(configuration.simulate).toBe(false);
    expect(configuration.targets).toMatchObject([
      { name: "anthropic", baseURL: "https://api.anthropic.com", allowPrivate: false },
      { name: "openai", baseURL: "https://api.openai.com/v1", simulated: false, host: "direct" },
    ]);
    expect(configuration.targets.map(({ apiKey }) => apiKey?.reveal())).toEqual(["sk-2", "sk-1"]);
    expect(configuration.secrets.map((secret) => secret.reveal())).toEqual(["sk-2", "sk-1"]);
    expect(configuration.disabled.map(({ name, why }) => `${name}: ${why}`)).toEqual([
      "google: none of GEMINI_API_KEY, GOOGLE_API_KEY is set",
      "llama: none of LLAMA_BASE_URL, OLLAMA_HOST is set",
      "custom: CUSTOM_BASE_URL is not set",
    ]);
  });

  it("may be on loopback when their base URL comes from the environment", () => {
    const environment = { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "http://127.0.0.1:9000/v1/" };
    expect(load({ environment }).targets).toMatchObject([
      { baseURL: "http://127.0.0.1:9000/v1", allowPrivate: true },
    ]);
  });

  it.each([
    ["127.0.0.1", "http://127.0.0.1:11434"],
    ["my-box:8000", "http://my-box:8000"],
    ["https://my-box", "https://my-box"],
    ["[::1]", "http://[::1]:11434"],
  ])("take OLLAMA_HOST=%s as the ollama dialect at %s, without a key", (value, baseURL) => {
    const [target] = load({ environment: { OLLAMA_HOST: value } }).targets;
    expect(target).toMatchObject({ name: "llama", baseURL, apiKey: undefined });
    expect(target?.dialect).toBe(target?.adapter.dialects.ollama);
  });

  it("take the first of several variables, and say so", () => {
    const environment = { GOOGLE_API_KEY: "second", GEMINI_API_KEY: "first" };
    const { targets, notes } = load({ environment });
    expect(targets[0]?.apiKey?.reveal()).toBe("first");
    expect(notes).toEqual(["GEMINI_API_KEY is used, and GOOGLE_API_KEY is ignored: both are set"]);
  });

  it("are told of a key that nothing takes", () => {
    expect(load({ environment: { LLAMA_API_KEY: "k" } }).notes).toEqual([
      "LLAMA_API_KEY is ignored: none of LLAMA_BASE_URL, OLLAMA_HOST is set",
    ]);
  });

  it("stand in where a file has none", () => {
    const configuration = { yaml: "limits: { tools: 8 }\n", environment: { OPENAI_API_KEY: "k" } };
    expect(targetNames(configuration)).toEqual(["openai"]);
    expect(load(configuration).limits.tools).toBe(8);
  });

  it("are missed, not simulated, where there is a file", () => {
    const { targets, simulate, notes } = load({ yaml: "insecure: false\n" });
    expect([targets, simulate]).toEqual([[], false]);
    expect(notes).toEqual(["no target is configured: give targets or a key, or --simulate"]);
  });

  it("are all simulated when asked for, whatever is set", () => {
    const { targets, simulate } = load({
      environment: { OPENAI_API_KEY: "k" },
      flags: { simulate: true },
    });
    expect(simulate).toBe(true);
    expect(targets.every(({ simulated, apiKey }) => simulated && apiKey === undefined)).toBe(true);
  });
});

describe("targets of the file", () => {
  it("have every field in its place", () => {
    const [target] = load({
      yaml: yaml`
        targets:
          - name: house.model_1
            adapter: custom
            dialect: cohere
            base_url: HTTPS://Models.Example.COM:443/prefix/
            api_key: "${reference("PRE")}-${reference("POST")}"
            region: eu-1
            models: { Big-Model: vendor/big-2, credentials: "${reference("PRE")}" }
            headers: { X-Team: "a b" }
            egress: { allow_private: true }
            allow_caller_endpoint: true
      `,
      environment: { PRE: "sk", POST: "key\n" },
    }).targets;
    expect(target).toMatchObject({
      name: "house.model_1",
      host: "direct",
      baseURL: "https://models.example.com/prefix",
      region: "eu-1",
      models: new Map([
        ["big-model", "vendor/big-2"],
        ["credentials", "sk"],
      ]),
      headers: { "x-team": "a b" },
      allowPrivate: true,
      allowCallerEndpoint: true,
      simulated: false,
    });
    expect(target?.apiKey?.reveal()).toBe("sk-key");
    expect(target?.dialect).toBe(target?.adapter.dialects.cohere);
  });

  it("are disabled when the variable of their key is not set (C15)", () => {
    const configuration = load({
      yaml: yaml`
        targets:
          - { name: a, adapter: anthropic, api_key: "${reference("NOT_SET")}" }
          - { name: b, adapter: custom, base_url: https://x.test, api_key: "${reference("EMPTY")}" }
          - { name: c, adapter: openai, api_key: "${reference("SET")}" }
        routes:
          - { id: some, model: some, targets: [a, c] }
          - { id: none, model: none, targets: [a, b] }
      `,
      environment: { SET: "k", EMPTY: " " },
    });
    expect(configuration.targets.map(({ name }) => name)).toEqual(["c"]);
    expect(configuration.disabled.map(({ name, why }) => `${name}: ${why}`)).toEqual([
      "a: NOT_SET is not set",
      "b: EMPTY is empty",
    ]);
    expect(configuration.routes.map(({ targets }) => targets)).toEqual([["c"], []]);
    expect(configuration.notes).toEqual(["route none has no enabled target: its calls fail"]);
  });

  it("take the key of the environment for the provider's own address, and for no other", () => {
    const { targets, disabled } = load({
      yaml: yaml`
        targets:
          - { name: own, adapter: anthropic }
          - { name: other, adapter: anthropic, base_url: "https://gateway.test" }
      `,
      environment: { ANTHROPIC_API_KEY: "sk-own" },
    });
    expect(targets.map(({ name, apiKey }) => [name, apiKey?.reveal()])).toEqual([
      ["own", "sk-own"],
    ]);
    expect(disabled.map(({ name, why }) => `${name}: ${why}`)).toEqual([
      "other: no api_key is given, and ANTHROPIC_API_KEY is not sent to other addresses",
    ]);
  });

  it("may send a key to an address that belongs to nobody", () => {
    const configuration = {
      yaml: yaml`
        targets:
          - name: a
            adapter: custom
            base_url: https://gateway.test
            api_key: ${reference("OPENAI_API_KEY")}
      `,
      environment: { OPENAI_API_KEY: "k" },
    };
    expect(targetNames(configuration)).toEqual(["a"]);
  });

  it("need neither key nor address when simulated", () => {
    const { targets, disabled } = load({
      yaml: yaml`
        simulate: true
        targets:
          - { name: a, adapter: custom }
          - { name: b, adapter: openai, required: true, api_key: "${reference("NOT_SET")}" }
      `,
    });
    expect(disabled).toEqual([]);
    expect(targets.map(({ simulated, allowPrivate }) => [simulated, allowPrivate])).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it("are noted where they do what is seldom meant", () => {
    const { notes } = load({
      yaml: yaml`
        targets:
          - { name: a, adapter: custom, api_key: k, base_url: "http://models.example.com" }
          - { name: b, adapter: custom, api_key: k, base_url: "http://0x7f.1:8000" }
          - { name: c, adapter: custom, api_key: k, base_url: "http://models.internal" }
          - { name: d, adapter: custom, base_url: "http://models.example.com" }
          - { name: e, adapter: anthropic, host: vertex, region: eu, project: p,
              credentials: { type: google, file: gone.json } }
      `,
    });
    expect(notes).toEqual([
      "target a sends its key unencrypted: its base URL is http",
      "target b is at a private address: its calls are refused " +
        "unless egress.allow_private is true",
      "target e cannot sign in yet: credentials.file: the file does not exist",
    ]);
  });
});

describe("other sections", () => {
  it("complete what they say with the defaults", () => {
    const configuration = load({
      yaml: yaml`
        callers: [{ name: billing, token: "${reference("file:token.txt")}" }]
        reflection: false
        fast_lane: false
        allowed_headers: [X-Team, x-team, traceparent]
        defaults:
          timeout: 2m
          first_delta_timeout: 1500ms
          idle_timeout: 5
          retry: { max_attempts: 1 }
        limits:
          request_bytes: 32MiB
          frame_bytes: 1024
          drain_grace_ms: 0
          call_timeout_ms_max: 60000
      `,
      files: { "token.txt": "tok-1\n" },
    });
    expect(configuration.callers.map(({ name, token }) => [name, token.reveal()])).toEqual([
      ["billing", "tok-1"],
    ]);
    expect(configuration.reflection).toBe(false);
    expect(configuration.fastLane).toBe(false);
    expect(configuration.allowedHeaders).toEqual(["x-team", "traceparent"]);
    expect(configuration.defaults).toEqual({
      timeoutMs: 120_000,
      attemptTimeoutMs: callDefaults.attemptTimeoutMs,
      firstDeltaTimeoutMs: 1500,
      idleTimeoutMs: 5000,
      maxAttempts: 1,
    });
    expect(configuration.limits).toEqual({
      ...defaultLimits,
      requestBytes: 32 * 1024 * 1024,
      frameBytes: 1024,
      drainGraceMs: 0,
      callTimeoutMsMax: 60_000,
    });
    expect(configuration.notes).toContain(
      "defaults.timeout is over limits.call_timeout_ms_max, and is cut to it",
    );
  });

  it("count as left out when nothing follows", () => {
    expect(load({ yaml: "targets:\nroutes:\nlisten:\n" }).routes).toEqual([]);
    expect(load({ yaml: "" }).simulate).toBe(false);
  });

  it("may share what they say by an alias", () => {
    const configuration = load({
      yaml: yaml`
        targets:
          - { name: a, adapter: anthropic, api_key: k, models: &names { x: y } }
          - { name: b, adapter: openai, api_key: k, models: *names }
      `,
    });
    expect(configuration.targets[1]?.models).toEqual(new Map([["x", "y"]]));
  });
});

describe("loading again (C16)", () => {
  it("gives the same, and a bad file leaves the old configuration as it was", () => {
    const good = { yaml: "limits: { tools: 8 }\n", environment: { OPENAI_API_KEY: "k" } };
    const first = load(good);
    expect(load(good)).toEqual(first);
    expect(() => load({ ...good, yaml: "limits: { tools: 0 }\n" })).toThrow("1:11 limits.tools");
    expect(first.limits.tools).toBe(8);
    expect(Object.isFrozen(first) && Object.isFrozen(first.limits)).toBe(true);
  });
});
