// Proves, over real sockets, that configuration alone makes Custom speak each of its seven wires,
// at an address of any host and at clouds, and that a target's own path, key header, headers and
// body are sent.
import { describe, expect, it } from "vitest";
import type { CredentialSources } from "../../src/http/cloud-credentials.ts";
import { CloudScene } from "../support/cloud-scene.ts";
import { wireAnswers } from "../support/wire-answers.ts";

/** Wire, path of a call behind the address, header of the key. */
const wires: readonly (readonly [string, string, string])[] = [
  ["openai-chat", "/chat/completions", "authorization"],
  ["openai-responses", "/responses", "authorization"],
  ["anthropic-messages", "/v1/messages", "x-api-key"],
  ["gemini", "/v1beta/models/m1:generateContent", "x-goog-api-key"],
  ["ollama", "/api/chat", "authorization"],
  ["bedrock-converse", "/model/m1/converse", "authorization"],
  ["cohere", "/v2/chat", "authorization"],
];

/** Tokens that say which scheme was asked. */
const tokens: CredentialSources = {
  aws: () => ({ headers: async () => ({ authorization: "Bearer of-aws" }) }),
  google: () => ({ headers: async () => ({ authorization: "Bearer of-google" }) }),
  entra: () => ({ headers: async () => ({ authorization: "Bearer of-entra" }) }),
};

async function sceneOf(dialect: string, fields: string): Promise<CloudScene> {
  const scene = await CloudScene.start(`adapter: custom, dialect: ${dialect}, ${fields}`, tokens);
  scene.answers({ body: JSON.stringify(wireAnswers[dialect]) });
  return scene;
}

describe.each(wires)("%s", (dialect, path, header) => {
  it("is spoken at any address, behind its path", async () => {
    const scene = await sceneOf(dialect, 'base_url: "URL/prefix", api_key: k1');
    const response = await scene.call({ model: "m1", maxOutputTokens: 9 });
    expect(response?.content?.message).toBe("Hi");
    expect(scene.last).toMatchObject({ method: "POST", path: `/prefix${path}` });
    const value = header === "authorization" ? "Bearer k1" : "k1";
    expect(scene.last.headers).toMatchObject({ [header]: value });
  });

  it("is sent without a key where the target has none", async () => {
    const scene = await sceneOf(dialect, "base_url: URL");
    await scene.call({ model: "m1", maxOutputTokens: 9 });
    expect(scene.last.headers).not.toHaveProperty(header);
  });

  it("has its key, path, headers and body from the target", async () => {
    const own = 'path: "/models/{model}/run?v=2", key_header: x-gateway-key, body: { extra: [1] }';
    const fields = `base_url: URL, api_key: k1, headers: { x-team: t1 }, ${own}`;
    const scene = await sceneOf(dialect, fields);
    const providerOptions = { custom: { mine: true } };
    await scene.call({ model: "a/b", maxOutputTokens: 9, providerOptions });
    expect(scene.last).toMatchObject({
      path: "/models/a%2Fb/run?v=2",
      headers: { "x-gateway-key": "k1", "x-team": "t1" },
      json: { extra: [1], mine: true },
    });
    expect(scene.last.headers).not.toHaveProperty(header);
  });
});

describe("a cloud", () => {
  it.each([
    ["azure", "openai-chat", "", "/openai/v1/chat/completions"],
    [
      "azure",
      "openai-chat",
      'api_version: "2024-10-21", ',
      "/openai/deployments/m1/chat/completions?api-version=2024-10-21",
    ],
    ["azure", "openai-responses", "", "/openai/v1/responses"],
    ["azure", "anthropic-messages", "", "/anthropic/v1/messages"],
    [
      "vertex",
      "gemini",
      "region: europe-west4, project: p1, ",
      "/v1/projects/p1/locations/europe-west4/publishers/google/models/m1:generateContent",
    ],
    ["bedrock", "bedrock-converse", "region: eu-west-1, ", "/model/m1/converse"],
  ])("%s is asked by %s with %sat %s", async (host, dialect, place, path) => {
    const scene = await sceneOf(dialect, `host: ${host}, ${place}base_url: URL`);
    const response = await scene.call({ model: "m1", maxOutputTokens: 9 });
    expect(response?.content?.message).toBe("Hi");
    const cloud = { azure: "entra", vertex: "google", bedrock: "aws" }[host];
    expect(scene.last).toMatchObject({ path, headers: { authorization: `Bearer of-${cloud}` } });
  });

  it("of Azure takes a key in its own header", async () => {
    const scene = await sceneOf("openai-chat", "host: azure, base_url: URL, api_key: k1");
    await scene.call({ model: "m1" });
    expect(scene.last.headers).toMatchObject({ "api-key": "k1" });
  });
});

describe("tokens", () => {
  it.each([
    ["anthropic-messages", "/v1/messages/count_tokens", { input_tokens: 7 }],
    ["gemini", "/v1beta/models/m1:countTokens", { totalTokens: 7 }],
    ["openai-responses", "/responses/input_tokens", { input_tokens: 7 }],
  ])("are counted where %s has a way", async (dialect, path, body) => {
    const scene = await sceneOf(dialect, "base_url: URL");
    scene.answers({ body: JSON.stringify(body) });
    expect(await scene.count({ model: "m1" })).toBe(7n);
    expect(scene.last.path).toBe(path);
  });

  it.each(["openai-chat", "ollama", "cohere"])("are estimated for %s", async (dialect) => {
    const scene = await sceneOf(dialect, "base_url: URL");
    expect(await scene.count({ model: "m1" })).toBeGreaterThan(0n);
    expect(scene.requests).toEqual([]);
  });
});
