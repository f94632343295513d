import { getHeapStatistics } from "node:v8";
import type { Clock } from "../contract/clock.ts";
import type { Limits } from "../contract/limits.ts";

/** What a process runs short of: time of its event loop, or room in its heap. */
export interface Shortage {
  /** Key of the limit that was passed. */
  readonly limit: "loop_lag_ms" | "heap_percent";
  readonly max: number;
  /** What was measured, in the unit of the limit. */
  readonly measured: number;
}

/** What the load of a process is told by. */
export interface LoadMonitorOptions {
  readonly clock: Clock;
  readonly limits: Pick<Limits, "loopLagMs" | "heapPercent">;
  /** Share of the heap's limit that is in use, per cent. Default: that of this process. */
  readonly heapPercent?: (() => number) | undefined;
}

/** Gap between two looks, ms. */
const lookMs = 20;
/** Time for which every look must be late before it counts, ms. */
const patienceMs = 500;
/** Growth of the open calls in that time that shows that more come than go. */
const growth = 2;
/** Open calls that are never too many for the event loop. */
const openCallsMin = 16;
/** How much longer than usual calls may take in overload. */
const slowdown = 2;
/** Weight of the last call in the mean time that calls usually take. */
const lastWeight = 0.05;
/** Time over which ended calls are counted, ms. */
const rateMs = 1_000;
/** Time without a late look and without a refusal after which overload is over, ms. */
const calmMs = 1_000;

/**
 * Watches how late timers of the event loop fire, and how full the heap is, while there is work. At
 * rest it has no timer.
 *
 * A late timer alone is no overload: it may be a pause of the garbage collector, or many calls at
 * once that are soon done with. But where all of them are late for half a second, and the calls
 * that are open become twice as many in that time, more come than can be carried out. From then on
 * their number is bounded so that they take twice their usual time: to twice the calls that end in
 * a second times the seconds that one usually takes (Little's law).
 */
export class LoadMonitor {
  readonly #options: LoadMonitorOptions;
  readonly #openCalls: () => number;
  #isLooking = false;
  #lagMs = 0;
  #heapPercent = 0;
  #lookedMs = 0;
  /** Calls that ended since the last look. */
  #ended = 0;
  #endedPerMs = 0;
  /** Mean time of a call without overload, ms. */
  #usualMs: number | undefined;
  /** Since when all looks are late, and how many calls were open then. */
  #late: { readonly sinceMs: number; readonly openCalls: number } | undefined;
  /** When it last showed that more come than can be carried out, ms. Unset: there is no overload. */
  #overloadMs: number | undefined;

  /** `openCalls` says how much work there is. */
  constructor(options: LoadMonitorOptions, openCalls: () => number) {
    this.#options = options;
    this.#openCalls = openCalls;
  }

  /** Work begins: looks from now on, until there is none. */
  watch(): void {
    if (this.#isLooking) return;
    this.#lookedMs = this.#options.clock.now();
    this.#look();
  }

  /** A call has ended, after so long. */
  ended(heldMs: number): void {
    this.#ended += 1;
    if (this.#late !== undefined || this.#overloadMs !== undefined) return;
    const usualMs = this.#usualMs ?? heldMs;
    this.#usualMs = usualMs + (heldMs - usualMs) * lastWeight;
  }

  /** What is short for one call more. Unset: nothing. */
  shortage(): Shortage | undefined {
    if (!this.#isLooking) return undefined;
    const { loopLagMs, heapPercent } = this.#options.limits;
    if (this.#overloadMs !== undefined && this.#openCalls() >= this.#openCallsMax()) {
      this.#overloadMs = this.#options.clock.now();
      return { limit: "loop_lag_ms", max: loopLagMs, measured: Math.round(this.#lagMs) };
    }
    if (this.#heapPercent < heapPercent) return undefined;
    return { limit: "heap_percent", max: heapPercent, measured: Math.round(this.#heapPercent) };
  }

  #openCallsMax(): number {
    return Math.max(openCallsMin, slowdown * this.#endedPerMs * (this.#usualMs ?? 0));
  }

  #look(): void {
    const { clock, heapPercent = heapInUse } = this.#options;
    this.#isLooking = true;
    this.#heapPercent = heapPercent();
    const dueMs = clock.now() + lookMs;
    clock.schedule(lookMs, () => {
      const nowMs = clock.now();
      this.#lagMs = nowMs - dueMs;
      this.#count(nowMs);
      this.#judge(nowMs);
      this.#isLooking = false;
      if (this.#openCalls() > 0) this.#look();
    });
  }

  #count(nowMs: number): void {
    const spanMs = nowMs - this.#lookedMs;
    const weight = Math.min(spanMs / rateMs, 1);
    this.#endedPerMs += (this.#ended / spanMs - this.#endedPerMs) * weight;
    this.#ended = 0;
    this.#lookedMs = nowMs;
  }

  #judge(nowMs: number): void {
    const openCalls = this.#openCalls();
    if (this.#lagMs <= this.#options.limits.loopLagMs) {
      this.#late = undefined;
      const isCalm = nowMs - (this.#overloadMs ?? nowMs) >= calmMs;
      if (isCalm) this.#overloadMs = undefined;
      return;
    }
    this.#late ??= { sinceMs: nowMs, openCalls };
    const isLong = nowMs - this.#late.sinceMs >= patienceMs;
    const isMore = openCalls >= Math.max(this.#late.openCalls, openCallsMin) * growth;
    if ((isLong && isMore) || this.#overloadMs !== undefined) this.#overloadMs = nowMs;
  }
}

function heapInUse(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return (100 * used) / limit;
}
