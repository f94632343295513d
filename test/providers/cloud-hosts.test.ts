// Proves what OpenAI and Claude are asked at clouds, over real sockets: path, headers and body,
// whole and streamed, and which of a target's own settings change them; and what the clouds' own
// failures mean.
import { describe, expect, it } from "vitest";
import type { CredentialSources } from "../../src/http/cloud-credentials.ts";
import { CloudScene } from "../support/cloud-scene.ts";
import { FakeIssuer, gate } from "../support/fake-issuer.ts";
import { googleFile, serviceAccountFile } from "../support/google-files.ts";
import { errorOf } from "../support/simulated-connectors.ts";

const chatAnswer = JSON.stringify({
  id: "c1",
  model: "gpt-4.1-2025-04-14",
  choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hi" } }],
});
const responsesAnswer = JSON.stringify({
  id: "r1",
  status: "completed",
  output: [{ type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] }],
});
const claudeAnswer = JSON.stringify({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude-opus-4-5-20251101",
  content: [{ type: "text", text: "Hi" }],
  stop_reason: "end_turn",
  usage: { input_tokens: 1, output_tokens: 1 },
});

/** Tokens that say which scheme was asked. */
const tokens: CredentialSources = {
  aws: () => ({ headers: async () => ({ authorization: "Bearer of-aws" }) }),
  google: () => ({ headers: async () => ({ authorization: "Bearer of-google" }) }),
  entra: () => ({ headers: async () => ({ authorization: "Bearer of-entra" }) }),
};

const azure = "adapter: openai, host: azure, base_url: URL";
const foundry = "adapter: anthropic, host: azure, base_url: URL";
const vertex = "adapter: anthropic, host: vertex, base_url: URL, region: europe-west1, project: p1";

async function sceneOf(fields: string, body: string): Promise<CloudScene> {
  const scene = await CloudScene.start(fields, tokens);
  scene.answers({ body });
  return scene;
}

describe("Azure OpenAI", () => {
  it.each([
    ["", "chat", "/openai/v1/chat/completions"],
    ["", "responses", "/openai/v1/responses"],
    ["preview", "responses", "/openai/v1/responses?api-version=preview"],
    [
      "2025-01-01-preview",
      "chat",
      "/openai/deployments/my%20gpt/chat/completions?api-version=2025-01-01-preview",
    ],
    ["2025-03-01-preview", "responses", "/openai/responses?api-version=2025-03-01-preview"],
  ])("of version %j has its %s at %s", async (version, dialect, path) => {
    const fields = version && `, api_version: ${version}`;
    const answer = dialect === "chat" ? chatAnswer : responsesAnswer;
    const scene = await sceneOf(`${azure}, dialect: ${dialect}, api_key: k1${fields}`, answer);
    const response = await scene.call({ model: "my gpt" });
    expect(response?.content?.parts).toHaveLength(1);
    expect(scene.last).toMatchObject({ method: "POST", path, json: { model: "my gpt" } });
    expect(scene.last.headers).toMatchObject({ "api-key": "k1" });
    expect(scene.last.headers).not.toHaveProperty("authorization");
  });

  it("is signed in to where the target has no key", async () => {
    const scene = await sceneOf(azure, chatAnswer);
    await scene.call({ model: "gpt" });
    expect(scene.last.headers).toMatchObject({ authorization: "Bearer of-entra" });
    expect(scene.last.headers).not.toHaveProperty("api-key");
  });

  it.each([
    ["2024-08-01-preview", { max_tokens: 7 }],
    ["2024-10-21", { max_completion_tokens: 7, stream_options: { include_usage: true } }],
  ])("of version %s is asked in its words", async (version, words) => {
    const scene = await sceneOf(`${azure}, api_version: ${version}, api_key: k`, chatAnswer);
    await scene.stream({ model: "gpt", maxOutputTokens: 7, endUserId: "u1" });
    const { messages: _, ...body } = scene.last.json as Record<string, unknown>;
    expect(body).toEqual({ model: "gpt", stream: true, user: "u1", ...words });
  });

  it("begins its streams with what it thinks of the prompt", async () => {
    const scene = await CloudScene.start(`${azure}, api_key: k`);
    const found = { hate: { filtered: false, severity: "safe" } };
    const chunks = [
      { choices: [], created: 0, id: "", model: "", prompt_filter_results: [{ prompt_index: 0 }] },
      { id: "c1", model: "gpt", choices: [{ index: 0, delta: { content: "Hi" } }] },
      {
        id: "c1",
        model: "gpt",
        choices: [{ index: 0, delta: {}, finish_reason: "stop", content_filter_results: found }],
      },
    ];
    const events = [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"];
    scene.answers({
      body: events.map((data) => `data: ${data}\n\n`).join(""),
      headers: "content-type: text/event-stream\r\n",
    });
    const names = await scene.stream({ model: "gpt" });
    expect(names).toEqual(["started", "partStarted", "textDelta", "partFinished", "finished"]);
    expect((await scene.call({ model: "gpt" }))?.providerMetadata).toEqual({
      prompt_filter_results: [{ prompt_index: 0 }],
      choice: { content_filter_results: found },
    });
  });

  it.each([
    [
      "400 Bad Request",
      { code: "content_filter", innererror: { code: "ResponsibleAIPolicyViolation" } },
      "CONTENT_FILTERED",
    ],
    ["404 Not Found", { code: "DeploymentNotFound" }, "MODEL_NOT_FOUND"],
    [
      "404 Not Found",
      { code: "404", message: "Resource not found" },
      "PROVIDER_ENDPOINT_NOT_FOUND",
    ],
    ["401 Unauthorized", { code: "401", message: "Access denied" }, "PROVIDER_CREDENTIAL_INVALID"],
    ["429 Too Many Requests", { code: "429", message: "exceeded" }, "PROVIDER_RATE_LIMITED"],
    ["429 Too Many Requests", { code: "RateLimitReached" }, "PROVIDER_RATE_LIMITED"],
  ])("fails with %s %j", async (status, error, reason) => {
    const scene = await CloudScene.start(`${azure}, api_key: k`);
    const headers = "apim-request-id: id-1\r\nretry-after-ms: 0\r\nretry-after: 1\r\n";
    scene.answers({ status, body: JSON.stringify({ error }), headers });
    const failure = await errorOf(scene.call({ model: "gpt" }));
    expect(failure.reason).toBe(reason);
    expect(failure.fields.metadata).toMatchObject({ provider_request_id: "id-1" });
    if (status.startsWith("429")) expect(failure.fields.retryAfterMs).toBe(1000);
  });

  it("has its tokens estimated, since it counts none", async () => {
    const scene = await sceneOf(`${azure}, api_key: k`, chatAnswer);
    expect(await scene.count({ model: "gpt" })).toBeGreaterThan(0n);
    expect(scene.requests).toEqual([]);
  });
});

describe("Claude at Azure", () => {
  it("is at Foundry, in Anthropic's own words", async () => {
    const scene = await sceneOf(`${foundry}, api_key: k1`, claudeAnswer);
    await scene.call({ model: "claude-opus-4-5", maxOutputTokens: 9 });
    expect(scene.last).toMatchObject({
      path: "/anthropic/v1/messages",
      headers: { "api-key": "k1", "anthropic-version": "2023-06-01" },
      json: { model: "claude-opus-4-5", max_tokens: 9 },
    });
    expect(scene.last.headers).not.toHaveProperty("x-api-key");
  });

  it("counts tokens there, signed in to where the target has no key", async () => {
    const scene = await sceneOf(foundry, JSON.stringify({ input_tokens: 12 }));
    expect(await scene.count({ model: "claude-opus-4-5" })).toBe(12n);
    expect(scene.last.path).toBe("/anthropic/v1/messages/count_tokens");
    expect(scene.last.headers.authorization).toBe("Bearer of-entra");
  });
});

describe("Claude on Vertex AI", () => {
  const models = "/v1/projects/p1/locations/europe-west1/publishers/anthropic/models";

  it.each([
    ["claude-opus-4-5@20251101", "claude-opus-4-5@20251101"],
    ["claude-opus-4-5-20251101", "claude-opus-4-5@20251101"],
    ["claude-3-5-sonnet", "claude-3-5-sonnet-v2@20241022"],
    ["claude-3.7-sonnet", "claude-3-7-sonnet@20250219"],
    ["claude-opus-4", "claude-opus-4@20250514"],
    ["claude-opus-4-6", "claude-opus-4-6"],
  ])("knows %s as %s", async (asked, sent) => {
    const scene = await sceneOf(vertex, claudeAnswer);
    await scene.call({ model: asked });
    expect(scene.last.path).toBe(`${models}/${sent}:rawPredict`);
  });

  it("has the model in the path, and its version in the body", async () => {
    const scene = await sceneOf(vertex, claudeAnswer);
    const beta = { anthropic: { anthropic_beta: ["context-1m-2025-08-07"] } };
    await scene.call({ model: "claude-opus-4-5", maxOutputTokens: 9, providerOptions: beta });
    expect(scene.last.json).toEqual({
      anthropic_version: "vertex-2023-10-16",
      max_tokens: 9,
      messages: [{ role: "user", content: "Hello" }],
    });
    expect(scene.last.headers).toMatchObject({
      authorization: "Bearer of-google",
      "anthropic-beta": "context-1m-2025-08-07",
    });
    expect(scene.last.headers).not.toHaveProperty("anthropic-version");
  });

  it("streams by another method, with a key as bearer", async () => {
    const scene = await sceneOf(`${vertex}, api_key: ya29-given`, claudeAnswer);
    await scene.stream({ model: "claude-opus-4-5" });
    expect(scene.last.path).toBe(`${models}/claude-opus-4-5:streamRawPredict`);
    expect(scene.last.headers.authorization).toBe("Bearer ya29-given");
    expect(scene.last.json).toMatchObject({ stream: true });
  });

  it("is signed in to by a file of credentials, once", async () => {
    const issuer = await FakeIssuer.start();
    issuer.answers(() => ({ body: { access_token: "fetched-token", expires_in: 3600 } }));
    const file = googleFile(serviceAccountFile(`${issuer.url}/token`, { quota_project_id: "q" }));
    const scene = await CloudScene.start(`${vertex}, credentials: { type: google, file: ${file} }`);
    scene.answers({ body: claudeAnswer });
    await Promise.all(["claude-a", "claude-b"].map((model) => scene.call({ model })));
    expect(scene.requests).toHaveLength(2);
    for (const { headers } of scene.requests) {
      expect(headers).toMatchObject({
        authorization: "Bearer fetched-token",
        "x-goog-user-project": "q",
      });
    }
    expect(issuer.requests).toHaveLength(1);
    expect(scene.connectors.redactor.redact("it was fetched-token again")).toBe("it was *** again");
  });

  it("fails as its credentials do, and asks nothing then", async () => {
    const issuer = await FakeIssuer.start();
    issuer.answers(() => ({ status: "400 Bad Request", body: { error: "invalid_grant" } }));
    const file = googleFile(serviceAccountFile(issuer.url));
    const scene = await CloudScene.start(`${vertex}, credentials: { type: google, file: ${file} }`);
    const { reason, message, fields } = await errorOf(scene.call({ model: "claude-opus-4-5" }));
    expect([reason, message]).toEqual([
      "PROVIDER_CREDENTIAL_INVALID",
      "anthropic: Google refused the credentials (invalid_grant).",
    ]);
    expect(fields.metadata).toMatchObject({ target: "cloud" });
    expect(scene.requests).toEqual([]);
  });

  it("waits for its credentials no longer than for its answer", async () => {
    const issuer = await FakeIssuer.start();
    const { opened } = gate();
    const asked = gate();
    issuer.answers(async () => {
      asked.open();
      await opened;
      return { body: {} };
    });
    const file = googleFile(serviceAccountFile(issuer.url));
    const scene = await CloudScene.start(`${vertex}, credentials: { type: google, file: ${file} }`);
    const options = { timeout: { seconds: 2n } };
    const failure = errorOf(scene.call({ model: "claude-opus-4-5" }, options));
    await asked.opened;
    scene.clock.advance(2_000);
    expect((await failure).reason).toBe("CALLER_DEADLINE_EXCEEDED");
  });

  it("counts tokens by a model of its own", async () => {
    const scene = await sceneOf(vertex, JSON.stringify({ input_tokens: 12 }));
    expect(await scene.count({ model: "claude-opus-4-5-20251101" })).toBe(12n);
    expect(scene.last.path).toBe(`${models}/count-tokens:rawPredict`);
    expect(scene.last.json).toMatchObject({
      anthropic_version: "vertex-2023-10-16",
      model: "claude-opus-4-5@20251101",
    });
  });

  it.each([
    [
      "404 Not Found",
      [{ error: { code: 404, status: "NOT_FOUND", message: "Publisher Model `x` was not found" } }],
      "MODEL_NOT_FOUND",
      "NOT_FOUND",
    ],
    [
      "429 Too Many Requests",
      { error: { code: 429, status: "RESOURCE_EXHAUSTED", message: "Quota exceeded" } },
      "PROVIDER_RATE_LIMITED",
      "RESOURCE_EXHAUSTED",
    ],
    [
      "400 Bad Request",
      { type: "error", error: { type: "invalid_request_error", message: "prompt is too long" } },
      "CONTEXT_LENGTH_EXCEEDED",
      "invalid_request_error",
    ],
    [
      "529 Overloaded",
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
      "PROVIDER_OVERLOADED",
      "overloaded_error",
    ],
  ])("fails as Google or as Anthropic does: %s", async (status, body, reason, code) => {
    const scene = await CloudScene.start(vertex, tokens);
    scene.answers({ status, body: JSON.stringify(body) });
    const failure = await errorOf(scene.call({ model: "claude-opus-4-5" }));
    expect(failure.reason).toBe(reason);
    expect(failure.fields.metadata?.provider_code).toBe(code);
  });
});

describe("a gateway", () => {
  const fields =
    "adapter: openai, base_url: URL/v1, api_key: k1, key_header: X-Gateway-Key, " +
    "path: '/models/{model}?v=2', body: { service_tier: flex, metadata: { a: b } }";

  it("has its own path, header and members of the body", async () => {
    const scene = await sceneOf(fields, chatAnswer);
    await scene.call({ model: "org/gpt" });
    expect(scene.last).toMatchObject({
      path: "/v1/models/org%2Fgpt?v=2",
      headers: { "x-gateway-key": "k1" },
      json: { service_tier: "flex", metadata: { a: "b" } },
    });
    expect(scene.last.headers).not.toHaveProperty("authorization");
  });

  it("leaves the last word to the caller, and paths besides calls to the wire", async () => {
    const scene = await sceneOf(fields, chatAnswer);
    await scene.call({ model: "gpt", providerOptions: { openai: { service_tier: "default" } } });
    expect(scene.last.json).toMatchObject({ service_tier: "default", metadata: { a: "b" } });
    scene.answers({ body: JSON.stringify({ input_tokens: 3 }) });
    expect(await scene.count({ model: "gpt" })).toBe(3n);
    expect(scene.last.path).toBe("/v1/responses/input_tokens");
  });
});
