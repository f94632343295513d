import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, objectOf, storable, unknownMembers } from "./json.ts";

/**
 * A count of tokens as a provider reports it: 0 for what is missing, negative, fractional beyond
 * reading, or no number. Numbers in text are read, as some hosts send them so.
 */
export function tokenCount(value: unknown): bigint {
  const count = typeof value === "string" ? Number(value) : value;
  if (typeof count !== "number" || !Number.isFinite(count) || count <= 0) return 0n;
  return BigInt(Math.min(Math.round(count), Number.MAX_SAFE_INTEGER));
}

/** Whether a value can be read as a count of tokens: 0 to 2^53 - 1. */
export function isTokenCount(value: unknown): boolean {
  const count = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof count === "number" && count >= 0 && count <= Number.MAX_SAFE_INTEGER;
}

/** Counts by their names, such as uses of the provider's own tools, without those of 0. */
export function countsByName(counts: unknown): Record<string, bigint> {
  const read = Object.entries(objectOf(counts)).map(([name, count]) => [name, tokenCount(count)]);
  return Object.fromEntries(read.filter(([, count]) => count !== 0n));
}

/** Those of the named members that stand for counts and cannot be read as such, as they came. */
export function unreadCounts(usage: JsonObject, names: readonly string[]): JsonObject {
  const unread: JsonObject = {};
  for (const name of names) {
    const count = usage[name];
    if (count !== undefined && count !== null && !isTokenCount(count)) {
      unread[name] = storable(count);
    }
  }
  return unread;
}

/**
 * What cannot be read of an object of counts, as it came: members besides the counts among `names`,
 * or the value itself where it is none. Undefined: nothing. Default of `names`: all of its members.
 */
export function unreadMembers(
  value: JsonValue | undefined,
  names?: readonly string[],
): JsonValue | undefined {
  if (!isObject(value)) return value ? storable(value) : undefined;
  const readable = (names ?? Object.keys(value)).filter((name) => isTokenCount(value[name]));
  return unknownMembers(value, new Set(readable));
}
