import type { EncodeInput } from "../../contract/adapter.ts";
import { RawJSON } from "../raw-json.ts";
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
