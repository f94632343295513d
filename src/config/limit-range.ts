import { defaultLimits, type Limits } from "../contract/limits.ts";
import { durationMsMax, parseSizeBytes, parseWhole } from "./quantities.ts";

/** Name of a limit. */
export type LimitName = keyof Limits;

/** What a limit may be, and how it is read. */
export interface LimitRange {
  readonly min: number;
  readonly max: number;
  /** For a message, such as "a whole number of milliseconds". */
  readonly kind: string;
  /** Reads the value of the file. Unset: it is not of the kind. */
  readonly parse: (input: unknown) => number | undefined;
}

const bytesMax = 1024 ** 3;
const countMax = 2 ** 31 - 1;
const per10sMax = 1_000_000;

/** Bounds of single limits where those of their kind do not fit. */
const bounds: Partial<Record<LimitName, { readonly min?: number; readonly max?: number }>> = {
  drainGraceMs: { min: 0 },
  heapPercent: { max: 100 },
  jsonDepth: { max: 512 },
  pingsPer10s: { max: per10sMax },
  resetsPer10s: { max: per10sMax },
  settingsPer10s: { max: per10sMax },
  sessionMemoryMebibytes: { max: 4096 },
};

/** Names of all limits, in the order of the contract. */
export const limitNames: readonly LimitName[] = Object.keys(defaultLimits).filter(isLimitName);

/**
 * Key of a limit in the file: `drainGraceMs` is `drain_grace_ms`, `pingsPer10s` is `pings_per_10s`.
 */
export function limitKey(name: LimitName): string {
  return name.replace(/[A-Z]|(?<=[a-z])\d/g, (character) => `_${character.toLowerCase()}`);
}

/** The range of a limit. The end of its name says its unit. */
export function limitRange(name: LimitName): LimitRange {
  return { min: 1, ...kindOf(name), ...bounds[name] };
}

function kindOf(name: LimitName): Omit<LimitRange, "min"> {
  if (name.endsWith("Bytes")) {
    const kind = "a whole number of bytes, or a size such as 16MiB";
    return { max: bytesMax, kind, parse: parseSizeBytes };
  }
  const kind = /Ms(Max)?$/.test(name) ? "a whole number of milliseconds" : "a whole number";
  return { max: kind === "a whole number" ? countMax : durationMsMax, kind, parse: parseWhole };
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(defaultLimits, name);
}
