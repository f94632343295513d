import type { Adapter } from "../contract/adapter.ts";
import { anthropic } from "./anthropic/index.ts";
import { openai } from "./openai/index.ts";

/** Every provider, a line each; their patterns are tried in this order. */
export const adapters: readonly Adapter[] = [anthropic, openai];
