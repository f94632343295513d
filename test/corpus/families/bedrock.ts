import type { JudgedAPIs } from "../judged-api.ts";

/** APIs of Bedrock. */
export const bedrockAPIs: JudgedAPIs = {};
