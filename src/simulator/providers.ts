import { anthropic } from "./anthropic/provider.ts";
import { bedrock } from "./bedrock/provider.ts";
import { gemini, vertexGemini } from "./gemini/provider.ts";
import { mistral } from "./mistral/provider.ts";
import { ollama } from "./ollama/provider.ts";
import { openai } from "./openai/provider.ts";
import type { Provider } from "./wire.ts";

/** Every provider that is simulated. A path that none serves is answered by the last one. */
export const providers: readonly Provider[] = [
  anthropic,
  gemini,
  vertexGemini,
  mistral,
  ollama,
  bedrock,
  openai,
];
