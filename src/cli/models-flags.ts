import type { ConnectionFlags } from "./flags.ts";

/** Flags of `models`. */
export interface ModelsFlags extends ConnectionFlags {
  readonly provider?: string;
  readonly all?: boolean;
  readonly retired?: boolean;
}

/** Flags of `models sync`. */
export interface SyncFlags {
  readonly provider?: string;
  readonly out?: string;
  readonly source?: string;
  readonly asOf?: string;
  readonly json?: boolean;
}
