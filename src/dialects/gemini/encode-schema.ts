import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, mergeInto } from "../json.ts";
import { requestField } from "../request-field.ts";
import type { EncodeScope } from "./encode-scope.ts";
import { reduceSchema } from "./reduce-schema.ts";

/** A schema of the request, and the two members that can hold it. */
export interface SchemaSource {
  readonly struct: JsonObject | undefined;
  readonly structField: string;
  /** The same as text, which wins. Empty: not given. */
  readonly text: string;
  readonly textField: string;
  /** Takes JSON Schema. */
  readonly plainMember: string;
  /** Takes the part of it that OpenAPI 3.0 has, with types in capital letters. */
  readonly reducedMember: string;
}

/**
 * A schema under the member that takes it without a loss: JSON Schema as it is, a schema in the API's
 * own words likewise under its own member. Older models take the API's own only: JSON Schema is reduced
 * to it, with a warning for every keyword that is left out. Empty: no schema is given.
 */
export function encodeSchema(source: SchemaSource, scope: EncodeScope): JsonObject {
  const { struct, text, plainMember, reducedMember } = source;
  if (text === "" && struct === undefined) return {};
  const field = text === "" ? source.structField : source.textField;
  const mark = text === "" ? undefined : scope.raw.hold(text, requestField(field));
  const schema = text === "" ? (struct ?? {}) : (JSON.parse(text) as JsonObject);
  const isOwn = isInOwnWords(schema);
  if (!isOwn && !scope.traits.jsonSchema) {
    return { [reducedMember]: reduceSchema(schema, field, scope.warnings) };
  }
  // A copy: the caller's options may be laid on it.
  return { [isOwn ? reducedMember : plainMember]: mark ?? mergeInto({}, schema) };
}

/** Whether a schema is written as the API's own SDKs do it: "OBJECT" for "object". */
function isInOwnWords(schema: JsonValue | undefined): boolean {
  if (Array.isArray(schema)) return schema.some(isInOwnWords);
  if (!isObject(schema)) return false;
  const { type, properties, items, anyOf } = schema;
  if (typeof type === "string") return /^[A-Z]+$/.test(type);
  return [items, anyOf, isObject(properties) ? Object.values(properties) : undefined].some(
    isInOwnWords,
  );
}
