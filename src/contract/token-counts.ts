import type { Usage } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

const tokenCounts = [
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "reasoningTokens",
  "inputAudioTokens",
  "outputAudioTokens",
] as const;

/** Adds the tokens of one answer to a sum, kind by kind. */
export function addTokenCounts(sum: Usage, usage: Usage): void {
  for (const name of tokenCounts) sum[name] += usage[name];
}
