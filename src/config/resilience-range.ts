import { defaultResilience, type ResilienceSettings } from "../resilience/settings.ts";
import { durationMsMax } from "./quantities.ts";

/** Settings that have a place of their own elsewhere in the file. */
type Elsewhere = "attempts" | "targetConcurrency" | "targetQueue";

/** Name of a setting of `resilience`. */
export type ResilienceName = keyof Omit<ResilienceSettings, Elsewhere>;

/** What a setting may be. */
export interface ResilienceRange {
  readonly min: number;
  readonly max: number;
  /** It is a multiple of this. Unset: any number. */
  readonly step?: number;
}

const countMax = 1_000_000;
const delay: ResilienceRange = { min: 1, max: durationMsMax, step: 1 };
/** Counted in ten slots. */
const span: ResilienceRange = { min: 100, max: 3_600_000, step: 10 };
const failures: ResilienceRange = { min: 1, max: countMax, step: 1 };

const ranges: Readonly<Record<ResilienceName, ResilienceRange>> = {
  retryWaitMsMax: { ...delay, min: 0 },
  transientDelayMs: delay,
  transientDelayMsMax: delay,
  throttleDelayMs: delay,
  throttleDelayMsMax: delay,
  budgetRatio: { min: 0, max: 1 },
  budgetFloorPerSecond: { min: 0, max: 1000 },
  budgetLifeMs: span,
  breakerFailures: failures,
  breakerSilentFailures: failures,
  breakerOpenMs: delay,
  breakerOpenMsMax: delay,
  breakerStartPlaces: failures,
  throttleRatio: { min: 1, max: 1000 },
  throttleWindowMs: span,
  throttleAllowance: { min: 0, max: countMax, step: 1 },
  latencyDecayMs: delay,
  quarantineMs: delay,
  quarantineMsMax: delay,
  rampRecoveryMs: delay,
  stateEntries: { min: 64, max: countMax, step: 1 },
};

/** Names of all settings of `resilience`, in their order. */
export const resilienceNames: readonly ResilienceName[] =
  Object.keys(defaultResilience).filter(isResilienceName);

/** First steps that must not be over the last, by their names. */
export const resiliencePairs: readonly (readonly [ResilienceName, ResilienceName])[] = [
  ["transientDelayMs", "transientDelayMsMax"],
  ["throttleDelayMs", "throttleDelayMsMax"],
  ["breakerOpenMs", "breakerOpenMsMax"],
  ["quarantineMs", "quarantineMsMax"],
];

/** Key of a setting in the file: `budgetLifeMs` is `budget_life_ms`. */
export function resilienceKey(name: ResilienceName): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The range of a setting. */
export function resilienceRange(name: ResilienceName): ResilienceRange {
  return ranges[name];
}

function isResilienceName(name: string): name is ResilienceName {
  return Object.hasOwn(ranges, name);
}
