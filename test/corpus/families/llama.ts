import type { JudgedAPIs } from "../judged-api.ts";

/** Servers and hosts of open models. */
export const llamaAPIs: JudgedAPIs = {};
