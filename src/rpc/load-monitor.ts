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

/**
 * Watches how late timers of the event loop fire, and how full the heap is, while there is work. At
 * rest it has no timer.
 */
export class LoadMonitor {
  readonly #options: LoadMonitorOptions;
  readonly #isBusy: () => boolean;
  /** When the next look is due. Unset: nobody looks. */
  #dueMs: number | undefined;
  /** How late the last two looks were, ms. */
  #lagMs = 0;
  #lagMsBefore = 0;
  #heapPercent = 0;

  /** `isBusy` says whether there is work to watch. */
  constructor(options: LoadMonitorOptions, isBusy: () => boolean) {
    this.#options = options;
    this.#isBusy = isBusy;
  }

  /** Work begins: looks from now on, until there is none. */
  watch(): void {
    if (this.#dueMs === undefined) this.#look();
  }

  /** What is short now. Unset: nothing. */
  shortage(): Shortage | undefined {
    const { limits, clock } = this.#options;
    if (this.#dueMs === undefined) return undefined;
    // One late look is a pause, of the garbage collector for one; two in a row are overload. A look
    // that is overdue tells as much as one that was late.
    const overdueMs = clock.now() - this.#dueMs;
    const lagMs = Math.min(this.#lagMs, Math.max(this.#lagMsBefore, overdueMs));
    if (lagMs > limits.loopLagMs) {
      return { limit: "loop_lag_ms", max: limits.loopLagMs, measured: Math.round(lagMs) };
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
      this.#lagMsBefore = this.#lagMs;
      this.#lagMs = clock.now() - (this.#dueMs ?? 0);
      this.#dueMs = undefined;
      if (this.#isBusy()) this.#look();
      else this.#lagMs = 0;
    });
  }
}

function heapInUse(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return (100 * used) / limit;
}
