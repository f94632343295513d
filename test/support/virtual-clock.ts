import type { Clock, Timer } from "../../src/contract/clock.ts";

interface Pending {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock that moves only when told: timers fire in order, at their exact instants. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  readonly #startWallMs: number;
  readonly #pending = new Set<Pending>();

  constructor(startWallMs: number = Date.UTC(2026, 0, 1)) {
    this.#startWallMs = startWallMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const pending = { atMs: this.#nowMs + delayMs, callback };
    this.#pending.add(pending);
    return { clear: () => void this.#pending.delete(pending) };
  }

  /** Timers that have not fired and were not cleared. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Moves on by `spanMs`, firing what falls due on the way. */
  advance(spanMs: number): void {
    const endMs = this.#nowMs + spanMs;
    for (;;) {
      const [next] = [...this.#pending].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#pending.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  /**
   * Fires timer after timer, each when everything that the one before set off has come to rest,
   * until none is left.
   */
  async run(): Promise<void> {
    for (;;) {
      // Node runs all promises that are ready before an immediate.
      await new Promise((resolve) => void setImmediate(resolve));
      const [next] = [...this.#pending].sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) return;
      this.#pending.delete(next);
      this.#nowMs = next.atMs;
      next.callback();
    }
  }
}
