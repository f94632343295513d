import type { JudgedAPIs } from "../judged-api.ts";

/** Hosts that are reached by configuration alone. */
export const customAPIs: JudgedAPIs = {};
