// Proves, over real sockets, where each known host of Custom is asked and where its key goes: the
// address it has or is given, the path of the wire behind it, and the header.
import { describe, expect, it } from "vitest";
import type { Dialect } from "../../src/contract/adapter.ts";
import { custom } from "../../src/providers/custom/index.ts";
import { CloudScene } from "../support/cloud-scene.ts";
import { wireAnswers } from "../support/wire-answers.ts";

const chat = "openai-chat";
const responses = "openai-responses";
const messages = "anthropic-messages";

/** Preset, wire, where it is asked; how the key goes where it is no bearer token. */
const known: readonly (readonly [string, string, string, string?])[] = [
  ["ai21", chat, "https://api.ai21.com/studio/v1/chat/completions"],
  ["alibaba", chat, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1/chat/completions"],
  [
    "alibaba",
    messages,
    "https://dashscope-intl.aliyuncs.com/apps/anthropic/v1/messages",
    "x-api-key",
  ],
  ["avian", chat, "https://api.avian.io/v1/chat/completions"],
  ["baseten", chat, "https://inference.baseten.co/v1/chat/completions"],
  ["bedrock-mantle", responses, "https://bedrock-mantle.eu-west-1.api.aws/openai/v1/responses"],
  ["bedrock-mantle", chat, "https://bedrock-mantle.eu-west-1.api.aws/v1/chat/completions"],
  [
    "bedrock-openai",
    chat,
    "https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/chat/completions",
  ],
  ["braintrust", chat, "https://api.braintrust.dev/v1/proxy/chat/completions"],
  ["cohere", "cohere", "https://api.cohere.com/v2/chat"],
  ["cohere", chat, "https://api.cohere.ai/compatibility/v1/chat/completions"],
  ["copilot", chat, "https://api.githubcopilot.com/chat/completions"],
  ["copilot", responses, "https://api.githubcopilot.com/responses"],
  ["copilot", messages, "https://api.githubcopilot.com/v1/messages"],
  ["crusoe", chat, "https://api.inference.crusoecloud.com/v1/chat/completions"],
  ["deepinfra", chat, "https://api.deepinfra.com/v1/openai/chat/completions"],
  ["deepseek", chat, "https://api.deepseek.com/chat/completions"],
  ["deepseek", responses, "https://api.deepseek.com/responses"],
  ["deepseek", messages, "https://api.deepseek.com/anthropic/v1/messages", "x-api-key"],
  ["doubleword", chat, "https://api.doubleword.ai/v1/chat/completions"],
  ["friendli", chat, "https://api.friendli.ai/serverless/v1/chat/completions"],
  ["github", chat, "https://models.github.ai/inference/chat/completions"],
  ["hyperbolic", chat, "https://api.hyperbolic.xyz/v1/chat/completions"],
  ["inception", chat, "https://api.inceptionlabs.ai/v1/chat/completions"],
  ["minimax", chat, "https://api.minimax.io/v1/chat/completions"],
  ["minimax", messages, "https://api.minimax.io/anthropic/v1/messages", "x-api-key"],
  ["moonshot", chat, "https://api.moonshot.ai/v1/chat/completions"],
  ["moonshot", messages, "https://api.moonshot.ai/anthropic/v1/messages", "x-api-key"],
  ["nebius", chat, "https://api.tokenfactory.nebius.com/v1/chat/completions"],
  ["novita", chat, "https://api.novita.ai/openai/v1/chat/completions"],
  ["nvidia", chat, "https://integrate.api.nvidia.com/v1/chat/completions"],
  ["openrouter", chat, "https://openrouter.ai/api/v1/chat/completions"],
  ["openrouter", responses, "https://openrouter.ai/api/v1/responses"],
  ["openrouter", messages, "https://openrouter.ai/api/v1/messages"],
  ["perplexity", chat, "https://api.perplexity.ai/chat/completions"],
  ["portkey", chat, "https://api.portkey.ai/v1/chat/completions", "x-portkey-api-key"],
  ["pydantic-gateway", responses, "https://gateway.pydantic.dev/proxy/openai/responses"],
  ["pydantic-gateway", chat, "https://gateway.pydantic.dev/proxy/openai/chat/completions"],
  ["pydantic-gateway", messages, "https://gateway.pydantic.dev/proxy/anthropic/v1/messages"],
  ["sambanova", chat, "https://api.sambanova.ai/v1/chat/completions"],
  ["scaleway", chat, "https://api.scaleway.ai/v1/chat/completions"],
  ["siliconflow", chat, "https://api.siliconflow.com/v1/chat/completions"],
  ["upstage", chat, "https://api.upstage.ai/v1/chat/completions"],
  ["venice", chat, "https://api.venice.ai/api/v1/chat/completions"],
  ["vercel-gateway", chat, "https://ai-gateway.vercel.sh/v1/chat/completions"],
  ["vercel-gateway", responses, "https://ai-gateway.vercel.sh/v1/responses"],
  ["vercel-gateway", messages, "https://ai-gateway.vercel.sh/v1/messages", "x-api-key"],
  ["watsonx", chat, "https://eu-west-1.ml.cloud.ibm.com/ml/v1/chat/completions"],
  ["writer", chat, "https://api.writer.com/v1/chat"],
  ["xai", chat, "https://api.x.ai/v1/chat/completions"],
  ["xai", responses, "https://api.x.ai/v1/responses"],
  ["xai", messages, "https://api.x.ai/v1/messages", "x-api-key"],
  ["zai", chat, "https://api.z.ai/api/paas/v4/chat/completions"],
  ["zai", messages, "https://api.z.ai/api/anthropic/v1/messages", "x-api-key"],
  ["zai-coding", chat, "https://api.z.ai/api/coding/paas/v4/chat/completions"],
];

/** Hosts whose address holds the account: the path that a target gives, and what follows it. */
const given: readonly (readonly [string, string, string, string, string?])[] = [
  [
    "azure-inference",
    chat,
    "/models",
    "/chat/completions?api-version=2024-05-01-preview",
    "api-key",
  ],
  ["cloudflare", chat, "/client/v4/accounts/a1/ai/v1", "/chat/completions"],
  ["cloudflare", responses, "/client/v4/accounts/a1/ai/v1", "/responses"],
  ["databricks", chat, "/serving-endpoints", "/chat/completions"],
  ["snowflake", chat, "/api/v2/cortex/v1", "/chat/completions"],
];

function wireOf(preset: string, dialect: string): Dialect | undefined {
  return custom.presets?.find(({ name }) => name === preset)?.dialects[dialect];
}

/** The path and the headers of a call to a preset at an upstream that stands in for its address. */
async function asked(preset: string, dialect: string, prefix: string) {
  const fields = `preset: ${preset}, dialect: ${dialect}, region: eu-west-1, api_key: k1`;
  const scene = await CloudScene.start(`adapter: custom, base_url: "URL${prefix}", ${fields}`);
  scene.answers({ body: JSON.stringify(wireAnswers[dialect]) });
  const response = await scene.call({ model: "m1" });
  expect(response?.content?.message).toBe("Hi");
  expect(scene.last.json).toMatchObject({ model: "m1" });
  return scene.last;
}

const expectKey = (headers: object, name = "authorization") =>
  expect(headers).toMatchObject({ [name]: name === "authorization" ? "Bearer k1" : "k1" });

describe("a known host", () => {
  const atHome = known.map(([preset, dialect, address, key]) => ({
    preset,
    dialect,
    address,
    key,
  }));
  it.each(atHome)("$preset is asked by $dialect at $address", async (row) => {
    const { preset, dialect, address, key } = row;
    const wire = wireOf(preset, dialect);
    const base = wire?.defaultBaseURL || wire?.regionalBaseURL?.("eu-west-1") || "";
    const { path, headers } = await asked(preset, dialect, new URL(base).pathname);
    expect(new URL(base).origin + path).toBe(address);
    expectKey(headers, key);
  });

  const elsewhere = given.map(([preset, dialect, prefix, rest, key]) => ({
    ...{ preset, dialect, prefix, rest, key },
  }));
  it.each(elsewhere)("$preset is asked by $dialect behind $prefix", async (row) => {
    const { preset, dialect, prefix, rest, key } = row;
    expect(wireOf(preset, dialect)).toMatchObject({ defaultBaseURL: "" });
    const { path, headers } = await asked(preset, dialect, prefix);
    expect(path).toBe(prefix + rest);
    expectKey(headers, key);
  });

  it("is in one of the two tables with each of its wires", () => {
    const listed = [...known, ...given].map(([preset, dialect]) => `${preset} ${dialect}`);
    const all = (custom.presets ?? []).flatMap(({ name, dialects }) =>
      Object.keys(dialects).map((dialect) => `${name} ${dialect}`),
    );
    expect([...listed].sort()).toEqual([...all].sort());
  });

  it.each(custom.presets ?? [])(
    "$name has a key variable and wires under their names",
    (preset) => {
      expect(preset.keyVariables.length).toBeGreaterThan(0);
      expect(preset.dialects).toHaveProperty([preset.defaultDialect]);
      for (const [name, dialect] of Object.entries(preset.dialects))
        expect(dialect.name).toBe(name);
    },
  );
});
