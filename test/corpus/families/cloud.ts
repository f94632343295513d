import type { JudgedAPIs } from "../judged-api.ts";

/** OpenAI on Azure, Anthropic on Vertex. */
export const cloudAPIs: JudgedAPIs = {};
