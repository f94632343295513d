import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { EncodeInput } from "../../contract/adapter.ts";
import { invalidField } from "../../contract/connector-error.ts";
import { isObject, mergeInto } from "../json.ts";
import { RawJSON } from "../raw-json.ts";
import { requestField } from "../request-field.ts";
import { WarningList } from "../warning-list.ts";
import { CacheMarks } from "./cache-marks.ts";
import { type ModelTraits, modelTraits } from "./model-traits.ts";
import { ToolIds } from "./tool-ids.ts";

/** What the encoders of one request share. */
export interface EncodeScope {
  /** Key of this adapter's entries in `provider_options`, and mark of its own blocks. */
  readonly adapter: string;
  readonly model: string;
  readonly traits: ModelTraits;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
  readonly cache: CacheMarks;
  readonly toolIds: ToolIds;
}

/** What is asked of a model by its traits, and what it cannot take. */
export type ModelScope = Pick<EncodeScope, "model" | "traits" | "warnings">;

/** A fresh scope for one request. */
export function encodeScope({ adapter, model }: EncodeInput): EncodeScope {
  const warnings = new WarningList();
  return {
    adapter,
    model,
    traits: modelTraits(model),
    warnings,
    raw: new RawJSON(),
    cache: new CacheMarks(warnings),
    toolIds: new ToolIds(),
  };
}

/**
 * This adapter's entry of a `provider_options`; `path` leads to it, such as "tools[0].". Throws
 * INVALID_REQUEST when the entry is no object.
 */
export function ownOptions(
  options: JsonObject | undefined,
  path: string,
  { adapter }: Pick<EncodeScope, "adapter">,
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
  scope: Pick<EncodeScope, "adapter">,
): JsonObject {
  const own = ownOptions(options, `${field}.`, scope);
  return own === undefined ? sent : mergeInto(sent, own);
}
