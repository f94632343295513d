import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, unknownMembers } from "../json.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";

const usageMembers: ReadonlySet<string> = new Set(["tokens", "cached_tokens"]);
const tokenMembers: ReadonlySet<string> = new Set([
  "input_tokens",
  "output_tokens",
  "reasoning_tokens",
]);

/**
 * Tokens as the model read and wrote them (`tokens`), the provider's own template included; where
 * they are missing, as they are billed. Undefined where neither can be read.
 *
 * Tokens of images are counted beside the input: more input is then billed than `tokens` tells.
 */
export function usageOf(raw: JsonValue | undefined): Usage | undefined {
  const { tokens, billed_units: billed, cached_tokens: cached } = objectOf(raw);
  const counts = [tokens, billed].map(objectOf).find(hasCounts);
  if (counts === undefined) return undefined;
  const input = tokenCount(counts.input_tokens);
  const imagesApart = tokenCount(objectOf(billed).input_tokens) > input;
  const inputTokens = input + (imagesApart ? tokenCount(counts.image_tokens) : 0n);
  return create(UsageSchema, {
    inputTokens,
    outputTokens: tokenCount(counts.output_tokens),
    cacheReadTokens: tokenCount(cached),
    reasoningTokens: tokenCount(counts.reasoning_tokens),
    source: UsageSource.REPORTED,
  });
}

/** What a usage object says beyond the contract: what is billed, and counts of other kinds. */
export function usageRest(raw: JsonValue | undefined): JsonValue | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (!isObject(raw) || usageOf(raw) === undefined) return raw;
  const tokens = unknownMembers(objectOf(raw.tokens), tokenMembers);
  const rest: JsonObject = { ...unknownMembers(raw, usageMembers), ...(tokens && { tokens }) };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

function hasCounts({ input_tokens: input, output_tokens: output }: JsonObject): boolean {
  return isTokenCount(input) && isTokenCount(output);
}
