import { isObject, type JSONObject, objectOr, objectsIn, textsIn } from "../json.ts";
import { invalid } from "./failures.ts";

const textFormats: readonly string[] = ["enum", "date-time"];

/**
 * Checks what Google asks of a schema besides its members' types. Throws Refusal.
 *
 * @param path Where the schema stands, in the provider's spelling.
 */
export function checkSchema(schema: JSONObject, path: string): void {
  const { type, format } = schema;
  if (type === "ARRAY" && !isObject(schema.items)) throw refused(path, "items: missing field.");
  const hasEnum = textsIn(schema.enum).length > 0;
  if (hasEnum && type !== "STRING") throw refused(path, "enum: only allowed for STRING type");
  if (textsIn(schema.enum).some((word) => word === "")) {
    throw refused(path, "enum[0]: cannot be empty");
  }
  if (type === "STRING" && typeof format === "string" && !textFormats.includes(format)) {
    throw refused(path, "format: only 'enum' and 'date-time' are supported for STRING type");
  }
  checkMembers(schema, path);
  if (isObject(schema.items)) checkSchema(schema.items, `${path}.items`);
  for (const [index, branch] of objectsIn(schema.anyOf).entries()) {
    checkSchema(branch, `${path}.any_of[${index}]`);
  }
}

function checkMembers(schema: JSONObject, path: string): void {
  const properties = Object.entries(objectOr(schema.properties));
  if (properties.length > 0 && schema.type !== "OBJECT") {
    throw refused(path, "properties: only allowed for OBJECT type");
  }
  const names = properties.map(([name]) => name);
  for (const [index, name] of textsIn(schema.required).entries()) {
    if (!names.includes(name)) throw refused(path, `required[${index}]: property is not defined`);
  }
  for (const [index, name] of textsIn(schema.propertyOrdering).entries()) {
    if (names.includes(name)) continue;
    throw refused(path, `property_ordering[${index}]: property is not defined`);
  }
  for (const [name, property] of properties) {
    checkSchema(objectOr(property), `${path}.properties[${name}]`);
  }
}

function refused(path: string, what: string): Error {
  return invalid(`* GenerateContentRequest.${path}.${what}\n`);
}

/** A schema in Google's words as a JSON Schema, to write values by. */
export function toJSONSchema(schema: JSONObject): JSONObject {
  const { type, nullable: _nullable, items, properties, anyOf, ...rest } = schema;
  const members = Object.entries(objectOr(properties)).map(([name, property]) => [
    name,
    toJSONSchema(objectOr(property)),
  ]);
  return {
    ...rest,
    ...(typeof type === "string" && { type: type.toLowerCase() }),
    ...(isObject(items) && { items: toJSONSchema(items) }),
    ...(members.length > 0 && { properties: Object.fromEntries(members) }),
    ...(Array.isArray(anyOf) && { anyOf: objectsIn(anyOf).map(toJSONSchema) }),
  };
}
