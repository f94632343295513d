import {
  isObject,
  type JSONObject,
  type JSONValue,
  numberIn,
  objectOr,
  objectsIn,
} from "./json.ts";
import type { Random } from "./random.ts";

/** Levels down to which members that are not required may appear. */
const optionalDepthMax = 3;
/** Levels after which a schema that refers to itself is given up. */
const depthMax = 24;
/** Tries for an item that differs from the ones before it, where items must be unique. */
const uniqueTries = 50;

const words: readonly string[] = ["Berlin", "Paris", "alpha", "green", "seven", "maple", "ok"];

const formats: Readonly<Record<string, (random: Random) => string>> = {
  date: (random) => `2026-0${1 + random.integer(9)}-1${random.integer(9)}`,
  time: (random) => `1${random.integer(9)}:30:00Z`,
  "date-time": (random) => `2026-0${1 + random.integer(9)}-11T08:30:00Z`,
  duration: (random) => `PT${1 + random.integer(9)}H`,
  email: (random) => `user${random.integer(100)}@example.com`,
  hostname: (random) => `host${random.integer(100)}.example.com`,
  ipv4: (random) => `192.0.2.${random.integer(255)}`,
  ipv6: (random) => `2001:db8::${1 + random.integer(9)}`,
  uri: (random) => `https://example.com/${random.integer(100)}`,
  uuid: (random) => `00000000-0000-4000-8000-${random.text(12, "0123456789abcdef")}`,
};

/**
 * A value that is valid by a JSON Schema: types, enum, const, required, bounds, nested objects and
 * arrays, `$ref` inside the schema, allOf, anyOf, oneOf, formats. `pattern`, `not`, `if` and
 * `patternProperties` are not looked at: a caller's regular expression is never run.
 */
export function valueFor(schema: JSONObject, random: Random): JSONValue {
  return generate(schema, { root: schema, random, depth: 0 });
}

interface Place {
  readonly root: JSONObject;
  readonly random: Random;
  readonly depth: number;
}

function generate(schema: unknown, place: Place): JSONValue {
  const { random } = place;
  const plain = flatten(objectOr(schema), place, 0);
  if (plain.const !== undefined) return plain.const;
  const allowed = plain.enum;
  if (Array.isArray(allowed) && allowed.length > 0) return random.pick(allowed as JSONValue[]);
  switch (typeOf(plain, random)) {
    case "object":
      return objectFor(plain, place);
    case "array":
      return arrayFor(plain, place);
    case "integer":
      return numberFor(plain, random, true);
    case "number":
      return numberFor(plain, random, false);
    case "boolean":
      return random.integer(2) === 1;
    case "null":
      return null;
    default:
      return textFor(plain, random);
  }
}

/** The schema with `$ref`, `allOf` and one branch of `anyOf` or `oneOf` written into it. */
function flatten(schema: JSONObject, place: Place, level: number): JSONObject {
  if (level > depthMax) return { type: "null" };
  const { $ref, allOf, anyOf, oneOf, ...own } = schema;
  const branches = [...objectsIn(anyOf), ...objectsIn(oneOf)];
  const more = [
    ...(typeof $ref === "string" ? [resolve($ref, place.root)] : []),
    ...objectsIn(allOf),
    ...(branches.length > 0 ? [chooseBranch(branches, place)] : []),
  ];
  return more.reduce((sum, part) => merge(sum, flatten(part, place, level + 1)), own);
}

/** Deep down the branch that ends soonest is taken, so that recursive schemas come to an end. */
function chooseBranch(branches: readonly JSONObject[], place: Place): JSONObject {
  const scalar = branches.find(
    (branch) => !branch.$ref && !["object", "array"].includes(String(branch.type)),
  );
  if (place.depth > optionalDepthMax && scalar) return scalar;
  return place.random.pick(branches);
}

function merge(a: JSONObject, b: JSONObject): JSONObject {
  const required = [a, b].flatMap(requiredNames);
  const properties = { ...objectOr(a.properties), ...objectOr(b.properties) };
  return {
    ...a,
    ...b,
    ...(required.length > 0 && { required: [...new Set(required)] }),
    ...(Object.keys(properties).length > 0 && { properties }),
  };
}

function requiredNames(schema: JSONObject): string[] {
  const names = schema.required;
  return Array.isArray(names) ? names.filter((name) => typeof name === "string") : [];
}

/** What a pointer such as `#/$defs/City` points to; an empty schema where it leads nowhere. */
function resolve(pointer: string, root: JSONObject): JSONObject {
  if (!pointer.startsWith("#")) return {};
  const names = pointer.slice(1).split("/").slice(1);
  let found: unknown = root;
  for (const name of names) {
    const plain = decodeURIComponent(name).replaceAll("~1", "/").replaceAll("~0", "~");
    found = isObject(found) && Object.hasOwn(found, plain) ? found[plain] : undefined;
  }
  return objectOr(found);
}

function typeOf(schema: JSONObject, random: Random): string {
  const { type } = schema;
  if (typeof type === "string") return type;
  if (Array.isArray(type) && type.length > 0) {
    const solid = type.filter((name) => name !== "null");
    return String(random.pick(solid.length > 0 ? solid : type));
  }
  if (schema.properties || schema.required) return "object";
  if (schema.items || schema.prefixItems) return "array";
  if (["minimum", "maximum", "multipleOf"].some((name) => name in schema)) return "number";
  return "string";
}

function objectFor(schema: JSONObject, place: Place): JSONObject {
  if (place.depth > depthMax) return {};
  const properties = objectOr(schema.properties);
  const required = requiredNames(schema);
  const inside = { ...place, depth: place.depth + 1 };
  const optional = Object.keys(properties).filter(
    () => place.depth < optionalDepthMax && place.random.integer(3) > 0,
  );
  const wanted = new Set([...required, ...optional]);
  const names = [...Object.keys(properties).filter((name) => wanted.has(name)), ...required];
  const members = [...new Set(names)].map((name): [string, JSONValue] => [
    name,
    generate(properties[name] ?? schema.additionalProperties, inside),
  ]);
  return Object.fromEntries(members);
}

function arrayFor(schema: JSONObject, place: Place): JSONValue[] {
  const inside = { ...place, depth: place.depth + 1 };
  const fixed = objectsIn(schema.prefixItems).map((item) => generate(item, inside));
  if (schema.items === false) return fixed;
  const min = numberIn(schema.minItems) ?? (place.depth < optionalDepthMax ? 1 : 0);
  const max = numberIn(schema.maxItems) ?? Math.max(min, 2);
  const length = place.depth > optionalDepthMax ? min : min + place.random.integer(max - min + 1);
  const items = [...fixed];
  for (let tries = 0; items.length < length && tries < length + uniqueTries; tries += 1) {
    const item = generate(schema.items, inside);
    const text = JSON.stringify(item);
    const isNew = !items.some((other) => JSON.stringify(other) === text);
    if (isNew || schema.uniqueItems !== true) items.push(item);
  }
  return items;
}

function numberFor(schema: JSONObject, random: Random, whole: boolean): number {
  const step = numberIn(schema.multipleOf) ?? (whole ? 1 : 0.5);
  const above = numberIn(schema.exclusiveMinimum);
  const below = numberIn(schema.exclusiveMaximum);
  const low = above ?? numberIn(schema.minimum);
  const high = below ?? numberIn(schema.maximum);
  let first = Math.ceil((low ?? (high === undefined ? 1 : high - 10 * step)) / step);
  let last = Math.floor((high ?? first * step + 10 * step) / step);
  if (above !== undefined && first * step <= above) first += 1;
  if (below !== undefined && last * step >= below) last -= 1;
  if (last >= first) return tidy((first + random.integer(Math.min(last - first, 100) + 1)) * step);
  return low === undefined || high === undefined ? (low ?? high ?? 0) : (low + high) / 2;
}

/** Rounds off what binary fractions add, such as 0.30000000000000004. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

function textFor(schema: JSONObject, random: Random): string {
  const make = formats[String(schema.format)];
  if (make) return make(random);
  const min = numberIn(schema.minLength) ?? 0;
  const max = numberIn(schema.maxLength) ?? Number.POSITIVE_INFINITY;
  const word = random.pick(words);
  const long = word.length < min ? word.padEnd(min, "x") : word;
  return long.slice(0, max);
}
