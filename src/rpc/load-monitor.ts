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
/** The lag that is held while more come than go, as a part of the limit. */
const heldPart = 0.2;
/** Time without too much lag after which it is over, ms. */
const calmMs = 1_000;

/**
 * Watches how late timers of the event loop fire, and how full the heap is, while there is work. At
 * rest it has no timer.
 *
 * A late timer alone is no overload: it may be a pause of the garbage collector, or many calls at
 * once that are soon done with. But where all of them are late for half a second, and the calls
 * that are open become twice as many in that time, more come than can be carried out. From then on
 * the lag is held at a fifth of the limit, until it has stayed below that for a second.
 */
export class LoadMonitor {
  readonly #options: LoadMonitorOptions;
  readonly #openCalls: () => number;
  /** When the next look is due. Unset: nobody looks. */
  #dueMs: number | undefined;
  #lagMs = 0;
  #heapPercent = 0;
  /** Since when all looks are late, and how many calls were open then. */
  #late: { readonly sinceMs: number; readonly openCalls: number } | undefined;
  /** When the lag was last too much, while it is held. Unset: it is not held. */
  #heldMs: number | undefined;

  /** `openCalls` says how much work there is. */
  constructor(options: LoadMonitorOptions, openCalls: () => number) {
    this.#options = options;
    this.#openCalls = openCalls;
  }

  /** Work begins: looks from now on, until there is none. */
  watch(): void {
    if (this.#dueMs === undefined) this.#look();
  }

  /** What is short now. Unset: nothing. */
  shortage(): Shortage | undefined {
    const { limits, clock } = this.#options;
    if (this.#dueMs === undefined) return undefined;
    if (this.#heldMs !== undefined) {
      // A look that is overdue says more than the one before it.
      const lagMs = Math.max(this.#lagMs, clock.now() - this.#dueMs);
      if (lagMs > limits.loopLagMs * heldPart) {
        return { limit: "loop_lag_ms", max: limits.loopLagMs, measured: Math.round(lagMs) };
      }
    }
    if (this.#heapPercent < limits.heapPercent) return undefined;
    const measured = Math.round(this.#heapPercent);
    return { limit: "heap_percent", max: limits.heapPercent, measured };
  }

  #look(): void {
    const { clock, heapPercent = heapInUse } = this.#options;
    this.#heapPercent = heapPercent();
    this.#dueMs = clock.now() + lookMs;
    clock.schedule(lookMs, () => {
      const nowMs = clock.now();
      this.#lagMs = nowMs - (this.#dueMs ?? nowMs);
      this.#dueMs = undefined;
      this.#judge(nowMs);
      if (this.#openCalls() > 0) this.#look();
    });
  }

  #judge(nowMs: number): void {
    const { loopLagMs } = this.#options.limits;
    const openCalls = this.#openCalls();
    if (this.#lagMs <= loopLagMs) this.#late = undefined;
    else this.#late ??= { sinceMs: nowMs, openCalls };
    const { sinceMs = nowMs, openCalls: before = openCalls } = this.#late ?? {};
    if (nowMs - sinceMs >= patienceMs && openCalls >= before * growth) this.#heldMs = nowMs;
    if (this.#heldMs === undefined) return;
    if (this.#lagMs > loopLagMs * heldPart) this.#heldMs = nowMs;
    else if (nowMs - this.#heldMs >= calmMs) this.#heldMs = undefined;
  }
}

function heapInUse(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return (100 * used) / limit;
}
