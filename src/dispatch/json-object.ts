import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** Whether a value of JSON is an object: no list, and not null. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
