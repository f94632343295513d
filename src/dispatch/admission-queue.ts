import type { Clock } from "../contract/clock.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import type { Random } from "../contract/random.ts";
import {
  type ConcurrencyLimiter,
  type Permit,
  QueueFull,
} from "../resilience/concurrency-limiter.ts";
import { WorkSignal } from "../resilience/work-signal.ts";

/** What a wait for a place is judged by. */
export interface AdmissionSettings {
  readonly clock: Clock;
  readonly random: Random;
  /** Longest wait for a place, ms. */
  readonly queueMs: number;
  /** Told for how long each place that is given back was held, ms. */
  readonly onReleased?: (heldMs: number) => void;
}

/** Why somebody got no place: nobody more may wait, or the wait took too long. */
export type Shortage = "full" | "late";

/** The error for somebody who got no place; a place may be free after `retryAfterMs`. */
export type Overloaded = (shortage: Shortage, retryAfterMs: number) => ConnectorError;

/** Weight of the last call in the mean time that calls keep their places. */
const lastWeight = 0.1;
const waitMsMin = 50;
const waitMsMax = 30_000;
/** The estimate as long as no call has ended, ms. */
const waitMsUnknown = 1_000;

/** A wait of this length, half shorter to half longer, so that those refused at once spread, ms. */
export function jittered(waitMs: number, random: Random): number {
  return Math.round(waitMs * (0.5 + random()));
}

/**
 * A limiter, and how long one has to wait for a place of it. Whoever finds a place free costs
 * neither a promise nor a timer.
 */
export class AdmissionQueue {
  readonly #limiter: ConcurrencyLimiter;
  readonly #settings: AdmissionSettings;
  readonly #overloaded: Overloaded;
  /** Mean time for which a place is kept, ms. */
  #heldMs: number | undefined;

  constructor(limiter: ConcurrencyLimiter, settings: AdmissionSettings, overloaded: Overloaded) {
    this.#limiter = limiter;
    this.#settings = settings;
    this.#overloaded = overloaded;
  }

  /** A place, if one is free and nobody waits for it. */
  tryEnter(): Permit | undefined {
    const permit = this.#limiter.tryEnter();
    return permit && this.#timed(permit);
  }

  /**
   * A place: at once, or when it is this caller's turn. Rejects with the error of `overloaded` when
   * no more may wait or the wait takes too long, and with the signal's reason when that aborts.
   */
  enter(caller: string, signal: AbortSignal): Permit | Promise<Permit> {
    return this.tryEnter() ?? this.#wait(caller, signal);
  }

  async #wait(caller: string, signal: AbortSignal): Promise<Permit> {
    const { clock, queueMs } = this.#settings;
    const wait = new WorkSignal(clock, signal);
    wait.limit(queueMs, () => this.#refusal("late"));
    try {
      return this.#timed(await this.#limiter.enter(caller, wait.signal));
    } catch (thrown) {
      throw thrown instanceof QueueFull ? this.#refusal("full") : thrown;
    } finally {
      wait.dispose();
    }
  }

  #refusal(shortage: Shortage): ConnectorError {
    return this.#overloaded(shortage, jittered(this.#waitMs(), this.#settings.random));
  }

  /** When somebody who came now and waited would have a place, ms from now. */
  #waitMs(): number {
    if (this.#heldMs === undefined) return waitMsUnknown;
    const { waiting, places } = this.#limiter;
    const ms = (this.#heldMs * (waiting + 1)) / places;
    return Math.min(Math.max(ms, waitMsMin), waitMsMax);
  }

  #timed(permit: Permit): Permit {
    const { clock, onReleased } = this.#settings;
    const startMs = clock.now();
    let isIn = true;
    return {
      release: () => {
        if (!isIn) return;
        isIn = false;
        const ms = clock.now() - startMs;
        const mean = this.#heldMs;
        this.#heldMs = mean === undefined ? ms : mean + (ms - mean) * lastWeight;
        permit.release();
        onReleased?.(ms);
      },
    };
  }
}
