import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ConnectorError } from "../contract/connector-error.ts";
import { parseJSON } from "../contract/exact-json.ts";

/** Whether a value of JSON is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether an object has no members. */
export function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

/** The value if it is an object, else an empty one: for members that a provider may leave out. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** The value if it is an array, else an empty one. */
export function arrayOf(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a text, else "". */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** JSON text as an object. Throws PROVIDER_MALFORMED_RESPONSE for anything else. */
export function parseObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseJSON(text);
  } catch (cause) {
    throw new ConnectorError(
      "PROVIDER_MALFORMED_RESPONSE",
      "the provider sent JSON that cannot be read",
      {
        cause,
      },
    );
  }
  if (!isObject(value)) {
    throw new ConnectorError(
      "PROVIDER_MALFORMED_RESPONSE",
      "the provider sent JSON that is no object",
    );
  }
  return value;
}

/**
 * JSON text as an object. Anything else becomes one whose `message` it is: errors may be bare
 * words.
 */
export function objectOrMessage(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = text;
  }
  return isObject(value) ? value : { message: textOf(value) };
}

/** Whether a text is one whole JSON object. */
export function isObjectText(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

/**
 * The members of an object that are not in `known` and not null: what a provider sent beyond the
 * contract. Undefined when there is none.
 */
export function unknownMembers(
  object: JsonObject,
  known: ReadonlySet<string>,
): JsonObject | undefined {
  let rest: JsonObject | undefined;
  for (const name in object) {
    const value = object[name];
    if (known.has(name) || value === null || value === undefined) continue;
    rest ??= {};
    setMember(rest, name, storable(value));
  }
  return rest;
}

/**
 * Lays the members of an object that are not in `known` and not null on `kept`, as `unknownMembers`
 * and `mergeInto` would: for the chunks of a stream, which repeat most of them without a change.
 */
export function keepUnknown(
  kept: JsonObject,
  object: JsonObject,
  known: ReadonlySet<string>,
): void {
  for (const name in object) {
    const value = object[name];
    if (value === null || value === undefined || known.has(name) || kept[name] === value) continue;
    if (isObject(value)) mergeInto(kept, { [name]: storable(value) });
    else setMember(kept, name, storable(value));
  }
}

/**
 * A value as a Struct can hold it: a number beyond the range of a double, which JSON may write and
 * `JSON.parse` reads as Infinity, becomes its name as text. Anything else is returned as it is.
 */
export function storable(value: JsonValue): JsonValue {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return value.every(isStorable) ? value : value.map(storable);
  if (!isObject(value) || isStorable(value)) return value;
  const copy: JsonObject = {};
  for (const [name, member] of Object.entries(value)) setMember(copy, name, storable(member));
  return copy;
}

function isStorable(value: JsonValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isStorable);
}

/** Lays `over` on `base`, objects member by member, everything else replaced. Changes `base`. */
export function mergeInto(base: JsonObject, over: JsonObject): JsonObject {
  for (const name in over) {
    const value = over[name] ?? null;
    const present = Object.hasOwn(base, name) ? base[name] : undefined;
    if (isObject(present) && isObject(value)) mergeInto(present, value);
    else setMember(base, name, isObject(value) ? mergeInto({}, value) : value);
  }
  return base;
}

/** Sets an own member, `__proto__` included, so that foreign names never reach a prototype. */
export function setMember(object: JsonObject, name: string, value: JsonValue): void {
  if (name === "__proto__") {
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    object[name] = value;
  }
}
