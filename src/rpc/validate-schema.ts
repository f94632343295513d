import type { JsonObject } from "@bufbuild/protobuf";
import type { Limits } from "../contract/limits.ts";
import { checkJSONText, isObject, jsonFault } from "./validate-json.ts";
import type { Violations } from "./violations.ts";

/** A JSON Schema as the contract carries it: as a Struct, as text, or not at all. */
export interface SchemaFields {
  /** Path of the Struct. */
  readonly structField: string;
  readonly struct: JsonObject | undefined;
  /** Path of the text. */
  readonly textField: string;
  /** Empty: not given. */
  readonly text: string;
}

/**
 * Checks a JSON Schema: given once, at most `schemaBytes` long and `jsonDepth` deep, its keywords
 * of the right shape, its references inside itself. Nothing is fetched, and no `pattern` is ever
 * run.
 */
export function checkSchema(violations: Violations, fields: SchemaFields, limits: Limits): void {
  const { structField, struct, textField, text } = fields;
  if (struct !== undefined && text !== "") {
    violations.add(textField, `is set beside ${structField}; give one of them`);
    return;
  }
  if (text !== "") {
    if (Buffer.byteLength(text) > limits.schemaBytes) {
      violations.add(textField, `is longer than ${limits.schemaBytes} bytes`);
      return;
    }
    const schema = checkJSONText(violations, textField, text, limits.jsonDepth);
    const fault = schema && schemaFault(schema);
    if (fault !== undefined) violations.add(textField, fault);
    return;
  }
  const fault = struct && structFault(struct, limits);
  if (fault !== undefined) violations.add(structField, fault);
}

function structFault(struct: JsonObject, limits: Limits): string | undefined {
  const fault = jsonFault(struct, limits.jsonDepth);
  if (fault !== undefined) return fault;
  if (Buffer.byteLength(JSON.stringify(struct)) > limits.schemaBytes) {
    return `is longer than ${limits.schemaBytes} bytes`;
  }
  return schemaFault(struct);
}

function schemaFault(schema: JsonObject): string | undefined {
  const fault = faultIn(schema);
  return fault && `is no JSON Schema: #${fault.pointer} ${fault.text}`;
}

interface Fault {
  readonly pointer: string;
  readonly text: string;
}

// Google writes its types in upper case; they mean the same.
const types = new Set(["array", "boolean", "integer", "null", "number", "object", "string"]);

// Keywords of draft 7 to 2020-12 that hold schemas.
const schemaKeywords: ReadonlyMap<string, "one" | "list" | "map" | "one or list"> = new Map([
  ...(["not", "if", "then", "else", "contains", "propertyNames"] as const).map(one),
  ...(["additionalProperties", "unevaluatedProperties", "contentSchema"] as const).map(one),
  ...(["additionalItems", "unevaluatedItems"] as const).map(one),
  ...(["allOf", "anyOf", "oneOf", "prefixItems"] as const).map((word) => [word, "list"] as const),
  ...(["properties", "patternProperties", "dependentSchemas"] as const).map(map),
  ...(["$defs", "definitions"] as const).map(map),
  ["items", "one or list"] as const,
]);

function one(word: string): readonly [string, "one"] {
  return [word, "one"];
}

function map(word: string): readonly [string, "map"] {
  return [word, "map"];
}

// The depth is bounded by then, so the recursion is.
function faultIn(schema: unknown): Fault | undefined {
  if (typeof schema === "boolean") return undefined;
  if (!isObject(schema)) return { pointer: "", text: "is neither an object nor a boolean" };
  for (const [keyword, value] of Object.entries(schema)) {
    const text = keywordFault(keyword, value);
    if (text !== undefined) return { pointer: `/${keyword}`, text };
    const kind = schemaKeywords.get(keyword);
    const fault = kind && faultBelow(kind, value);
    if (fault) return { pointer: `/${keyword}${fault.pointer}`, text: fault.text };
  }
  return undefined;
}

function faultBelow(
  kind: "one" | "list" | "map" | "one or list",
  value: unknown,
): Fault | undefined {
  if (kind === "one" || (kind === "one or list" && !Array.isArray(value))) return faultIn(value);
  if (kind === "map" ? !isObject(value) : !Array.isArray(value)) {
    return { pointer: "", text: kind === "map" ? "is not an object" : "is not a list" };
  }
  for (const [key, schema] of Object.entries(value as object)) {
    const fault = faultIn(schema);
    if (fault) return { pointer: `/${key.slice(0, 64)}${fault.pointer}`, text: fault.text };
  }
  return undefined;
}

function keywordFault(keyword: string, value: unknown): string | undefined {
  switch (keyword) {
    case "type": {
      const named = Array.isArray(value) ? value : [value];
      const known = (name: unknown): boolean =>
        typeof name === "string" && types.has(name.toLowerCase());
      return named.length > 0 && named.every(known) ? undefined : "names no type of JSON Schema";
    }
    case "$ref":
    case "$dynamicRef":
    case "$recursiveRef":
      return typeof value === "string" && value.startsWith("#")
        ? undefined
        : 'is not a reference inside the schema ("#…"); others are never fetched';
    case "required":
      return isListOfStrings(value) ? undefined : "is not a list of names";
    case "enum":
      return Array.isArray(value) ? undefined : "is not a list";
    case "pattern":
    case "description":
    case "title":
      return typeof value === "string" ? undefined : "is not a string";
    default:
      return undefined;
  }
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
