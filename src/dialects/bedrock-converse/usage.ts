import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, storable, unknownMembers } from "../json.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";

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
  const uses = Object.entries(objectOf(usage.serverToolUsage))
    .map(([name, count]) => [name, tokenCount(count)] as const)
    .filter(([, count]) => count > 0n);
  return create(UsageSchema, {
    inputTokens: tokenCount(usage.inputTokens) + cacheReadTokens + cacheWriteTokens,
    outputTokens: tokenCount(usage.outputTokens),
    cacheReadTokens,
    cacheWriteTokens,
    serverToolUses: Object.fromEntries(uses),
    source: UsageSource.REPORTED,
  });
}

/** What usage holds beyond that, and counts that cannot be read, as they came. */
export function usageRest(usage: JsonObject): JsonObject | undefined {
  const rest: JsonObject = unknownMembers(usage, knownMembers) ?? {};
  for (const name of countMembers) {
    const count = usage[name];
    if (count !== undefined && count !== null && !isTokenCount(count)) rest[name] = storable(count);
  }
  const uses = usage.serverToolUsage;
  const unread = isObject(uses)
    ? unknownMembers(uses, new Set(Object.keys(uses).filter((name) => isTokenCount(uses[name]))))
    : uses;
  if (unread) rest.serverToolUsage = storable(unread);
  return Object.keys(rest).length === 0 ? undefined : rest;
}
