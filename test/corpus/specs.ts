import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { isObject, objectOf, type Plain } from "./plain.ts";

/** The schemas of a specification by their names. */
export type Spec = Plain;

/** Reads the schemas of an OpenAPI file, JSON or YAML, or of a service model of AWS. */
export function specOf(file: string): Spec {
  const text = readFileSync(file, "utf8");
  const whole = objectOf(file.endsWith(".json") ? JSON.parse(text) : parse(text));
  return objectOf(objectOf(whole.components).schemas ?? whole.shapes);
}

/**
 * Words of the first enumeration inside a schema, below members of these names. Empty: there is
 * none.
 */
export function enumAt(
  spec: Spec,
  schema: string,
  ...members: readonly string[]
): readonly string[] {
  let within: unknown = spec[schema];
  for (const member of members) within = memberIn(within, member);
  const words = firstEnum(within);
  return words.filter((word) => typeof word === "string");
}

/** Names of the members of an object. */
export function membersOf(spec: Spec, schema: string): readonly string[] {
  const { properties, members } = objectOf(spec[schema]);
  return Object.keys(objectOf(properties ?? members));
}

/** Words for `type` of all that a union holds. */
export function typesOf(spec: Spec, schema: string): readonly string[] {
  const { oneOf, anyOf, discriminator, properties } = objectOf(spec[schema]);
  const union = oneOf ?? anyOf;
  if (!Array.isArray(union)) return firstEnum(objectOf(properties).type);
  const mapped = Object.keys(objectOf(objectOf(discriminator).mapping));
  if (mapped.length > 0) return mapped;
  const names = union.map((item) => String(objectOf(item).$ref).split("/").at(-1) ?? "");
  return [...new Set(names.flatMap((name) => typesOf(spec, name)))];
}

function memberIn(value: unknown, name: string): unknown {
  return find(value, (one) => {
    const properties = objectOf(one.properties);
    return Object.hasOwn(properties, name) ? properties[name] : undefined;
  });
}

function firstEnum(value: unknown): readonly string[] {
  const found = find(value, ({ enum: words, const: word }) =>
    Array.isArray(words) ? words : word === undefined ? undefined : [word],
  );
  return Array.isArray(found) ? found : [];
}

/** The first thing that `pick` finds in an object, or in anything inside it. */
function find(value: unknown, pick: (object: Plain) => unknown): unknown {
  if (Array.isArray(value)) return firstOf(value, pick);
  if (!isObject(value)) return undefined;
  return pick(value) ?? firstOf(Object.values(value), pick);
}

function firstOf(values: readonly unknown[], pick: (object: Plain) => unknown): unknown {
  for (const value of values) {
    const found = find(value, pick);
    if (found !== undefined) return found;
  }
  return undefined;
}
