import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { unknownMembers } from "../json.ts";
import {
  countsByName,
  isTokenCount,
  tokenCount,
  unreadCounts,
  unreadMembers,
} from "../token-count.ts";

const countMembers = [
  "inputTokens",
  "outputTokens",
  "cacheReadInputTokens",
  "cacheWriteInputTokens",
];

/** Members that Usage has a place for, and second names of the same counts. */
const knownMembers: ReadonlySet<string> = new Set([
  ...countMembers,
  ...["cacheReadInputTokenCount", "cacheWriteInputTokenCount", "totalTokens", "serverToolUsage"],
]);

/**
 * Converse's usage in the identity of the contract: its `inputTokens` leaves out what was read from
 * or written to the cache. Undefined where input or output is not told as a count.
 */
export function usageOf(usage: JsonObject): Usage | undefined {
  if (!isTokenCount(usage.inputTokens) || !isTokenCount(usage.outputTokens)) return undefined;
  const cacheReadTokens = tokenCount(usage.cacheReadInputTokens ?? usage.cacheReadInputTokenCount);
  const cacheWriteTokens = tokenCount(
    usage.cacheWriteInputTokens ?? usage.cacheWriteInputTokenCount,
  );
  return create(UsageSchema, {
    inputTokens: tokenCount(usage.inputTokens) + cacheReadTokens + cacheWriteTokens,
    outputTokens: tokenCount(usage.outputTokens),
    cacheReadTokens,
    cacheWriteTokens,
    serverToolUses: countsByName(usage.serverToolUsage),
    source: UsageSource.REPORTED,
  });
}

/** What usage holds beyond that, and counts that cannot be read, as they came. */
export function usageRest(usage: JsonObject): JsonObject | undefined {
  const rest: JsonObject = {
    ...unknownMembers(usage, knownMembers),
    ...unreadCounts(usage, countMembers),
  };
  const uses = unreadMembers(usage.serverToolUsage);
  if (uses !== undefined) rest.serverToolUsage = uses;
  return Object.keys(rest).length === 0 ? undefined : rest;
}
