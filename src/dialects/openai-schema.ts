import type { JsonObject } from "@bufbuild/protobuf";
import type { JsonSchemaFormat, Tool } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { RawJSON } from "./raw-json.ts";
import { requestField } from "./request-field.ts";

/**
 * A function as both wires of OpenAI describe it: `name`, `description`, `parameters`, `strict`,
 * each only where it is given. Throws INVALID_REQUEST for a schema that is no JSON object.
 */
export function functionFields(tool: Tool, field: string, raw: RawJSON): JsonObject {
  const { name, description, parameters, parametersJson, strict } = tool;
  const schema =
    parametersJson === ""
      ? parameters
      : raw.hold(parametersJson, requestField(`${field}.parameters_json`));
  return {
    name,
    ...(description !== "" && { description }),
    ...(schema !== undefined && { parameters: schema }),
    ...(strict !== undefined && { strict }),
  };
}

/**
 * A JSON Schema for the answer as both wires describe it: `name`, `description`, `schema`,
 * `strict`. Throws INVALID_REQUEST for a schema that is no JSON object.
 */
export function schemaFields(format: JsonSchemaFormat, raw: RawJSON): JsonObject {
  const { name, description, schema, schemaJson, strict } = format;
  const field = "response_format.json_schema.schema_json";
  const value = schemaJson === "" ? schema : raw.hold(schemaJson, requestField(field));
  return {
    name: name || "response",
    ...(description !== "" && { description }),
    ...(value !== undefined && { schema: value }),
    ...(strict !== undefined && { strict }),
  };
}
