import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, setMember, storable } from "../json.ts";

/**
 * Metadata of an answer that hold lists, and that a stream may tell bit by bit: sources and what
 * they support, citations, fetched pages, probabilities of tokens.
 */
export const listedMembers: ReadonlySet<string> = new Set([
  "groundingMetadata",
  "citationMetadata",
  "urlContextMetadata",
  "logprobsResult",
]);

/**
 * Lays a later report on what was told before, member by member. A list that repeats the one before
 * replaces it, another one goes behind it; probabilities, of which each is told once, always go
 * behind.
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

/**
 * Most items of a list that a later one is compared with; behind a longer one, everything is new.
 */
const comparedMax = 1_000;

function joinedList(before: JsonValue[], now: JsonValue[], isOnce: boolean): JsonValue[] {
  const isRepeated =
    now.length >= before.length &&
    before.every((item, index) => JSON.stringify(item) === JSON.stringify(now[index]));
  if (isRepeated && !isOnce) return now;
  const compared = isOnce || before.length > comparedMax ? [] : before;
  const known = new Set(compared.map((item) => JSON.stringify(item)));
  // The list is this answer's own by now: a copy for each chunk would cost the square of their
  // number.
  for (const item of now) if (!known.has(JSON.stringify(item))) before.push(item);
  return before;
}
