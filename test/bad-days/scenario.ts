import type { Limits } from "../../src/contract/limits.ts";
import type { Habits } from "./caller-plan.ts";
import type { Chance } from "./chance.ts";
import type { Spell } from "./conditions.ts";
import type { Judge } from "./judge.ts";
import type { Tally } from "./tally.ts";

/** What a scenario's own judge sees. */
export interface World {
  readonly tally: Tally;
  readonly spells: readonly Spell[];
  readonly callsPerSecond: number;
  readonly durationMs: number;
}

/** Figures of a scenario besides those that each has, by name. */
export type Figures = Readonly<Record<string, number>>;

/** A named world: who is asked, how callers behave, what the weather does. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a line. */
  readonly story: string;
  readonly callsPerSecond: number;
  /** Places that serve each model, in order, as `placeOf` reads them. */
  readonly models: Readonly<Record<string, readonly string[]>>;
  readonly habits: Habits;
  /** Limits that are not the usual ones. Then no place may have more requests than `targetCalls`. */
  readonly limits?: Partial<Limits>;
  /** Calls a second that the places can take together. Default: `callsPerSecond`. */
  readonly calmCallsPerSecond?: number;
  /** The weather of a day that lasts `durationMs`. */
  readonly spells: (durationMs: number, chance: Chance) => readonly Spell[];
  /** Judges what only the whole day shows, and gives its figures. */
  readonly judge?: (world: World, judge: Judge) => Figures;
}
