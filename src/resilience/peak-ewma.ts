import type { Clock } from "../contract/clock.ts";

/**
 * An average of latency that believes bad news at once and good news slowly: a sample above it
 * replaces it, one below it counts the more the older the last sample is.
 */
export class PeakEwma {
  readonly #clock: Clock;
  readonly #decayMs: number;
  #valueMs: number | undefined;
  #sampledMs = 0;

  /** In `decayMs` without a sample an old value loses all but 1/e of its weight. */
  constructor(clock: Clock, decayMs: number) {
    this.#clock = clock;
    this.#decayMs = decayMs;
  }

  /** The average, ms. Unset before the first sample. */
  get valueMs(): number | undefined {
    return this.#valueMs;
  }

  /** Takes a sample, ms. */
  add(latencyMs: number): void {
    const nowMs = this.#clock.now();
    const oldMs = this.#valueMs;
    const weight = Math.exp((this.#sampledMs - nowMs) / this.#decayMs);
    this.#sampledMs = nowMs;
    this.#valueMs =
      oldMs === undefined || latencyMs > oldMs
        ? latencyMs
        : oldMs * weight + latencyMs * (1 - weight);
  }
}
