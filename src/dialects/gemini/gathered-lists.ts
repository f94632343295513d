import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, setMember, storable } from "../json.ts";

/**
 * Metadata of an answer that hold lists, and that a stream may tell bit by bit: sources and what they
 * support, citations, fetched pages, probabilities of tokens.
 */
export const listedMembers: ReadonlySet<string> = new Set([
  "groundingMetadata",
  "citationMetadata",
  "urlContextMetadata",
  "logprobsResult",
]);

/**
 * Lays a later report on what was told before, member by member. A list that repeats the one before
 * replaces it, another one goes behind it; probabilities, of which each is told once, always go behind.
 */
export function gatherLists(
  name: string,
  before: JsonValue | undefined,
  now: JsonValue,
): JsonValue {
  const isOnce = name === "logprobsResult";
  return joined(before, storable(now), isOnce);
}

function joined(before: JsonValue | undefined, now: JsonValue, isOnce: boolean): JsonValue {
  if (Array.isArray(before) && Array.isArray(now)) return joinedList(before, now, isOnce);
  if (!isObject(before) || !isObject(now)) return now;
  const all: JsonObject = { ...before };
  for (const [name, value] of Object.entries(now)) {
    const known = Object.hasOwn(all, name) ? all[name] : undefined;
    setMember(all, name, joined(known, value, isOnce));
  }
  return all;
}

function joinedList(before: JsonValue[], now: JsonValue[], isOnce: boolean): JsonValue[] {
  if (isOnce) return [...before, ...now];
  const known = before.map((item) => JSON.stringify(item));
  const isRepeated = known.every((text, index) => JSON.stringify(now[index]) === text);
  if (isRepeated) return now;
  return [...before, ...now.filter((item) => !known.includes(JSON.stringify(item)))];
}
