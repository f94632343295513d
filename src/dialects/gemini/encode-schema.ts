import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, mergeInto } from "../json.ts";
import { requestField } from "../request-field.ts";
import type { EncodeScope } from "./encode-scope.ts";
import { isOwnKeyword, reduceSchema } from "./reduce-schema.ts";

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
 * A schema under the member that takes it without a loss: JSON Schema as it is, a schema in the
 * API's own words likewise under its own member. Older models take the API's own only: JSON Schema
 * is reduced to it, with a warning for every keyword that is left out. Empty: no schema is given.
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

/**
 * Whether a schema is written as the API's own SDKs do it, with "OBJECT" for "object", or says
 * `nullable` as OpenAPI 3.0 does, and nothing that OpenAPI has not.
 */
function isInOwnWords(schema: JsonObject): boolean {
  const all = [...schemasIn(schema)];
  const isCapital = ({ type }: JsonObject): boolean =>
    typeof type === "string" && /^[A-Z]+$/.test(type);
  if (all.some(isCapital)) return true;
  return (
    all.some(({ nullable }) => typeof nullable === "boolean") &&
    all.every((one) => Object.keys(one).every(isOwnKeyword))
  );
}

function* schemasIn(schema: JsonValue | undefined): Generator<JsonObject> {
  if (Array.isArray(schema)) for (const one of schema) yield* schemasIn(one);
  if (!isObject(schema)) return;
  yield schema;
  const { properties, items, anyOf } = schema;
  for (const one of Object.values(isObject(properties) ? properties : {})) yield* schemasIn(one);
  yield* schemasIn(items);
  yield* schemasIn(anyOf);
}
