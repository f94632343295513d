import type { Directive } from "./directive.ts";
import { isObject, type JSONObject, type JSONValue } from "./json.ts";

/** The usage as a directive wants it: as it is, absent, null, or with every number below zero. */
export function faultyUsage(
  usage: JSONObject,
  directive: Directive,
): JSONObject | null | undefined {
  if (directive.usage === "missing") return undefined;
  if (directive.usage === "null") return null;
  return directive.usage === "negative" ? (negate(usage) as JSONObject) : usage;
}

function negate(value: JSONValue | undefined): JSONValue | undefined {
  if (typeof value === "number") return -1 - value;
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, negate(member)]));
}
