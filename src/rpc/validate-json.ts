import type { JsonObject } from "@bufbuild/protobuf";
import type { Violations } from "./violations.ts";

/**
 * What is wrong with a JSON value, in words; undefined if nothing is. It is nested at most
 * `depthMax` levels (an object or list is one), has no member `__proto__`, no number that JSON
 * cannot write, and whole Unicode characters only.
 */
export function jsonFault(value: unknown, depthMax: number): string | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : "holds half of a surrogate pair";
    case "number":
      return Number.isFinite(value) ? undefined : "holds a number that is not finite";
    case "object":
      return value === null ? undefined : containerFault(value, depthMax);
    default:
      return undefined;
  }
}

function containerFault(value: object, depthMax: number): string | undefined {
  if (depthMax <= 0) return "is nested too deep";
  if (Array.isArray(value)) {
    for (const element of value) {
      const fault = jsonFault(element, depthMax - 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === "__proto__") return 'has a member named "__proto__"';
    if (!key.isWellFormed()) return "holds half of a surrogate pair";
    const fault = jsonFault(member, depthMax - 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Checks a text that must be one JSON object of at most `depthMax` levels. */
export function checkJSONText(
  violations: Violations,
  field: string,
  text: string,
  depthMax: number,
): JsonObject | undefined {
  const value = parsed(text);
  const fault = isObject(value) ? jsonFault(value, depthMax) : "is not the text of a JSON object";
  if (fault === undefined) return value as JsonObject;
  violations.add(field, fault);
  return undefined;
}

/** Checks what only one provider knows: an object of objects, keyed by name of the adapter. */
export function checkByAdapter(
  violations: Violations,
  field: string,
  options: JsonObject | undefined,
  depthMax: number,
): void {
  if (options === undefined) return;
  const fault = jsonFault(options, depthMax);
  if (fault !== undefined) {
    violations.add(field, fault);
    return;
  }
  for (const [adapter, entry] of Object.entries(options)) {
    if (isObject(entry)) continue;
    const name = JSON.stringify(adapter.slice(0, 64));
    violations.add(field, `must be an object for each adapter, and is none for ${name}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
