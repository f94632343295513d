import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { objectOf, setMember, unknownMembers } from "../json.ts";
import {
  countsByName,
  isTokenCount,
  tokenCount,
  unreadCounts,
  unreadMembers,
} from "../token-count.ts";

const countMembers = [
  "input_tokens",
  "output_tokens",
  "cache_creation_input_tokens",
  "cache_read_input_tokens",
];

/** Members of usage that Usage has a place for. */
const knownMembers: ReadonlySet<string> = new Set([
  ...countMembers,
  "output_tokens_details",
  "server_tool_use",
]);

/**
 * The API's usage in the identity of the contract: its `input_tokens` leaves out what was read from
 * or written to the cache. Undefined where input or output is not told as a count.
 */
export function usageOf(usage: JsonObject): Usage | undefined {
  if (!isTokenCount(usage.input_tokens) || !isTokenCount(usage.output_tokens)) return undefined;
  const cacheReadTokens = tokenCount(usage.cache_read_input_tokens);
  const cacheWriteTokens = tokenCount(usage.cache_creation_input_tokens);
  return create(UsageSchema, {
    inputTokens: tokenCount(usage.input_tokens) + cacheReadTokens + cacheWriteTokens,
    outputTokens: tokenCount(usage.output_tokens),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: tokenCount(objectOf(usage.output_tokens_details).thinking_tokens),
    serverToolUses: countsByName(usage.server_tool_use),
    source: UsageSource.REPORTED,
  });
}

/** What usage holds beyond that, and counts that cannot be read, as they came. */
export function usageRest(usage: JsonObject): JsonObject | undefined {
  const rest: JsonObject = {
    ...unknownMembers(usage, knownMembers),
    ...unreadCounts(usage, countMembers),
  };
  const details = unreadMembers(usage.output_tokens_details, ["thinking_tokens"]);
  if (details !== undefined) rest.output_tokens_details = details;
  const uses = unreadMembers(usage.server_tool_use);
  if (uses !== undefined) rest.server_tool_use = uses;
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** The usage of a stream so far: each report is cumulative, so what is told later holds. */
export function laterUsage(before: JsonObject, report: JsonObject): JsonObject {
  const after = { ...before };
  for (const [name, value] of Object.entries(report)) {
    const isLost = value === null || (countMembers.includes(name) && !isTokenCount(value));
    if (!isLost || after[name] === undefined) setMember(after, name, value);
  }
  return after;
}
