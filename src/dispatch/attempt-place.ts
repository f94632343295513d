import type { Permit } from "../resilience/concurrency-limiter.ts";
import type { Outcome } from "../resilience/outcome.ts";
import type { Admitted } from "../resilience/target-health.ts";
import type { Candidate } from "./candidates.ts";

/** A place that an attempt has taken at a candidate. */
export class AttemptPlace {
  readonly candidate: Candidate;
  readonly #admittance: Admitted;
  readonly #permit: Permit;
  #isSettled = false;

  constructor(candidate: Candidate, admittance: Admitted, permit: Permit) {
    this.candidate = candidate;
    this.#admittance = admittance;
    this.#permit = permit;
  }

  /** Says what the attempt tells of the target's health. Later words are ignored. */
  settle(outcome: Outcome, latencyMs?: number): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#admittance.leave(outcome, latencyMs);
  }

  /** Gives the place back. Twice does nothing more. */
  release(): void {
    this.settle("unknown");
    this.#permit.release();
  }
}
