import type { Clock } from "../contract/clock.ts";
import type { Random } from "../contract/random.ts";
import type { Outcome } from "./outcome.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";

/**
 * - `closed`: all calls pass.
 * - `open`: none does.
 * - `probing`: one at a time does.
 * - `starting`: as many at a time as there were successes, and one more.
 */
export type BreakerState = "closed" | "open" | "probing" | "starting";

/** A call that is told to come later learns when, at the earliest, this is worth a try. */
const placeWaitMs = 100;

/**
 * Leaves an ill target alone, and lets its calls back slowly.
 *
 * It counts failures in a row: a ratio over a window says the same later, and says it of a target
 * that fails for one kind of request as well.
 */
export class CircuitBreaker {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #settings: ResilienceSettings;
  #state: BreakerState = "closed";
  #failures = 0;
  #silences = 0;
  #openings = 0;
  #openUntilMs = 0;
  #places = 1;
  #inFlight = 0;
  #era = 0;

  constructor(clock: Clock, random: Random, settings: ResilienceSettings = defaultResilience) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
  }

  /** Where it stands; an open one whose time is up is `probing`. */
  get state(): BreakerState {
    if (this.#state === "open" && this.#clock.now() >= this.#openUntilMs) this.#probe();
    return this.#state;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Grows with each change of state: the outcome of a call counts in the era it began in only. */
  get era(): number {
    return this.#era;
  }

  /**
   * Takes a place for one call: gives undefined, or how long to wait at least, ms. A forced call is
   * the probe of an open breaker before its time.
   */
  enter(isForced = false): number | undefined {
    if (isForced && this.state === "open") this.#probe();
    switch (this.state) {
      case "closed":
        return undefined;
      case "open":
        return this.#openUntilMs - this.#clock.now();
      case "probing":
      case "starting":
        if (this.#inFlight >= this.#places) return placeWaitMs;
        this.#inFlight++;
        return undefined;
    }
  }

  /** A call that entered in `era` has ended. */
  leave(era: number, outcome: Outcome): void {
    if (era !== this.#era) return;
    if (this.#state !== "closed") this.#inFlight--;
    switch (outcome) {
      case "fine":
        this.#failures = 0;
        this.#silences = 0;
        this.#grow();
        return;
      case "refused":
        // It answers, so it is not silent; but that it takes calls again is not shown.
        this.#silences = 0;
        if (this.#state === "probing") this.#start();
        return;
      case "failed":
        this.#failures++;
        this.#silences = 0;
        this.#openIfIll();
        return;
      case "silent":
        this.#failures++;
        this.#silences++;
        this.#openIfIll();
        return;
      case "unknown":
        return;
    }
  }

  #grow(): void {
    if (this.#state === "probing") this.#start();
    if (this.#state !== "starting") return;
    this.#places++;
    if (this.#places >= this.#settings.breakerStartPlaces) this.#change("closed");
  }

  #openIfIll(): void {
    const { breakerFailures, breakerSilentFailures, breakerOpenMs, breakerOpenMsMax } =
      this.#settings;
    // Few places, few failures: the probe's own failure is enough, and later it takes a row again,
    // so that a target which fails one call in ten finds its way back.
    const enough = this.#state === "closed" ? breakerFailures : this.#places;
    const isIll =
      this.#failures >= Math.min(enough, breakerFailures) ||
      this.#silences >= breakerSilentFailures;
    if (!isIll) return;
    const openMs = Math.min(breakerOpenMsMax, breakerOpenMs * 2 ** this.#openings);
    this.#openings++;
    this.#openUntilMs = this.#clock.now() + openMs * (0.5 + this.#random() / 2);
    this.#change("open");
  }

  #probe(): void {
    this.#places = 1;
    this.#inFlight = 0;
    this.#change("probing");
  }

  #start(): void {
    // The era stays: the probe's place is free already, and there is no other call of it.
    this.#state = "starting";
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#era++;
    if (state === "closed") this.#openings = 0;
  }
}
