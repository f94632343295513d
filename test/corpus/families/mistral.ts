import type { JudgedAPIs } from "../judged-api.ts";

/** Mistral's APIs. */
export const mistralAPIs: JudgedAPIs = {};
