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
/** By how much the bound on open calls moves with a look. */
const step = 0.02;
/** Time without a late look after which overload is over, ms. */
const calmMs = 1_000;

/** How many calls may be open while more come than can be carried out. */
interface Bound {
  openCalls: number;
  /** It does not go below what the event loop could do when it began to be late. */
  readonly min: number;
  /** When a look was last late, ms. */
  lateMs: number;
}

/**
 * Watches how late timers of the event loop fire, and how full the heap is, while there is work. At
 * rest it has no timer.
 *
 * A late timer alone is no overload: it may be a pause of the garbage collector, or many calls at
 * once that are soon done with. But where all of them are late for half a second, and the calls
 * that are open become twice as many in that time, more come than can be carried out. From then on
 * their number is bounded: by what it was when the timers began to be late, and by more as far as
 * they are in time again, until they are so for a second.
 */
export class LoadMonitor {
  readonly #options: LoadMonitorOptions;
  readonly #openCalls: () => number;
  #isLooking = false;
  #lagMs = 0;
  #heapPercent = 0;
  /** Since when all looks are late, and how many calls were open then. */
  #late: { readonly sinceMs: number; readonly openCalls: number } | undefined;
  /** Unset: there is no overload. */
  #bound: Bound | undefined;

  /** `openCalls` says how much work there is. */
  constructor(options: LoadMonitorOptions, openCalls: () => number) {
    this.#options = options;
    this.#openCalls = openCalls;
  }

  /** Work begins: looks from now on, until there is none. */
  watch(): void {
    if (!this.#isLooking) this.#look();
  }

  /** What is short now. Unset: nothing. */
  shortage(): Shortage | undefined {
    if (!this.#isLooking) return undefined;
    const { loopLagMs, heapPercent } = this.#options.limits;
    if (this.#bound !== undefined && this.#openCalls() >= this.#bound.openCalls) {
      return { limit: "loop_lag_ms", max: loopLagMs, measured: Math.round(this.#lagMs) };
    }
    if (this.#heapPercent < heapPercent) return undefined;
    return { limit: "heap_percent", max: heapPercent, measured: Math.round(this.#heapPercent) };
  }

  #look(): void {
    const { clock, heapPercent = heapInUse } = this.#options;
    this.#isLooking = true;
    this.#heapPercent = heapPercent();
    const dueMs = clock.now() + lookMs;
    clock.schedule(lookMs, () => {
      const nowMs = clock.now();
      this.#lagMs = nowMs - dueMs;
      this.#bound = this.#judge(nowMs);
      this.#isLooking = false;
      if (this.#openCalls() > 0) this.#look();
    });
  }

  #judge(nowMs: number): Bound | undefined {
    const openCalls = this.#openCalls();
    const isLate = this.#lagMs > this.#options.limits.loopLagMs;
    if (isLate) this.#late ??= { sinceMs: nowMs, openCalls };
    else this.#late = undefined;
    const bound = this.#bound;
    if (bound === undefined) {
      if (this.#late === undefined || nowMs - this.#late.sinceMs < patienceMs) return undefined;
      if (openCalls < Math.max(this.#late.openCalls, openCallsMin) * growth) return undefined;
      const min = Math.max(this.#late.openCalls, openCallsMin);
      return { openCalls: min, min, lateMs: nowMs };
    }
    if (isLate) {
      bound.lateMs = nowMs;
      bound.openCalls = Math.max(bound.openCalls * (1 - step), bound.min);
    } else {
      bound.openCalls = Math.max(bound.openCalls * (1 + step), bound.openCalls + 1);
    }
    return nowMs - bound.lateMs < calmMs ? bound : undefined;
  }
}

function heapInUse(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return (100 * used) / limit;
}
