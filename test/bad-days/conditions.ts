import type { FaultName } from "./faults.ts";

/** How a place that is down shows it: to new requests, and to those under way. */
export type DownMode = "refuses" | "resets" | "silent" | "503" | "500";

/** How a provider tells how long to wait. */
export type HintKind = "none" | "seconds" | "ms" | "date" | "reset";

/** What it is like at a place, at an instant. */
export interface Conditions {
  /** Unset: it is up. */
  readonly down: DownMode | undefined;
  /** Factor on every time it takes. */
  readonly slowness: number;
  /** Likelihood of each fault for one request. */
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  /** Requests that one key may make a second. */
  readonly requestsPerSecond: number;
  /** Requests at once, over all keys. */
  readonly requestsAtOnce: number;
  readonly hint: HintKind;
  /** Keys, by their place in the list, whose account has nothing left. */
  readonly spentKeys: readonly number[];
  /** Keys whose quota of the day is used up. */
  readonly quotaKeys: readonly number[];
  /** Keys that were revoked. */
  readonly revokedKeys: readonly number[];
}

/** A spell of weather: what it changes, where and when. */
export interface Spell extends Partial<Conditions> {
  /** Names of places or regions. Unset: everywhere. */
  readonly at?: readonly string[];
  /** Instants on the virtual clock, ms. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** A day without weather. */
const fairDay: Conditions = {
  down: undefined,
  slowness: 1,
  faults: {},
  requestsPerSecond: Number.POSITIVE_INFINITY,
  requestsAtOnce: Number.POSITIVE_INFINITY,
  hint: "seconds",
  spentKeys: [],
  quotaKeys: [],
  revokedKeys: [],
};

/** Whether a spell is about a place. */
export function isAbout(spell: Spell, place: { name: string; region: string }): boolean {
  const { at } = spell;
  return at === undefined || at.includes(place.name) || at.includes(place.region);
}

/** Whether a region is inside a fence of glob patterns; no patterns fence nothing. */
export function isInside(region: string, allowed: readonly string[]): boolean {
  if (allowed.length === 0) return true;
  return allowed.some((glob) => new RegExp(`^${glob.replaceAll("*", ".*")}$`, "i").test(region));
}

/** What it is like at a place: a fair day, changed by each spell that holds, in order. */
export function conditionsAt(
  spells: readonly Spell[],
  place: { readonly name: string; readonly region: string },
  nowMs: number,
): Conditions {
  let conditions = fairDay;
  for (const spell of spells) {
    if (spell.fromMs <= nowMs && nowMs < spell.toMs && isAbout(spell, place)) {
      conditions = { ...conditions, ...spell };
    }
  }
  return conditions;
}
