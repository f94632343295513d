import type { JudgedAPIs } from "../judged-api.ts";

/** Google's APIs, direct and on Vertex. */
export const geminiAPIs: JudgedAPIs = {};
