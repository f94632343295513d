import type { Adapter } from "../contract/adapter.ts";
import { anthropic } from "./anthropic/index.ts";
import { custom } from "./custom/index.ts";
import { google } from "./google/index.ts";
import { llama } from "./llama/index.ts";
import { mistral } from "./mistral/index.ts";
import { openai } from "./openai/index.ts";

/** Every provider, a line each; their patterns are tried in this order. */
export const adapters: readonly Adapter[] = [anthropic, openai, google, mistral, llama, custom];
