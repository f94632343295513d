import { Chance } from "./chance.ts";

/** What one caller wants and does, settled before it calls. Times from the call's beginning, ms. */
export interface CallerPlan {
  readonly index: number;
  readonly isStream: boolean;
  readonly model: string;
  readonly fallbackModels: readonly string[];
  /** `options.timeout`, and the deadline of the protocol. */
  readonly timeoutMs: number | undefined;
  readonly deadlineMs: number | undefined;
  readonly cancelAfterMs: number | undefined;
  /** Events after which the caller leaves the loop. */
  readonly leaveAfterEvents: number | undefined;
  /** Time that the caller takes for each event. */
  readonly readMs: number;
  readonly allowed: readonly string[];
  readonly preferred: readonly string[];
  readonly hedgeDelayMs: number | undefined;
  readonly resumes: boolean;
  readonly heartbeats: boolean;
  readonly maxAttempts: number | undefined;
  /** The caller's own key: one that the provider takes, or one that it refuses. */
  readonly ownKey: "good" | "bad" | undefined;
  /** How often the caller's client has tried before. */
  readonly previousAttempts: number;
}

/** How callers of a world behave: likelihoods, but for names and times. */
export interface Habits {
  /** Models that are asked for. */
  readonly models: readonly string[];
  /** Models that stand in. */
  readonly spareModels: readonly string[];
  readonly streams: number;
  readonly timeouts: number;
  readonly timeoutMs: readonly [number, number];
  readonly deadlines: number;
  readonly cancels: number;
  readonly leaves: number;
  readonly slowReaders: number;
  readonly fences: number;
  /** Fences to choose from, each a list of globs. */
  readonly fenceChoices: readonly (readonly string[])[];
  readonly preferences: number;
  readonly regions: readonly string[];
  readonly fallbacks: number;
  readonly hedges: number;
  readonly resumes: number;
  readonly heartbeats: number;
  readonly modestRetries: number;
  readonly ownKeys: number;
  readonly clientRetries: number;
}

/** Callers who want an answer and nothing else. */
export const plainHabits: Habits = {
  models: ["house-model"],
  spareModels: [],
  streams: 0.5,
  timeouts: 0,
  timeoutMs: [5000, 30_000],
  deadlines: 0,
  cancels: 0,
  leaves: 0,
  slowReaders: 0,
  fences: 0,
  fenceChoices: [["eu-*"]],
  preferences: 0,
  regions: [],
  fallbacks: 0,
  hedges: 0,
  resumes: 0,
  heartbeats: 0,
  modestRetries: 0,
  ownKeys: 0,
  clientRetries: 0,
};

/** Callers who do everything that a caller may. */
export const wildHabits: Habits = {
  ...plainHabits,
  timeouts: 0.4,
  timeoutMs: [50, 20_000],
  deadlines: 0.2,
  cancels: 0.08,
  leaves: 0.05,
  slowReaders: 0.05,
  fences: 0.25,
  preferences: 0.2,
  fallbacks: 0.2,
  hedges: 0.1,
  resumes: 0.15,
  heartbeats: 0.05,
  modestRetries: 0.1,
  ownKeys: 0.08,
  clientRetries: 0.05,
};

/** What the caller of one call does: the same for the same seed and index, whatever went before. */
export function planCaller(seed: number, index: number, habits: Habits): CallerPlan {
  const chance = new Chance(seed, 1, index);
  const isStream = chance.happens(habits.streams);
  const maybe = <T>(likelihood: number, make: () => T): T | undefined =>
    chance.happens(likelihood) ? make() : undefined;
  const [shortMs, longMs] = habits.timeoutMs;
  const spanMs = (): number => Math.round(shortMs * (longMs / shortMs) ** chance.next());
  return {
    index,
    isStream,
    model: chance.pick(habits.models),
    fallbackModels: maybe(habits.fallbacks, () => habits.spareModels) ?? [],
    timeoutMs: maybe(habits.timeouts, spanMs),
    deadlineMs: maybe(habits.deadlines, spanMs),
    cancelAfterMs: maybe(habits.cancels, () => chance.integer(0, 1500)),
    leaveAfterEvents: maybe(isStream ? habits.leaves : 0, () => chance.integer(1, 8)),
    readMs: maybe(isStream ? habits.slowReaders : 0, () => chance.integer(1, 400)) ?? 0,
    allowed: maybe(habits.fences, () => chance.pick(habits.fenceChoices)) ?? [],
    preferred: maybe(habits.preferences, () => [chance.pick(habits.regions)]) ?? [],
    hedgeDelayMs: maybe(habits.hedges, () => chance.integer(50, 600)),
    resumes: isStream && chance.happens(habits.resumes),
    heartbeats: isStream && chance.happens(habits.heartbeats),
    maxAttempts: maybe(habits.modestRetries, () => chance.integer(1, 3)),
    ownKey: maybe(habits.ownKeys, () => chance.pick(["good", "bad"] as const)),
    previousAttempts: maybe(habits.clientRetries, () => chance.integer(1, 4)) ?? 0,
  };
}
