import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { invalidField } from "../contract/connector-error.ts";
import { isObject, mergeInto } from "./json.ts";
import { requestField } from "./request-field.ts";

/** Whose entries are meant. */
interface AdapterScope {
  /** Key of the adapter's entries in `provider_options`. */
  readonly adapter: string;
}

/**
 * This adapter's entry of a `provider_options`; `path` leads to it, such as "tools[0].". Throws
 * INVALID_REQUEST when the entry is no object.
 */
export function ownOptions(
  options: JsonObject | undefined,
  path: string,
  { adapter }: AdapterScope,
): JsonObject | undefined {
  const own: JsonValue | undefined =
    options !== undefined && Object.hasOwn(options, adapter) ? options[adapter] : undefined;
  if (own === undefined || own === null) return undefined;
  if (!isObject(own)) {
    throw invalidField(requestField(`${path}provider_options.${adapter}`), "must be an object");
  }
  return own;
}

/** Lays this adapter's entry of a field's `provider_options` on what is sent for the field. */
export function withOptions(
  sent: JsonObject,
  options: JsonObject | undefined,
  field: string,
  scope: AdapterScope,
): JsonObject {
  const own = ownOptions(options, `${field}.`, scope);
  return own === undefined ? sent : mergeInto(sent, own);
}
