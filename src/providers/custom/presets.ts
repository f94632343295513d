import type { Dialect, Preset } from "../../contract/adapter.ts";
import { azureGeography } from "../../dialects/azure-geography.ts";
import { bedrockGeography } from "../../dialects/bedrock-geography.ts";
import { cohereChat } from "../../dialects/cohere/dialect.ts";
import { chatDialect } from "../../dialects/openai-chat/dialect.ts";
import { openRouter } from "../../dialects/openai-chat/open-router.ts";
import type { ChatHost } from "../../dialects/openai-chat/wire.ts";
import {
  alibaba,
  azureInference,
  cohereCompatible,
  deepSeek,
  gitHub,
  moonshot,
  openModels,
  perplexity,
  service,
  snowflake,
  vercelGateway,
  writer,
  xAI,
  zAI,
} from "./chat-hosts.ts";
import { messagesWire, presetOf, responsesWire, searchingChatWire } from "./wires.ts";

/** Hosts of the chat wire alone: name, key variables, address, what they take. */
const chatOnly: readonly (readonly [string, readonly string[], string, ChatHost])[] = [
  ["ai21", ["AI21_API_KEY"], "https://api.ai21.com/studio/v1", service],
  ["avian", ["AVIAN_API_KEY"], "https://api.avian.io/v1", openModels],
  ["baseten", ["BASETEN_API_KEY"], "https://inference.baseten.co/v1", openModels],
  ["braintrust", ["BRAINTRUST_API_KEY"], "https://api.braintrust.dev/v1/proxy", service],
  ["crusoe", ["CRUSOE_API_KEY"], "https://api.inference.crusoecloud.com/v1", openModels],
  ["databricks", ["DATABRICKS_TOKEN"], "", service],
  ["deepinfra", ["DEEPINFRA_API_KEY"], "https://api.deepinfra.com/v1/openai", openModels],
  ["doubleword", ["DOUBLEWORD_API_KEY"], "https://api.doubleword.ai/v1", openModels],
  ["friendli", ["FRIENDLI_TOKEN"], "https://api.friendli.ai/serverless/v1", openModels],
  ["github", ["GITHUB_TOKEN"], "https://models.github.ai/inference", gitHub],
  ["hyperbolic", ["HYPERBOLIC_API_KEY"], "https://api.hyperbolic.xyz/v1", openModels],
  ["inception", ["INCEPTION_API_KEY"], "https://api.inceptionlabs.ai/v1", service],
  ["nebius", ["NEBIUS_API_KEY"], "https://api.tokenfactory.nebius.com/v1", openModels],
  ["novita", ["NOVITA_API_KEY"], "https://api.novita.ai/openai/v1", openModels],
  ["nvidia", ["NVIDIA_API_KEY"], "https://integrate.api.nvidia.com/v1", openModels],
  ["sambanova", ["SAMBANOVA_API_KEY"], "https://api.sambanova.ai/v1", openModels],
  ["scaleway", ["SCW_SECRET_KEY"], "https://api.scaleway.ai/v1", openModels],
  ["siliconflow", ["SILICONFLOW_API_KEY"], "https://api.siliconflow.com/v1", openModels],
  ["snowflake", ["SNOWFLAKE_PAT", "SNOWFLAKE_TOKEN"], "", snowflake],
  ["upstage", ["UPSTAGE_API_KEY"], "https://api.upstage.ai/v1", service],
  ["venice", ["VENICE_API_KEY"], "https://api.venice.ai/api/v1", openModels],
  ["writer", ["WRITER_API_KEY"], "https://api.writer.com/v1", writer],
];

/** A wire whose address depends on the region of the target. */
function inRegions(wire: Dialect, address: (region: string) => string): Dialect {
  return { ...wire, regionalBaseURL: address };
}

/** One of Bedrock's. */
function onBedrock(wire: Dialect, address: (region: string) => string): Dialect {
  return { ...inRegions(wire, address), geography: bedrockGeography };
}

const mantle = (region: string): string => `https://bedrock-mantle.${region}.api.aws`;

/**
 * Known hosts: addresses, keys and what they take, as data. A host whose address holds the account
 * has none here: its targets say `base_url`, or `region` where that alone makes the address.
 */
export const presets: readonly Preset[] = [
  ...chatOnly.map(([name, keys, baseURL, host]) =>
    presetOf(name, keys, [chatDialect(host, baseURL)]),
  ),
  presetOf(
    "alibaba",
    ["DASHSCOPE_API_KEY", "ALIBABA_API_KEY"],
    [
      chatDialect(alibaba, "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
      messagesWire("https://dashscope-intl.aliyuncs.com/apps/anthropic"),
    ],
  ),
  presetOf(
    "azure-inference",
    ["AZURE_AI_API_KEY", "AZURE_INFERENCE_CREDENTIAL"],
    [
      {
        ...chatDialect(azureInference, ""),
        geography: azureGeography,
        auth: { scheme: "header", name: "api-key" },
      },
    ],
  ),
  presetOf(
    "bedrock-mantle",
    ["AWS_BEARER_TOKEN_BEDROCK"],
    [
      onBedrock(responsesWire(""), (region) => `${mantle(region)}/openai/v1`),
      onBedrock(chatDialect(service, ""), (region) => `${mantle(region)}/v1`),
    ],
  ),
  presetOf(
    "bedrock-openai",
    ["AWS_BEARER_TOKEN_BEDROCK"],
    [
      onBedrock(
        chatDialect(service, ""),
        (region) => `https://bedrock-runtime.${region}.amazonaws.com/openai/v1`,
      ),
    ],
  ),
  presetOf(
    "cloudflare",
    ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_API_KEY"],
    [chatDialect(openModels, ""), responsesWire("")],
  ),
  presetOf(
    "cohere",
    ["COHERE_API_KEY", "CO_API_KEY"],
    [{ ...cohereChat }, chatDialect(cohereCompatible, "https://api.cohere.ai/compatibility/v1")],
  ),
  presetOf(
    "copilot",
    ["GITHUB_COPILOT_TOKEN", "GITHUB_COPILOT_API_KEY"],
    [
      chatDialect(gitHub, "https://api.githubcopilot.com"),
      responsesWire("https://api.githubcopilot.com"),
      { ...messagesWire("https://api.githubcopilot.com"), auth: { scheme: "bearer" } },
    ],
  ),
  presetOf(
    "deepseek",
    ["DEEPSEEK_API_KEY"],
    [
      chatDialect(deepSeek, "https://api.deepseek.com"),
      responsesWire("https://api.deepseek.com"),
      messagesWire("https://api.deepseek.com/anthropic"),
    ],
  ),
  presetOf(
    "minimax",
    ["MINIMAX_API_KEY"],
    [
      chatDialect(openModels, "https://api.minimax.io/v1"),
      messagesWire("https://api.minimax.io/anthropic"),
    ],
  ),
  presetOf(
    "moonshot",
    ["MOONSHOT_API_KEY"],
    [
      chatDialect(moonshot, "https://api.moonshot.ai/v1"),
      messagesWire("https://api.moonshot.ai/anthropic"),
    ],
  ),
  presetOf(
    "openrouter",
    ["OPENROUTER_API_KEY"],
    [
      chatDialect(openRouter, "https://openrouter.ai/api/v1"),
      responsesWire("https://openrouter.ai/api/v1"),
      { ...messagesWire("https://openrouter.ai/api"), auth: { scheme: "bearer" } },
    ],
  ),
  presetOf(
    "perplexity",
    ["PERPLEXITY_API_KEY", "PPLX_API_KEY"],
    [searchingChatWire(perplexity, "https://api.perplexity.ai")],
  ),
  presetOf(
    "portkey",
    ["PORTKEY_API_KEY"],
    [
      {
        ...chatDialect(service, "https://api.portkey.ai/v1"),
        auth: { scheme: "header", name: "x-portkey-api-key" },
      },
    ],
  ),
  presetOf(
    "pydantic-gateway",
    ["PYDANTIC_AI_GATEWAY_API_KEY"],
    [
      responsesWire("https://gateway.pydantic.dev/proxy/openai"),
      chatDialect(service, "https://gateway.pydantic.dev/proxy/openai"),
      {
        ...messagesWire("https://gateway.pydantic.dev/proxy/anthropic"),
        auth: { scheme: "bearer" },
      },
    ],
  ),
  presetOf(
    "vercel-gateway",
    ["AI_GATEWAY_API_KEY", "VERCEL_OIDC_TOKEN"],
    [
      chatDialect(vercelGateway, "https://ai-gateway.vercel.sh/v1"),
      responsesWire("https://ai-gateway.vercel.sh/v1"),
      messagesWire("https://ai-gateway.vercel.sh"),
    ],
  ),
  presetOf(
    "watsonx",
    ["WATSONX_TOKEN"],
    [
      inRegions(
        chatDialect(openModels, ""),
        (region) => `https://${region}.ml.cloud.ibm.com/ml/v1`,
      ),
    ],
  ),
  presetOf(
    "xai",
    ["XAI_API_KEY"],
    [
      searchingChatWire(xAI, "https://api.x.ai/v1"),
      responsesWire("https://api.x.ai/v1"),
      messagesWire("https://api.x.ai"),
    ],
  ),
  presetOf(
    "zai",
    ["ZAI_API_KEY", "Z_AI_API_KEY"],
    [
      chatDialect(zAI, "https://api.z.ai/api/paas/v4"),
      messagesWire("https://api.z.ai/api/anthropic"),
    ],
  ),
  presetOf(
    "zai-coding",
    ["ZAI_API_KEY", "Z_AI_API_KEY"],
    [chatDialect(zAI, "https://api.z.ai/api/coding/paas/v4")],
  ),
];
