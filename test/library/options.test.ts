// Proves that each option of newLLM becomes its field of CallOptions, that the last repeat wins,
// and that options which cannot be are refused before anything is called.
import { create, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type CallOptions,
  CallOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { newLLM } from "../../src/connectors.ts";
import { systemClock } from "../../src/contract/clock.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import type { LLMRequestInput } from "../../src/contract/llm.ts";
import {
  type LLMOption,
  noSettings,
  withAPIKey,
  withAttemptTimeout,
  withBaseURL,
  withFallbacks,
  withFirstDeltaTimeout,
  withHeaders,
  withHedging,
  withIdleTimeout,
  withRegions,
  withRetry,
  withServer,
  withStrict,
  withTarget,
  withTimeout,
} from "../../src/contract/options.ts";
import { LLMClient } from "../../src/library/llm-client.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { FakeApi } from "../support/fake-api.ts";
import { answering, connectorError, rawUpstream } from "../support/http.ts";

const request: LLMRequestInput = { contents: [{ role: "user", message: "Hello" }] };

const mapping: readonly (readonly [
  string,
  LLMOption,
  MessageInitShape<typeof CallOptionsSchema>,
])[] = [
  ["withAPIKey", withAPIKey("a-key"), { apiKey: "a-key" }],
  ["withTimeout", withTimeout(60), { timeout: { seconds: 60n } }],
  ["withTimeout of a part", withTimeout(0.25), { timeout: { nanos: 250_000_000 } }],
  ["withAttemptTimeout", withAttemptTimeout(5), { attemptTimeout: { seconds: 5n } }],
  ["withFirstDeltaTimeout", withFirstDeltaTimeout(5), { firstDeltaTimeout: { seconds: 5n } }],
  ["withIdleTimeout", withIdleTimeout(5), { idleTimeout: { seconds: 5n } }],
  ["withRetry", withRetry({ maxAttempts: 2 }), { retry: { maxAttempts: 2 } }],
  ["withRegions", withRegions({ allowed: ["eu-*"] }), { region: { allowed: ["eu-*"] } }],
  ["withFallbacks", withFallbacks("a", "b"), { fallbackModels: ["a", "b"] }],
  ["withHedging", withHedging({ delaySeconds: 2 }), { hedge: { delay: { seconds: 2n } } }],
  ["withTarget", withTarget("there"), { target: "there" }],
  ["withStrict", withStrict(), { strict: true }],
  ["withHeaders", withHeaders({ "x-a": "1" }), { headers: { "x-a": "1" } }],
];

/** The options that arrive at the api for each kind of call. */
async function optionsSent(...options: readonly LLMOption[]): Promise<readonly unknown[]> {
  const sent: (CallOptions | undefined)[] = [];
  const keep = (message: { readonly options?: CallOptions | undefined }): void =>
    void sent.push(message.options);
  const api = new FakeApi({
    call: async (message) => keep(message) as never,
    streamCall: (message) => keep(message) as never,
    countTokens: async (message) => keep(message) as never,
  });
  const settings = options.reduce((sum, option) => option(sum), noSettings);
  const close = async (): Promise<void> => undefined;
  const llm = new LLMClient({ model: "fake-1", settings, api, clock: systemClock, close });
  await llm.call(request).catch(() => undefined);
  await llm
    .stream(request)
    .finalResponse()
    .catch(() => undefined);
  await llm.countTokens(request);
  return sent.map((one) => one && toJson(CallOptionsSchema, one));
}

describe("options", () => {
  it.each(mapping)("%s is sent with every kind of call", async (_, option, expected) => {
    const json = toJson(CallOptionsSchema, create(CallOptionsSchema, expected));
    expect(await optionsSent(option)).toEqual([json, json, json]);
  });

  it("add up, and the last repeat wins", async () => {
    const [sent] = await optionsSent(withTimeout(1), withStrict(), withTimeout(2));
    expect(sent).toEqual({ timeout: "2s", strict: true });
  });

  it("leave each other alone: the same option may make two LLMs", () => {
    const first = withTimeout(1)(noSettings);
    withTimeout(2)(first);
    expect(first.callOptions.timeout).toMatchObject({ seconds: 1n });
    expect(noSettings.callOptions).toEqual({});
  });
});

const wrong: readonly (readonly [string, () => unknown])[] = [
  ["withTimeout", () => withTimeout(0)],
  ["withTimeout", () => withTimeout(Number.NaN)],
  ["withIdleTimeout", () => withIdleTimeout(-1)],
  ["withBaseURL", () => withBaseURL("example.com")],
  ["withBaseURL", () => newLLM("gpt-5", withBaseURL("ftp://example.com"))],
  ["withServer", () => withServer("nowhere")],
  ["withServer", () => newLLM("gpt-5", withServer("localhost:8080"))],
  ["withServer", () => newLLM("gpt-5", withServer("http://name:hunter2@example.com"))],
];

describe("an option that cannot be", () => {
  it.each(wrong)("is refused: %s", (field, make) => {
    const error = caught(make);
    expect(error.reason).toBe("INVALID_REQUEST");
    expect(error.fields.violations?.[0]?.field).toBe(field);
    expect(error.message).not.toContain("hunter2");
  });
});

describe("the environment", () => {
  it("gives keys and base URLs in process", async () => {
    const simulator = await startSimulator({ keys: ["the-key-of-the-environment"] });
    onTestFinished(() => simulator.close());
    setEnvironment({
      ANTHROPIC_API_KEY: " the-key-of-the-environment\n",
      ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
    });
    const llm = newLLM("claude-sonnet-5");
    onTestFinished(() => llm.close());
    const { route } = await llm.call(request);
    expect(route).toMatchObject({ provider: "anthropic", simulated: false });
  });

  it("may lack the scheme of a base URL", async () => {
    const simulator = await startSimulator();
    onTestFinished(() => simulator.close());
    const { host } = new URL(simulator.baseURLs.anthropic);
    setEnvironment({ ANTHROPIC_API_KEY: "sk-simulated", ANTHROPIC_BASE_URL: host });
    const llm = newLLM("claude-sonnet-5");
    onTestFinished(() => llm.close());
    await expect(llm.call(request)).resolves.toHaveProperty("content");
  });

  it("speaks the wire that a base URL's variable names", async () => {
    const message = { role: "assistant", content: "Hi" };
    const answer = JSON.stringify({ model: "llama3.2", message, done: true, done_reason: "stop" });
    const upstream = await rawUpstream(answering(answer));
    setEnvironment({ LLAMA_BASE_URL: "", OLLAMA_HOST: new URL(upstream.url).host });
    const llm = newLLM("llama3.2:3b");
    onTestFinished(() => llm.close());
    expect((await llm.call(request)).route.target).toBe("llama");
  });

  it("has no target of an adapter whose address nobody gives", async () => {
    setEnvironment({ CUSTOM_BASE_URL: "", OLLAMA_HOST: "", LLAMA_BASE_URL: "" });
    for (const model of ["grok-4", "llama3.2:3b"]) {
      const llm = newLLM(model);
      onTestFinished(() => llm.close());
      const error = await connectorError(llm.call(request));
      expect(error.reason).toBe("TARGET_NOT_CONFIGURED");
    }
  });

  it("may lack a key, which a call then tells", async () => {
    setEnvironment({ ANTHROPIC_API_KEY: "" });
    const llm = newLLM("claude-sonnet-5");
    onTestFinished(() => llm.close());
    const error = await connectorError(llm.call(request));
    expect(error.reason).toBe("TARGET_NOT_CONFIGURED");
    expect(error.message).toContain("ANTHROPIC_API_KEY");
  });

  it.each([
    ["ANTHROPIC_API_KEY", "half\nhalf"],
    ["ANTHROPIC_BASE_URL", "https://half@nowhere"],
  ])("is refused where it cannot be right: %s", (name, value) => {
    setEnvironment({ [name]: value });
    const error = caught(() => newLLM("claude-sonnet-5"));
    expect(error.fields.violations?.[0]?.field).toBe(name);
    expect(error.message).not.toContain("half");
  });
});

function setEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

function caught(make: () => unknown): ConnectorError {
  try {
    make();
  } catch (thrown) {
    return thrown as ConnectorError;
  }
  throw new Error("nothing was thrown");
}
