// Made from models.yaml by "npm run generate"; change that file.
// biome-ignore-all format: one model is a few lines
import type { KnownModel } from "../../contract/adapter.ts";

const priced: Omit<KnownModel, "name"> = { pricedWhen: { service_tier: ["default", "auto",
  "on_demand"] } };
const told: Omit<KnownModel, "name"> =
  { source: "https://github.com/BerriAI/litellm/blob/main/model_prices_and_context_window.json",
  asOf: "2026-11-09" };
const told2: Omit<KnownModel, "name"> = { source: "https://console.groq.com/docs/deprecations",
  asOf: "2026-11-09" };

/** Models known by name, from models.yaml. */
export const knownModels: readonly KnownModel[] = [
  { name: "openai/gpt-oss-120b", aliases: ["gpt-oss-120b", "gpt-oss:120b"], contextTokens: 131_072,
    pricesAt: { cerebras: { input: 350_000_000n, output: 750_000_000n },
    groq: { input: 150_000_000n, output: 600_000_000n, cacheRead: 75_000_000n },
    together: { input: 150_000_000n, output: 600_000_000n } }, ...priced, ...told },
  { name: "openai/gpt-oss-20b", aliases: ["gpt-oss-20b", "gpt-oss:20b"], contextTokens: 131_072,
    pricesAt: { groq: { input: 75_000_000n, output: 300_000_000n, cacheRead: 37_500_000n } },
    ...priced, ...told },
  { name: "llama-4-maverick", aliases: ["meta-llama/Llama-4-Maverick-17B-128E-Instruct",
    "Llama-4-Maverick-17B-128E-Instruct-FP8"], contextTokens: 1_000_000, ...told },
  { name: "llama-4-scout", aliases: ["meta-llama/Llama-4-Scout-17B-16E-Instruct",
    "Llama-4-Scout-17B-16E-Instruct-FP8"], contextTokens: 10_000_000, ...told },
  { name: "llama-3.3-70b", aliases: ["llama3.3:70b", "meta-llama/Llama-3.3-70B-Instruct"],
    contextTokens: 131_072, ...told },
  { name: "llama-3.1-70b", aliases: ["llama3.1:70b", "meta-llama/Meta-Llama-3.1-70B-Instruct"],
    contextTokens: 131_072, ...told },
  { name: "llama-3.1-8b", aliases: ["llama3.1:8b", "meta-llama/Meta-Llama-3.1-8B-Instruct"],
    contextTokens: 131_072, ...told },
  { name: "meta-llama/Llama-3.2-3B-Instruct", aliases: ["llama3.2:3b"], contextTokens: 131_072,
    pricesAt: { together: { input: 60_000_000n, output: 60_000_000n } }, ...priced, ...told },
  { name: "llama-70b", ...told },
  { name: "llama-13b", ...told },
  { name: "llama-7b", ...told },
  { name: "llama-2-70b-chat", ...told },
  { name: "codellama-34b", ...told },
  { name: "llama-3.3-70b-versatile", retired: true, retiresOn: "2026-08-16",
    successor: "openai/gpt-oss-120b", ...told2 },
  { name: "meta-llama/Llama-3.3-70B-Instruct-Turbo", retired: true, retiresOn: "2026-10-22",
    ...told },
];
