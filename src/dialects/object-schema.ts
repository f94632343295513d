import type { JsonObject } from "@bufbuild/protobuf";
import type { Tool } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { invalidField } from "../contract/connector-error.ts";
import { isObject, mergeInto } from "./json.ts";
import type { RawJSON } from "./raw-json.ts";
import { requestField } from "./request-field.ts";
import type { WarningList } from "./warning-list.ts";

/**
 * The schema of a tool as it was given, or the mark of one that is held as text. APIs that refuse
 * one whose `type` is not said get it with `"type": "object"`. Throws INVALID_REQUEST for a schema
 * that is no JSON object.
 */
export function objectSchema(
  tool: Tool,
  field: string,
  { raw, warnings }: { readonly raw: RawJSON; readonly warnings: WarningList },
): JsonObject | string {
  const { parameters, parametersJson } = tool;
  if (parametersJson === "" && parameters === undefined) return { type: "object", properties: {} };
  const jsonField = `${field}.parameters${parametersJson === "" ? "" : "_json"}`;
  const mark = parametersJson && raw.hold(parametersJson, requestField(jsonField));
  const schema: unknown = parametersJson === "" ? parameters : JSON.parse(parametersJson);
  if (!isObject(schema)) throw invalidField(requestField(jsonField), "must be one JSON object");
  // A copy: the tool's options may be laid on it.
  if (schema.type !== undefined) return mark || mergeInto({}, schema);
  warnings.changed(jsonField, 'the API requires a type: sent with "type": "object"');
  return mergeInto({ type: "object" }, schema);
}
