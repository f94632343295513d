import type { Violation } from "./invariant.ts";
import { invariants } from "./judge.ts";
import type { Figures } from "./scenario.ts";
import { type DaySettings, simulateDay } from "./simulate.ts";

/** What is told of a simulated day. */
export interface DayReport {
  readonly scenario: string;
  readonly story: string;
  readonly seed: number;
  readonly calls: number;
  readonly ok: number;
  readonly attempts: number;
  readonly timers: number;
  readonly virtualMs: number;
  readonly tookSeconds: number;
  readonly digest: string;
  /** How often calls ended in each way. */
  readonly ends: Readonly<Record<string, number>>;
  readonly figures: Figures;
  /** How often each rule's case occurred, and how often it was broken. */
  readonly checked: Readonly<Record<string, number>>;
  readonly brokenRules: Readonly<Record<string, number>>;
  readonly broken: number;
  readonly violations: readonly Violation[];
}

/** Simulates a day and tells what it was like. */
export async function reportDay(settings: DaySettings): Promise<DayReport> {
  const startedMs = performance.now();
  const day = await simulateDay(settings);
  const { scenario, seed, calls } = settings;
  const { judge } = day;
  const ends = Object.fromEntries(day.ends);
  const checked = new Map(invariants.map(({ name }) => [name, 0]));
  for (const [name, count] of judge.checked) checked.set(name, count);
  return {
    scenario: scenario.name,
    story: scenario.story,
    seed,
    calls,
    ok: ends.OK ?? 0,
    attempts: day.attempts,
    timers: day.timers,
    virtualMs: day.virtualMs,
    tookSeconds: (performance.now() - startedMs) / 1000,
    digest: day.digest,
    ends,
    figures: {
      ...day.figures,
      ...(day.heapGrowthBytes !== undefined && {
        "heap growth, MiB": day.heapGrowthBytes / 2 ** 20,
      }),
    },
    checked: Object.fromEntries(checked),
    brokenRules: Object.fromEntries(judge.broken),
    broken: [...judge.broken.values()].reduce((sum, count) => sum + count, 0),
    violations: judge.violations,
  };
}
