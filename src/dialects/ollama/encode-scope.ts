import type { JsonObject } from "@bufbuild/protobuf";
import { objectOf } from "../json.ts";
import type { RawJSON } from "../raw-json.ts";
import type { WarningList } from "../warning-list.ts";

/** What every step of encoding one request shares. */
export interface EncodeScope {
  /** Name of the adapter: the key of its entries in `provider_options`. */
  readonly adapter: string;
  readonly warnings: WarningList;
  readonly raw: RawJSON;
}

/** The adapter's own fields of a part or tool. */
export function ownOptions(options: JsonObject | undefined, { adapter }: EncodeScope): JsonObject {
  return objectOf(options?.[adapter]);
}
