import { create, type JsonObject } from "@bufbuild/protobuf";
import {
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { isObject, objectOf, setMember, storable, unknownMembers } from "../json.ts";
import { isTokenCount, tokenCount } from "../token-count.ts";

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
  const uses = Object.entries(objectOf(usage.server_tool_use))
    .map(([name, count]) => [name, tokenCount(count)] as const)
    .filter(([, count]) => count > 0n);
  return create(UsageSchema, {
    inputTokens: tokenCount(usage.input_tokens) + cacheReadTokens + cacheWriteTokens,
    outputTokens: tokenCount(usage.output_tokens),
    cacheReadTokens,
    cacheWriteTokens,
    reasoningTokens: tokenCount(objectOf(usage.output_tokens_details).thinking_tokens),
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
  const details = usage.output_tokens_details;
  const otherDetails = isObject(details)
    ? unknownMembers(details, readable(details, ["thinking_tokens"]))
    : details;
  if (otherDetails) rest.output_tokens_details = storable(otherDetails);
  const uses = usage.server_tool_use;
  const otherUses = isObject(uses) ? unknownMembers(uses, readable(uses, Object.keys(uses))) : uses;
  if (otherUses) rest.server_tool_use = storable(otherUses);
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

function readable(object: JsonObject, names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name) => isTokenCount(object[name])));
}
