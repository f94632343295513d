import { anthropic } from "./anthropic/provider.ts";
import { azure, azureClaude } from "./azure/provider.ts";
import { bedrock } from "./bedrock/provider.ts";
import { cohere } from "./cohere/provider.ts";
import { compatible, compatibleMessages } from "./compatible/provider.ts";
import { gemini, vertexGemini } from "./gemini/provider.ts";
import { mistral } from "./mistral/provider.ts";
import { ollama } from "./ollama/provider.ts";
import { openai } from "./openai/provider.ts";
import { vertexClaude } from "./vertex-claude/provider.ts";
import type { Provider } from "./wire.ts";

/**
 * Every provider that is simulated. A path that none serves is answered by the first that claims
 * it, else by the last one.
 */
export const providers: readonly Provider[] = [
  azure,
  azureClaude,
  bedrock,
  vertexClaude,
  vertexGemini,
  gemini,
  ollama,
  cohere,
  mistral,
  compatible,
  compatibleMessages,
  anthropic,
  openai,
];
