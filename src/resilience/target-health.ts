import type { Clock } from "../contract/clock.ts";
import type { Random } from "../contract/random.ts";
import { AdaptiveThrottle } from "./adaptive-throttle.ts";
import { type BreakerState, CircuitBreaker } from "./circuit-breaker.ts";
import type { Outcome } from "./outcome.ts";
import { PeakEwma } from "./peak-ewma.ts";
import { RecentMedian } from "./recent-median.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";

/** The right to send one attempt. */
export interface Admitted {
  readonly kind: "yes";
  /**
   * The attempt has ended: how, and after how many ms the head of an answer came (unset: none
   * came). To be called exactly once; later calls are ignored.
   */
  leave(outcome: Outcome, latencyMs?: number): void;
}

/** Why an attempt may not be sent now, and when it may be at the earliest. */
export interface NotAdmitted {
  readonly kind: "no";
  /** `open`: too many failures; `throttled`: too few answers; `starting`: it has just recovered. */
  readonly reason: "open" | "throttled" | "starting";
  /** Milliseconds, 0 or more. */
  readonly retryAfterMs: number;
}

/** Whether an attempt may be sent. */
export type Admittance = Admitted | NotAdmitted;

/** The health of one model at one target. */
export class TargetHealth {
  readonly #breaker: CircuitBreaker;
  readonly #throttle: AdaptiveThrottle;
  readonly #latency: PeakEwma;
  readonly #usual: RecentMedian = new RecentMedian();
  readonly #throttleDelayMs: number;
  #inFlight = 0;

  constructor(clock: Clock, random: Random, settings: ResilienceSettings = defaultResilience) {
    this.#breaker = new CircuitBreaker(clock, random, settings);
    this.#throttle = new AdaptiveThrottle(clock, random, settings);
    this.#latency = new PeakEwma(clock, settings.latencyDecayMs);
    this.#throttleDelayMs = settings.throttleDelayMs;
  }

  /**
   * Asks for the right to send one attempt. A last resort, with nothing else under way, is always
   * sent: where there is no other target, the provider's own word is worth more than ours, and one
   * attempt at a time harms nobody.
   */
  admit(isLastResort = false): Admittance {
    const breaker = this.#breaker;
    const isForced = isLastResort && this.#inFlight === 0;
    const waitMs = breaker.enter(isForced);
    if (waitMs !== undefined) {
      const reason = breaker.state === "starting" ? "starting" : "open";
      return { kind: "no", reason, retryAfterMs: Math.ceil(waitMs) };
    }
    // While a target recovers, its places are the only rule.
    if (breaker.state === "closed" && !isForced && !this.#throttle.tryPass()) {
      return { kind: "no", reason: "throttled", retryAfterMs: this.#throttleDelayMs };
    }
    const { era } = breaker;
    this.#inFlight++;
    let isIn = true;
    return {
      kind: "yes",
      leave: (outcome, latencyMs) => {
        if (!isIn) return;
        isIn = false;
        this.#inFlight--;
        this.#leave(era, outcome, latencyMs);
      },
    };
  }

  /**
   * Notes what an attempt showed after it had left as `fine`: a stream that broke after its first
   * delta. Then it was no success, for the throttle.
   */
  note(outcome: Outcome): void {
    if (this.#breaker.state !== "closed") return;
    this.#breaker.leave(this.#breaker.era, outcome);
    if (outcome === "failed" || outcome === "silent") this.#throttle.retract();
  }

  /** Whether calls pass freely and the last one that told anything was answered. */
  get isHealthy(): boolean {
    return this.#breaker.state === "closed" && this.#breaker.failures === 0;
  }

  /** Recent time to the head of an answer, ms, with its peaks. Unset: none came yet. */
  get latencyMs(): number | undefined {
    return this.#latency.valueMs;
  }

  /** Median of the recent times to the head of an answer, ms. Unset: none came yet. */
  get usualMs(): number | undefined {
    return this.#usual.value;
  }

  /** Where its breaker stands, for reports. */
  get state(): BreakerState {
    return this.#breaker.state;
  }

  #leave(era: number, outcome: Outcome, latencyMs: number | undefined): void {
    if (latencyMs !== undefined) {
      this.#latency.add(latencyMs);
      this.#usual.add(latencyMs);
    }
    const wasClosed = this.#breaker.state === "closed";
    this.#breaker.leave(era, outcome);
    const isClosed = this.#breaker.state === "closed";
    if (isClosed && !wasClosed) this.#throttle.reset();
    if (isClosed && wasClosed && outcome !== "unknown") this.#throttle.settle(outcome === "fine");
  }
}
