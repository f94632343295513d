import type { JsonObject } from "@bufbuild/protobuf";
import type { JsonSchemaFormat, Tool } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../contract/connector-error.ts";
import { parseExactJSON } from "./exact-json.ts";
import { isObject } from "./json.ts";

/**
 * A function as both wires of OpenAI describe it: `name`, `description`, `parameters`, `strict`, each
 * only where it is given. Throws INVALID_REQUEST for a schema that is no JSON object.
 */
export function functionFields(tool: Tool, field: string): JsonObject {
  const { name, description, parameters, parametersJson, strict } = tool;
  const schema =
    parametersJson === ""
      ? parameters
      : parseObjectField(parametersJson, `${field}.parameters_json`);
  return {
    name,
    ...(description !== "" && { description }),
    ...(schema !== undefined && { parameters: schema }),
    ...(strict !== undefined && { strict }),
  };
}

/**
 * A JSON Schema for the answer as both wires describe it: `name`, `description`, `schema`, `strict`.
 * Throws INVALID_REQUEST for a schema that is no JSON object.
 */
export function schemaFields(format: JsonSchemaFormat): JsonObject {
  const { name, description, schema, schemaJson, strict } = format;
  const field = "response_format.json_schema.schema_json";
  const value = schemaJson === "" ? schema : parseObjectField(schemaJson, field);
  return {
    name: name || "response",
    ...(description !== "" && { description }),
    ...(value !== undefined && { schema: value }),
    ...(strict !== undefined && { strict }),
  };
}

/** JSON text of a field of the request as an object. Throws INVALID_REQUEST for anything else. */
export function parseObjectField(text: string, field: string): JsonObject {
  try {
    const value = parseExactJSON(text);
    if (isObject(value)) return value;
  } catch {
    // The violation below says it; the parser's words would only repeat the caller's text.
  }
  throw invalidField(field, "must be one JSON object");
}
