import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { EncodeInput } from "../../contract/adapter.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { isObject, mergeInto } from "../json.ts";
import { RawJSON } from "../raw-json.ts";
import { requestField } from "../request-field.ts";
import { WarningList } from "../warning-list.ts";
import { CallNames } from "./call-names.ts";
import { type ModelTraits, modelTraits } from "./model-traits.ts";
import type { GeminiHost } from "./wire.ts";

/** What the encoders of one request share. */
export interface EncodeScope {
  /** Key of this adapter's entries in `provider_options`, and mark of its own blocks. */
  readonly adapter: string;
  readonly model: string;
  readonly host: GeminiHost;
  readonly traits: ModelTraits;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
  readonly calls: CallNames;
}

/** A fresh scope for one request. */
export function encodeScope({ adapter, model }: EncodeInput, host: GeminiHost): EncodeScope {
  return {
    adapter,
    model,
    host,
    traits: modelTraits(model),
    warnings: new WarningList(),
    raw: new RawJSON(),
    calls: new CallNames(),
  };
}

/**
 * This adapter's entry of a `provider_options`; `path` leads to it, such as "tools[0].". Throws
 * INVALID_REQUEST when the entry is no object.
 */
export function ownOptions(
  options: JsonObject | undefined,
  path: string,
  { adapter }: EncodeScope,
): JsonObject {
  const own: JsonValue | undefined =
    options !== undefined && Object.hasOwn(options, adapter) ? options[adapter] : undefined;
  if (own === undefined || own === null) return {};
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
  scope: EncodeScope,
): JsonObject {
  return mergeInto(sent, ownOptions(options, `${field}.`, scope));
}
