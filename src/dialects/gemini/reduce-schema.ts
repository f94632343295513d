import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { invalidField } from "../../contract/connector-error.ts";
import { arrayOf, isObject, setMember } from "../json.ts";
import { requestField } from "../request-field.ts";
import type { WarningList } from "../warning-list.ts";

/** Most schemas that one may become once its references are written out. */
const schemasMax = 2_000;

/** Keywords that the API's own schemas have with the same meaning and form. */
const sameKeywords: ReadonlySet<string> = new Set([
  ...["title", "description", "nullable", "default", "example", "pattern", "required"],
  ...["minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength"],
  ...["minimum", "maximum", "propertyOrdering"],
]);

/** Whether a keyword is one of the API's own schemas too. */
export function isOwnKeyword(keyword: string): boolean {
  return sameKeywords.has(keyword) || structural.has(keyword);
}

const structural: ReadonlySet<string> = new Set([
  ...["type", "format", "enum", "items", "properties", "anyOf"],
]);

/** Keywords that say where to find others, and nothing about a value. */
const definitions: ReadonlySet<string> = new Set(["$defs", "definitions"]);

const formats: Readonly<Record<string, ReadonlySet<string>>> = {
  string: new Set(["enum", "date-time"]),
  number: new Set(["float", "double"]),
  integer: new Set(["int32", "int64"]),
};

/**
 * JSON Schema in the API's own words, a part of OpenAPI 3.0: references are written out, types in
 * capital letters, `const` as an `enum` of one, a type beside "null" as `nullable`. Every keyword
 * that is left out or weakened is told by a warning with its path; `field` is the path of the
 * schema.
 *
 * Throws INVALID_REQUEST for a schema whose references make it larger than 2000 schemas.
 */
export function reduceSchema(schema: JsonObject, field: string, warnings: WarningList): JsonObject {
  return new SchemaReducer(schema, field, warnings).reduce(schema, field, []);
}

class SchemaReducer {
  readonly #root: JsonObject;
  readonly #field: string;
  readonly #warnings: WarningList;
  #schemas = 0;

  constructor(root: JsonObject, field: string, warnings: WarningList) {
    this.#root = root;
    this.#field = field;
    this.#warnings = warnings;
  }

  /** `inside` are the references that lead here. */
  reduce(schema: JsonObject, path: string, inside: readonly string[]): JsonObject {
    this.#schemas += 1;
    if (this.#schemas > schemasMax) {
      const description = `its references make it larger than ${schemasMax} schemas`;
      throw invalidField(requestField(this.#field), description);
    }
    if (typeof schema.$ref === "string") return this.#resolve(schema, path, inside);
    const reduced: JsonObject = {};
    this.#reduceType(schema, reduced, path);
    const { allOf, ...others } = schema;
    for (const [keyword, value] of Object.entries(others)) {
      this.#take(keyword, value, reduced, { schema, path: `${path}.${keyword}`, inside });
    }
    if (allOf !== undefined) {
      this.#all(allOf, reduced, { schema, path: `${path}.allOf`, inside });
    }
    return reduced;
  }

  #resolve(schema: JsonObject, path: string, inside: readonly string[]): JsonObject {
    const { $ref, ...beside } = schema;
    const reference = String($ref);
    const found = targetOf(this.#root, reference);
    if (found === undefined || inside.includes(reference)) {
      const why = found === undefined ? "leads nowhere" : "leads back to itself";
      this.#warnings.dropped(`${path}.$ref`, `"${reference}" ${why}: any object is taken there`);
      return this.reduce({ type: "object", ...beside }, path, inside);
    }
    return this.reduce({ ...found, ...beside }, path, [...inside, reference]);
  }

  #take(keyword: string, value: JsonValue, reduced: JsonObject, place: Place): void {
    if (keyword === "type" || definitions.has(keyword)) return;
    if (sameKeywords.has(keyword)) reduced[keyword] = value;
    else if (keyword === "properties") reduced.properties = this.#properties(value, place);
    else if (keyword === "items") this.#one("items", value, reduced, place);
    else if (keyword === "anyOf") reduced.anyOf = this.#list(value, place);
    else if (keyword === "oneOf") {
      this.#warnings.changed(place.path, "sent as anyOf: the API cannot ask for exactly one");
      reduced.anyOf = this.#list(value, place);
    } else if (keyword === "enum") this.#enum(arrayOf(value), reduced, place);
    else if (keyword === "const") this.#enum([value], reduced, place);
    else if (keyword === "format") this.#format(value, reduced, place);
    else this.#drop(place.path, keyword);
  }

  #drop(path: string, keyword: string): void {
    this.#warnings.dropped(path, `this model's schemas have no ${keyword}`);
  }

  #reduceType({ type }: JsonObject, reduced: JsonObject, path: string): void {
    const names = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === "string");
    const kinds = names.filter((name) => name !== "null");
    if (kinds.length < names.length) reduced.nullable = true;
    const [kind = ""] = kinds;
    if (kinds.length === 1) reduced.type = kind.toUpperCase();
    if (kinds.length > 1) {
      this.#warnings.changed(`${path}.type`, "several types are sent as anyOf");
      reduced.anyOf = kinds.map((name) => ({ type: name.toUpperCase() }));
    }
    if (kinds.length === 0 && names.length > 0) reduced.type = "NULL";
  }

  #properties(value: JsonValue, { path, inside }: Place): JsonObject {
    const reduced: JsonObject = {};
    if (!isObject(value)) return reduced;
    for (const [name, schema] of Object.entries(value)) {
      setMember(reduced, name, this.#any(schema, `${path}.${name}`, inside));
    }
    return reduced;
  }

  #one(keyword: string, value: JsonValue, reduced: JsonObject, { path, inside }: Place): void {
    if (isObject(value)) reduced[keyword] = this.reduce(value, path, inside);
    else this.#drop(path, Array.isArray(value) ? "list of items" : "true or false for a schema");
  }

  #list(value: JsonValue, { path, inside }: Place): JsonValue[] {
    return arrayOf(value).map((schema, index) => this.#any(schema, `${path}[${index}]`, inside));
  }

  /** A schema, or true or false in place of one. */
  #any(schema: JsonValue, path: string, inside: readonly string[]): JsonObject {
    if (isObject(schema)) return this.reduce(schema, path, inside);
    this.#drop(path, "true or false for a schema");
    return {};
  }

  /** Lays all schemas on one: their properties and names together, of other keywords the last. */
  #all(value: JsonValue, reduced: JsonObject, place: Place): void {
    const list = this.#list(value, place).filter(isObject);
    if (list.length > 1) {
      this.#warnings.changed(place.path, "joined into one schema: the API has no allOf");
    }
    for (const { properties, required, ...rest } of list) {
      Object.assign(reduced, rest);
      if (isObject(properties)) {
        reduced.properties = {
          ...(isObject(reduced.properties) ? reduced.properties : {}),
          ...properties,
        };
      }
      const names = [...arrayOf(reduced.required), ...arrayOf(required)];
      if (names.length > 0) reduced.required = [...new Set(names)];
    }
  }

  #enum(values: readonly JsonValue[], reduced: JsonObject, { path }: Place): void {
    const texts = values.filter((value) => typeof value === "string");
    if (values.includes(null)) reduced.nullable = true;
    if (texts.length + (values.includes(null) ? 1 : 0) < values.length) {
      this.#warnings.dropped(path, "the API names allowed values of texts only");
      return;
    }
    reduced.type ??= "STRING";
    reduced.enum = texts;
  }

  #format(value: JsonValue, reduced: JsonObject, { path, schema }: Place): void {
    const type = String(Array.isArray(schema.type) ? schema.type[0] : schema.type);
    if (formats[type]?.has(String(value))) reduced.format = value;
    else this.#warnings.dropped(path, `the API has no format ${JSON.stringify(value)} for ${type}`);
  }
}

interface Place {
  readonly schema: JsonObject;
  readonly path: string;
  readonly inside: readonly string[];
}

/** What a reference inside the schema (a JSON pointer, RFC 6901) leads to. */
function targetOf(root: JsonObject, reference: string): JsonObject | undefined {
  let found: JsonValue | undefined = root;
  for (const step of reference.replace(/^#\/?/, "").split("/")) {
    if (step === "") continue;
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    const holder: JsonObject | undefined = holderOf(found);
    found = holder !== undefined && Object.hasOwn(holder, name) ? holder[name] : undefined;
  }
  return isObject(found) ? found : undefined;
}

/** An object, or a list by its indexes. */
function holderOf(value: JsonValue | undefined): JsonObject | undefined {
  if (Array.isArray(value)) return Object.fromEntries(value.entries());
  return isObject(value) ? value : undefined;
}
