import type { EncodeInput } from "../../contract/adapter.ts";
import { RawJSON } from "../raw-json.ts";
import { WarningList } from "../warning-list.ts";
import { CacheMarks } from "./cache-marks.ts";
import { type ModelTraits, modelTraits } from "./model-traits.ts";
import { UniqueToolIDs } from "./unique-tool-ids.ts";

/** What the encoders of one request share. */
export interface EncodeScope {
  /** Key of this adapter's entries in `provider_options`, and mark of its own blocks. */
  readonly adapter: string;
  readonly model: string;
  readonly traits: ModelTraits;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
  readonly cache: CacheMarks;
  readonly toolIDs: UniqueToolIDs;
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
    toolIDs: new UniqueToolIDs(),
  };
}
