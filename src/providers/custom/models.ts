// Made from models.yaml by "npm run generate"; change that file.
// biome-ignore-all format: one model is a few lines
import type { KnownModel } from "../../contract/adapter.ts";

const priced: Omit<KnownModel, "name"> = { pricedWhen: { "usage.billed_units.input_tokens": [""],
  "usage.num_sources_used": ["0"] } };
const told: Omit<KnownModel, "name"> =
  { source: "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json",
  asOf: "2026-11-09" };

/** Models known by name, from models.yaml. */
export const knownModels: readonly KnownModel[] = [
  { name: "grok-4.7", contextTokens: 500_000, pricesAt: { xai: { input: 2_000_000_000n,
    output: 6_000_000_000n, cacheRead: 500_000_000n, tiers: [{ aboveInputTokens: 200_000n,
    input: 4_000_000_000n, output: 12_000_000_000n, cacheRead: 1_000_000_000n }] } }, ...priced,
    ...told },
  { name: "grok-4.6", contextTokens: 500_000, pricesAt: { xai: { input: 2_000_000_000n,
    output: 6_000_000_000n, cacheRead: 500_000_000n, tiers: [{ aboveInputTokens: 200_000n,
    input: 4_000_000_000n, output: 12_000_000_000n, cacheRead: 1_000_000_000n }] } }, ...priced,
    ...told },
  { name: "grok-4.5", aliases: ["grok-4.5-latest"], contextTokens: 500_000,
    pricesAt: { xai: { input: 2_000_000_000n, output: 6_000_000_000n, cacheRead: 300_000_000n,
    tiers: [{ aboveInputTokens: 200_000n, input: 4_000_000_000n, output: 12_000_000_000n,
    cacheRead: 600_000_000n }] } }, ...priced, ...told },
  { name: "grok-4.3", aliases: ["grok-4.3-latest"], contextTokens: 1_000_000,
    pricesAt: { xai: { input: 1_250_000_000n, output: 2_500_000_000n, cacheRead: 200_000_000n,
    tiers: [{ aboveInputTokens: 200_000n, input: 2_500_000_000n, output: 5_000_000_000n,
    cacheRead: 400_000_000n }] } }, ...priced, ...told },
  { name: "deepseek-v4-pro", contextTokens: 1_000_000, ...told },
  { name: "deepseek-v4-flash", aliases: ["deepseek-flash"], contextTokens: 1_000_000, ...told },
  { name: "deepseek-chat", aliases: ["deepseek-reasoner"], retired: true, retiresOn: "2026-07-24",
    successor: "deepseek-v4-flash", ...told },
  { name: "kimi-k3", contextTokens: 1_048_576, ...told },
  { name: "kimi-k2.6", contextTokens: 262_144, ...told },
  { name: "glm-5.3", contextTokens: 1_000_000, ...told },
  { name: "glm-5.2", contextTokens: 1_000_000, ...told },
  { name: "qwen3.8-max", ...told },
  { name: "command-a-plus-05-2026", ...told },
  { name: "command-a-03-2025", contextTokens: 256_000, outputTokensMax: 8_000,
    pricesAt: { cohere: { input: 2_500_000_000n, output: 10_000_000_000n } }, ...priced, ...told },
  { name: "command-r-plus-08-2024", contextTokens: 128_000, outputTokensMax: 4_096,
    pricesAt: { cohere: { input: 2_500_000_000n, output: 10_000_000_000n } }, ...priced, ...told },
  { name: "command-r-08-2024", contextTokens: 128_000, outputTokensMax: 4_096,
    pricesAt: { cohere: { input: 150_000_000n, output: 600_000_000n } }, ...priced, ...told },
  { name: "command-r7b-12-2024", contextTokens: 128_000, outputTokensMax: 4_096,
    pricesAt: { cohere: { input: 37_500_000n, output: 150_000_000n } }, ...priced, ...told },
];
