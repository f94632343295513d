// Proves that Google's patterns lead every name of its own to it, in RE2 as in the language's own
// engine, and never a name that only looks like one; and, over real sockets, what its hosts are
// asked and how answers, streams in both of their forms, failures and counts come back.
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { compileOwnPattern, compilePattern } from "../../src/dispatch/pattern.ts";
import type { CredentialSources } from "../../src/http/cloud-credentials.ts";
import { google } from "../../src/providers/google/index.ts";
import { CloudScene } from "../support/cloud-scene.ts";
import { errorOf } from "../support/simulated-connectors.ts";

const own = [
  "gemini-3.6-flash",
  "gemini-3.1-pro-preview",
  "GEMINI-2.5-Pro",
  "gemini-2.5-flash-lite",
  "gemini-2.5-flash-image",
  "gemini-2.5-pro-preview-tts",
  "gemini-embedding-001",
  "gemini-robotics-er-1.5-preview",
  "gemini-live-2.5-flash-preview",
  "gemini-flash-latest",
  "gemini-pro",
  "gemini-pro-vision",
  "gemini-ultra",
  "gemini-1.0-pro-001",
  "gemini-1.5-flash-8b",
  "gemma-3-27b-it",
  "gemma-4-31b-it",
  "models/gemini-2.5-flash",
  "models/gemma-3n-e4b-it",
  "publishers/google/models/gemini-2.5-pro",
  "tunedModels/mine-7q0x",
  "text-embedding-004",
  "models/text-embedding-004",
  "text-multilingual-embedding-002",
  "embedding-001",
  "learnlm-2.0-flash-experimental",
];

const foreign = [
  "gemma3:4b",
  "gemma-3:4b",
  "gemma3",
  "gemini",
  "geminix-1",
  "my-gemini-2.5-pro",
  "google/gemini-2.5-pro",
  "text-embedding-3-large",
  "text-embedding-ada-002",
  "claude-sonnet-5",
  "gpt-5",
  "mistral-large-latest",
  "meta-llama/Llama-3.3-70B",
  "llama-3.3-70b-versatile",
];

describe.each([
  ["RE2", compilePattern],
  ["the language's engine", compileOwnPattern],
])("the patterns in %s", (_, compile) => {
  const tests = google.patterns.map(({ pattern }) => compile(pattern));

  it.each(own)("lead %s here", (name) => {
    expect(tests.filter((test) => test(name))).toHaveLength(1);
  });

  it.each(foreign)("do not lead %s here", (name) => {
    expect(tests.some((test) => test(name))).toBe(false);
  });

  it("match their own examples", () => {
    for (const { pattern, examples } of google.patterns) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(compile(pattern)(example)).toBe(true);
    }
  });
});

describe("the record", () => {
  it("lists only names that its patterns lead here, each once", () => {
    const tests = google.patterns.map(({ pattern }) => compilePattern(pattern));
    const names = google.models.map(({ name }) => name);
    expect(names.filter((name) => !tests.some((test) => test(name)))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("speaks its wire directly and on Vertex AI, with a key", () => {
    const { dialects, hosts, defaultDialect, keyRequired, keyVariables, baseURLVariables } = google;
    expect({ defaultDialect, keyRequired, keyVariables, baseURLVariables }).toEqual({
      defaultDialect: "gemini",
      keyRequired: true,
      keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
      baseURLVariables: ["GOOGLE_GEMINI_BASE_URL"],
    });
    for (const set of [dialects, hosts?.vertex?.dialects]) {
      expect(Object.entries(set ?? {}).map(([name, dialect]) => [name, dialect.name])).toEqual([
        ["gemini", "gemini"],
      ]);
    }
  });
});

const model = "gemini-2.5-flash";
const direct = "adapter: google, base_url: URL, api_key: k1";
const vertex = "adapter: google, host: vertex, base_url: URL, region: europe-west4, project: shop";
const path = "/v1/projects/shop/locations/europe-west4/publishers/google/models/gemini-2.5-flash";
const sources: CredentialSources = {
  aws: () => ({ headers: async () => ({ authorization: "Bearer of-aws" }) }),
  entra: () => ({ headers: async () => ({ authorization: "Bearer of-entra" }) }),
  google: () => ({ headers: async () => ({ authorization: "Bearer fetched" }) }),
};

const chunks = [
  { candidates: [{ content: { role: "model", parts: [{ text: "Hel" }] } }], responseId: "r1" },
  {
    candidates: [{ content: { role: "model", parts: [{ text: "lo" }] }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 1 },
  },
];
const sse = "content-type: text/event-stream\r\n";

async function scene(fields: string, body: unknown, rest: object = {}): Promise<CloudScene> {
  const started = await CloudScene.start(fields, sources);
  started.answers({ body: typeof body === "string" ? body : JSON.stringify(body), ...rest });
  return started;
}

describe("a call", () => {
  it("goes to the Gemini API with its key, and no bearer", async () => {
    const started = await scene(direct, chunks[1]);
    const response = await started.call({ model });
    expect(response).toMatchObject({ content: { message: "lo" }, rawStopReason: "STOP" });
    expect(started.last).toMatchObject({
      method: "POST",
      path: "/v1beta/models/gemini-2.5-flash:generateContent",
      json: { contents: [{ role: "user", parts: [{ text: "Hello" }] }] },
    });
    expect(started.last.headers).toMatchObject({ "x-goog-api-key": "k1" });
    expect(started.last.headers).not.toHaveProperty("authorization");
  });

  it("goes to Vertex AI with a token that is given or fetched", async () => {
    const given = await scene(`${vertex}, api_key: ya29`, chunks[1]);
    await given.call({ model });
    expect(given.last.path).toBe(`${path}:generateContent`);
    expect(given.last.headers).toMatchObject({ authorization: "Bearer ya29" });
    const fetched = await scene(vertex, chunks[1]);
    await fetched.call({ model });
    expect(fetched.last.headers).toMatchObject({ authorization: "Bearer fetched" });
    expect(fetched.last.headers).not.toHaveProperty("x-goog-api-key");
  });

  it("has a blocked prompt as an answer", async () => {
    const started = await scene(direct, { promptFeedback: { blockReason: "SAFETY" } });
    expect(await started.call({ model })).toMatchObject({
      rawStopReason: "SAFETY",
      providerMetadata: { promptFeedback: { blockReason: "SAFETY" } },
    });
  });
});

describe("a list in place of an answer", () => {
  const json = { headers: "content-type: application/json\r\n" };

  it("is the chunks of a stream, which add up to one", async () => {
    const started = await scene(direct, JSON.stringify(chunks), json);
    const response = await started.call({ model });
    const texts = chunks.flatMap(({ candidates }) => candidates ?? []);
    expect(response?.content?.message).not.toBe("");
    expect(texts.length).toBeGreaterThan(1);
  });

  it.each(["[]", "[1]", '[{"other": true}]'])(
    "is malformed where it holds none: %s",
    async (body) => {
      const started = await scene(direct, body, json);
      expect(await errorOf(started.call({ model }))).toMatchObject({
        reason: "PROVIDER_MALFORMED_RESPONSE",
      });
    },
  );
});

describe("a stream", () => {
  const names = [
    "started",
    "partStarted",
    "textDelta",
    "textDelta",
    "usage",
    "partFinished",
    "finished",
  ];
  const events = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join("");

  /** Deltas of one read of the socket leave as one: how many there are is not told. */
  const distinct = (list: readonly unknown[]): readonly unknown[] =>
    list.filter((name, index) => name !== list[index - 1]);

  it.each([
    ["server-sent events", events, sse],
    ["a list", JSON.stringify(chunks, undefined, 2), "content-type: application/json\r\n"],
  ])("comes as %s", async (_, body, headers) => {
    const started = await scene(direct, body, { headers });
    expect(distinct(await started.stream({ model }))).toEqual(distinct(names));
    expect(started.last.path).toBe("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse");
  });

  it("that ends before its reason is cut", async () => {
    const started = await scene(direct, `data: ${JSON.stringify(chunks[0])}\r\n\r\n`, {
      headers: sse,
    });
    expect((await errorOf(started.stream({ model }))).reason).toBe("STREAM_TRUNCATED");
  });

  const error = { error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "no" } };

  it.each([
    ["an event", `data: ${JSON.stringify(error)}\r\n\r\n`, sse],
    ["an element", JSON.stringify([error]), "content-type: application/json\r\n"],
    ["the body", JSON.stringify(error), "content-type: application/json\r\n"],
  ])("with an error as %s fails with it", async (_, body, headers) => {
    const started = await scene(direct, body, { headers });
    const failure = await errorOf(started.stream({ model }));
    expect(failure.reason).toBe("PROVIDER_RATE_LIMITED");
    expect(failure.fields.metadata).toMatchObject({ provider_code: "RESOURCE_EXHAUSTED" });
  });
});

describe("a failure", () => {
  it("tells how long to wait", async () => {
    const details = [
      {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        violations: [{ quotaId: "PerMinute" }],
      },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "48s" },
    ];
    const error = { code: 429, status: "RESOURCE_EXHAUSTED", message: "Quota exceeded", details };
    const started = await scene(direct, [{ error }], { status: "429 Too Many Requests" });
    const failure = await errorOf(started.call({ model }));
    expect(failure).toMatchObject({
      reason: "PROVIDER_RATE_LIMITED",
      fields: { retryAfterMs: 48_000, quotaSubjects: ["PerMinute"] },
    });
  });

  it("never repeats the key", async () => {
    const message = "API key not valid: k1-canary-key";
    const error = { code: 400, status: "INVALID_ARGUMENT", message };
    const fields = direct.replace("k1", "k1-canary-key");
    const started = await scene(fields, { error }, { status: "400 Bad Request" });
    const failure = await errorOf(started.call({ model }));
    expect(failure.reason).toBe("PROVIDER_CREDENTIAL_INVALID");
    expect(inspect([failure.message, failure.fields], { depth: 9 })).not.toContain("k1-canary-key");
  });
});

describe("a count of tokens", () => {
  it.each([
    [direct, "/v1beta/models/gemini-2.5-flash:countTokens"],
    [vertex, `${path}:countTokens`],
  ])("is asked of %s", async (fields, asked) => {
    const started = await scene(fields, { totalTokens: 31 });
    expect(await started.count({ model })).toBe(31n);
    expect(started.last.path).toBe(asked);
  });
});
