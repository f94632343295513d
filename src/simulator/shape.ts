import { isObject, type JSONObject, type JSONValue } from "./json.ts";

/** What a value in a request must look like. */
export type Shape =
  | { readonly kind: "any" }
  | { readonly kind: "flag" }
  | {
      readonly kind: "text";
      readonly oneOf?: readonly string[];
      readonly pattern?: RegExp;
      readonly lengthMin?: number;
    }
  | {
      readonly kind: "number";
      readonly whole: boolean;
      readonly min?: number;
      readonly max?: number;
    }
  | { readonly kind: "list"; readonly items: Shape; readonly lengthMin: number }
  | {
      readonly kind: "object";
      readonly fields: Readonly<Record<string, Shape>>;
      readonly required: readonly string[];
      /** Whether other fields are let through. */
      readonly open: boolean;
    }
  /** An object whose field `tag` says which of several it is. */
  | {
      readonly kind: "tagged";
      readonly tag: string;
      /** The tag of an object that has none. Unset: it must have one. */
      readonly usual?: string;
      /** Shape of each tag; undefined for a tag that is not known. */
      readonly find: (tag: string) => Shape | undefined;
      readonly known: readonly string[];
    }
  /** The first shape whose JSON type fits. */
  | { readonly kind: "either"; readonly shapes: readonly Shape[] };

/** What is wrong with a value. */
export interface Issue {
  readonly problem:
    | "unknown"
    | "missing"
    | "type"
    | "choice"
    | "pattern"
    | "below"
    | "above"
    | "empty"
    | "tag";
  /** Where: names, indexes, and tags of tagged objects as `{ tag }`. */
  readonly path: readonly PathStep[];
  readonly shape: Shape;
  readonly value: JSONValue | undefined;
}

/** A step of a path: a field, an index, or the tag of a tagged object. */
export type PathStep = string | number | { readonly tag: string };

/** Any value. */
export const anything: Shape = { kind: "any" };
/** True or false. */
export const flag: Shape = { kind: "flag" };
/** Any text. */
export const text: Shape = { kind: "text" };

/** Text that is one of several. */
export function choice(...oneOf: readonly string[]): Shape {
  return { kind: "text", oneOf };
}

/** Text that matches a pattern. */
export function matching(pattern: RegExp): Shape {
  return { kind: "text", pattern };
}

/** A number within bounds. */
export function number(min?: number, max?: number): Shape {
  return {
    kind: "number",
    whole: false,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  };
}

/** A whole number within bounds. */
export function integer(min?: number, max?: number): Shape {
  return { ...number(min, max), whole: true } as Shape;
}

/** A list of so many items at least. */
export function list(items: Shape, lengthMin = 0): Shape {
  return { kind: "list", items, lengthMin };
}

/** An object of known fields. A field whose name ends in `!` is required. */
export function object(fields: Readonly<Record<string, Shape>>, open = false): Shape {
  const entries = Object.entries(fields);
  return {
    kind: "object",
    fields: Object.fromEntries(entries.map(([name, shape]) => [name.replace(/!$/, ""), shape])),
    required: entries.filter(([name]) => name.endsWith("!")).map(([name]) => name.slice(0, -1)),
    open,
  };
}

/** An object that is one of several, told apart by a field of it. */
export function tagged(cases: Readonly<Record<string, Shape>>, tag = "type"): Shape {
  const find = (value: string): Shape | undefined =>
    Object.hasOwn(cases, value) ? cases[value] : undefined;
  return { kind: "tagged", tag, find, known: Object.keys(cases) };
}

/** One of several shapes of different JSON types. */
export function either(...shapes: readonly Shape[]): Shape {
  return { kind: "either", shapes };
}

/** The first thing that is wrong with a value, or undefined. */
export function findIssue(
  value: JSONValue | undefined,
  shape: Shape,
  path: readonly PathStep[] = [],
): Issue | undefined {
  const issue = (problem: Issue["problem"]): Issue => ({ problem, path, shape, value });
  switch (shape.kind) {
    case "any":
      return undefined;
    case "flag":
      return typeof value === "boolean" ? undefined : issue("type");
    case "text":
      return textIssue(value, shape, issue);
    case "number":
      return numberIssue(value, shape, issue);
    case "list":
      if (!Array.isArray(value)) return issue("type");
      if (value.length < shape.lengthMin) return issue("empty");
      return first(value.entries(), ([at, item]) => findIssue(item, shape.items, [...path, at]));
    case "object":
      return isObject(value) ? objectIssue(value, shape, path) : issue("type");
    case "tagged":
      return isObject(value) ? taggedIssue(value, shape, path) : issue("type");
    case "either": {
      const fitting = shape.shapes.find((one) => fits(value, one));
      return fitting ? findIssue(value, fitting, path) : issue("type");
    }
  }
}

function textIssue(
  value: JSONValue | undefined,
  shape: Extract<Shape, { kind: "text" }>,
  issue: (problem: Issue["problem"]) => Issue,
): Issue | undefined {
  if (typeof value !== "string") return issue("type");
  if (shape.oneOf && !shape.oneOf.includes(value)) return issue("choice");
  if (shape.pattern && !shape.pattern.test(value)) return issue("pattern");
  return undefined;
}

function numberIssue(
  value: JSONValue | undefined,
  shape: Extract<Shape, { kind: "number" }>,
  issue: (problem: Issue["problem"]) => Issue,
): Issue | undefined {
  if (typeof value !== "number" || (shape.whole && !Number.isInteger(value))) return issue("type");
  if (shape.min !== undefined && value < shape.min) return issue("below");
  if (shape.max !== undefined && value > shape.max) return issue("above");
  return undefined;
}

function objectIssue(
  value: JSONObject,
  shape: Extract<Shape, { kind: "object" }>,
  path: readonly PathStep[],
): Issue | undefined {
  const { fields, required, open } = shape;
  const missing = required.find((name) => value[name] === undefined);
  if (missing !== undefined) {
    const wanted = fields[missing] ?? anything;
    return { problem: "missing", path: [...path, missing], shape: wanted, value: undefined };
  }
  return first(Object.entries(value), ([name, member]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const where = [...path, name];
    if (field) {
      const isAbsent = member === null && !required.includes(name);
      return isAbsent ? undefined : findIssue(member, field, where);
    }
    return open ? undefined : { problem: "unknown", path: where, shape, value: member };
  });
}

function taggedIssue(
  value: JSONObject,
  shape: Extract<Shape, { kind: "tagged" }>,
  path: readonly PathStep[],
): Issue | undefined {
  const tag = value[shape.tag] ?? shape.usual;
  if (tag === undefined) {
    return { problem: "missing", path: [...path, shape.tag], shape: text, value: undefined };
  }
  const found = typeof tag === "string" ? shape.find(tag) : undefined;
  if (!found) return { problem: "tag", path, shape, value: tag };
  return findIssue(value, found, [...path, { tag: String(tag) }]);
}

function fits(value: JSONValue | undefined, shape: Shape): boolean {
  switch (shape.kind) {
    case "any":
      return true;
    case "flag":
      return typeof value === "boolean";
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "list":
      return Array.isArray(value);
    case "object":
    case "tagged":
      return isObject(value);
    case "either":
      return shape.shapes.some((one) => fits(value, one));
  }
}

function first<T>(items: Iterable<T>, find: (item: T) => Issue | undefined): Issue | undefined {
  for (const item of items) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}
