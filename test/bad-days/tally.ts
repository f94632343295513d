import type { CallFacts } from "./facts.ts";

/** What is kept of a call that is over. Times are of the virtual clock, ms. */
export interface CallRecord {
  readonly startMs: number;
  readonly endMs: number;
  /** Time to the first delta or the whole answer. Unset: there was none. */
  readonly latencyMs: number | undefined;
  /** "OK", "left", "FAULT" or the reason of its error. */
  readonly end: string;
  readonly hadDelta: boolean;
  readonly attempts: number;
}

/** What is kept of an attempt. */
export interface AttemptRecord {
  readonly startMs: number;
  readonly closedMs: number;
  readonly place: string;
  /** Name of the script, such as "answer" or "503". */
  readonly script: string;
}

/** Everything that is counted in one world. */
export class Tally {
  readonly calls: CallRecord[] = [];
  readonly attempts: AttemptRecord[] = [];

  /** Adds a call that is over. */
  add(facts: CallFacts): void {
    const { startMs, endMs, end, firstDeltaMs, attempts } = facts;
    const answeredMs = firstDeltaMs ?? (end?.kind === "ok" ? endMs : undefined);
    this.calls.push({
      startMs,
      endMs,
      latencyMs: answeredMs === undefined ? undefined : answeredMs - startMs,
      end: endName(facts),
      hadDelta: firstDeltaMs !== undefined,
      attempts: attempts.length,
    });
    for (const attempt of attempts) {
      const { place, script, closedMs = Number.NaN } = attempt;
      const record = { startMs: attempt.startMs, closedMs, place: place.name, script: script.name };
      this.attempts.push(record);
    }
  }

  /** Calls that began in a span. */
  callsIn(fromMs: number, toMs: number): readonly CallRecord[] {
    return this.calls.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  }

  /** Attempts that began in a span. */
  attemptsIn(fromMs: number, toMs: number): readonly AttemptRecord[] {
    return this.attempts.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  }

  /** How often the first so many calls ended in each way, most often first. */
  ends(calls: number): readonly (readonly [string, number])[] {
    const counts = new Map<string, number>();
    for (const { end } of this.calls.slice(0, calls)) counts.set(end, (counts.get(end) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  }
}

function endName({ end }: CallFacts): string {
  switch (end?.kind) {
    case "ok":
      return "OK";
    case "error":
      return end.error.reason;
    case "left":
      return "left";
    default:
      return "FAULT";
  }
}

/** A share of the latencies is at most this, ms. NaN where there are none. */
export function percentileMs(calls: readonly CallRecord[], share: number): number {
  const latencies = calls.flatMap(({ latencyMs }) => (latencyMs === undefined ? [] : [latencyMs]));
  const sorted = Float64Array.from(latencies).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
