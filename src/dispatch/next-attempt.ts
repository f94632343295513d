import type { ConnectorError } from "../contract/connector-error.ts";
import { backoffMs } from "../resilience/backoff.ts";
import { retryHint } from "../resilience/retry-hint.ts";
import { type RetryRule, retryRule } from "../resilience/retry-rules.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import type { Candidate } from "./candidates.ts";
import type { OpenAttempt } from "./open-attempt.ts";
import type { PlaceFinder } from "./place-finder.ts";

/** Why no other attempt follows; told in the error's metadata as `not_retried`. */
export type NotRetried =
  | "ATTEMPTS"
  | "DEADLINE"
  | "NOT_RETRYABLE"
  | "WAIT_TOO_LONG"
  | "RETRY_BUDGET_EXHAUSTED"
  | "TARGET_CIRCUIT_OPEN"
  | "TARGET_SET_ASIDE";

/** What follows a failed attempt. */
export interface Step {
  /** Where to go, in order. */
  readonly candidates: readonly Candidate[];
  /** How long to wait before, ms. */
  readonly delayMs: number;
  /** Whether a candidate draws on its target's budget of retries. */
  readonly pays: (candidate: Candidate) => boolean;
  /** What to do if none of them can be asked. */
  readonly otherwise: Step | NotRetried;
}

/** A provider's wait is obeyed with up to this part of it more, so that callers do not come at once. */
const hintJitter = 0.1;

/** Decides what follows an attempt: the rules of retries for one call. */
export class NextAttempt {
  readonly #plan: CallPlan;
  readonly #finder: PlaceFinder;
  readonly #environment: CallEnvironment;
  readonly #tried = new Set<Candidate>();
  readonly #retried = new Set<Candidate>();
  #begun = 0;

  constructor(plan: CallPlan, finder: PlaceFinder, environment: CallEnvironment) {
    this.#plan = plan;
    this.#finder = finder;
    this.#environment = environment;
  }

  /** Notes that an attempt begins. */
  began(candidate: Candidate): void {
    this.#begun += 1;
    if (this.#tried.has(candidate)) this.#retried.add(candidate);
    this.#tried.add(candidate);
  }

  /** Notes an answer, for the calls to come. */
  succeeded({ place, record }: OpenAttempt): void {
    const { candidate } = place;
    place.settle("fine", record.latencyMs);
    this.#finder.standing(candidate)?.clear();
    this.#observe(candidate, record.headers);
  }

  /** Notes a failure, for the calls to come. */
  failed({ place, record }: OpenAttempt, failure: ConnectorError): void {
    const { candidate } = place;
    const { outcome, parks } = retryRule(failure);
    place.settle(outcome);
    this.#observe(candidate, record.headers);
    if (parks === "key") this.#finder.standing(candidate)?.refuse(failure.reason);
    if (failure.reason === "PROVIDER_RAMP_LIMITED") {
      this.#environment.states.limiter(candidate.target.name).halve();
    }
    const waitMs = failure.fields.retryAfterMs;
    const { retryWaitMsMax } = this.#environment.states.settings;
    if (waitMs === undefined) return;
    if (parks === "model" || outcome === "refused" || waitMs > retryWaitMsMax) {
      const untilMs = this.#environment.clock.now() + waitMs;
      this.#finder.window(candidate).park(untilMs, failure.reason);
    }
  }

  /** What follows a failed attempt. `isElsewhereFirst`: others are better, whatever the rule. */
  after(
    failure: ConnectorError,
    attempt: OpenAttempt,
    isElsewhereFirst = false,
  ): Step | NotRetried {
    const failed = attempt.place.candidate;
    const rule = retryRule(failure);
    if (this.#begun >= this.#plan.maxAttempts) return "ATTEMPTS";
    const fresh = rule.elsewhere ? this.#untried(failed, rule, attempt) : [];
    const siblings = fresh.filter(({ fallback }) => fallback === failed.fallback);
    const again = this.#again(failure, rule, attempt);
    const isLast = this.#begun === this.#plan.maxAttempts - 1;
    // A sibling answers with the same model; another model is wanted only if nothing else is left.
    const goesOn =
      siblings.length > 0 ||
      rule.elsewhereFirst ||
      isElsewhereFirst ||
      isLast ||
      typeof again === "string";
    if (fresh.length === 0 || !goesOn) return again;
    const isUnsent = failure.fields.metadata?.phase === "connect" && this.#begun === 1;
    const pays = (candidate: Candidate): boolean =>
      candidate.target.name === failed.target.name
        ? rule.parks === "no" && rule.outcome !== "refused" && candidate.model === failed.model
        : !isUnsent && !this.#finder.health(candidate).isHealthy;
    return { candidates: fresh, delayMs: 0, pays, otherwise: again };
  }

  /** Where a hedge may go beside an attempt. Unset: nowhere. */
  hedge(beside: Candidate): Step | undefined {
    if (this.#begun >= this.#plan.maxAttempts) return undefined;
    const others = this.#plan.candidates.filter(
      (candidate) => candidate.target.name !== beside.target.name && !this.#tried.has(candidate),
    );
    const pays = (): boolean => true;
    return { candidates: [...others, beside], delayMs: 0, pays, otherwise: "ATTEMPTS" };
  }

  /** Whether there is time for a wait and an attempt of so long after it. */
  hasTimeFor(waitMs: number, attemptMs: number): boolean {
    return this.#plan.deadlineMs - this.#environment.clock.now() - waitMs > attemptMs;
  }

  #untried(failed: Candidate, rule: RetryRule, attempt: OpenAttempt): readonly Candidate[] {
    // Another key of the same target helps only where the key was what failed.
    const isKeyBound = rule.parks === "key" || rule.outcome === "refused";
    return this.#plan.candidates.filter(
      (candidate) =>
        !this.#tried.has(candidate) &&
        (isKeyBound ||
          candidate.target.name !== failed.target.name ||
          candidate.model !== failed.model) &&
        this.hasTimeFor(0, this.#expectedMs(candidate) ?? Math.min(attempt.record.elapsedMs, 50)),
    );
  }

  #again(failure: ConnectorError, rule: RetryRule, attempt: OpenAttempt): Step | NotRetried {
    const candidate = attempt.place.candidate;
    const told = retryHint(
      attempt.record.headers,
      this.#environment.clock.wallTimeMs(),
    ).shouldRetry;
    const allowed = told === true && rule.parks !== "key" ? "always" : rule.sameTarget;
    if (told === false || allowed === "never") return "NOT_RETRYABLE";
    if (allowed === "once" && this.#retried.has(candidate)) return "NOT_RETRYABLE";
    const { random, states } = this.#environment;
    const hintMs = failure.fields.retryAfterMs;
    const delayMs =
      hintMs === undefined
        ? backoffMs(rule.delay, this.#begun, random)
        : hintMs * (1 + hintJitter * random());
    if (hintMs !== undefined && hintMs > states.settings.retryWaitMsMax) return "WAIT_TOO_LONG";
    const expectedMs = this.#expectedMs(candidate) ?? attempt.record.elapsedMs;
    if (!this.hasTimeFor(delayMs, expectedMs)) {
      return hintMs === undefined ? "DEADLINE" : "WAIT_TOO_LONG";
    }
    return {
      candidates: [candidate],
      delayMs,
      pays: () => true,
      otherwise: "RETRY_BUDGET_EXHAUSTED",
    };
  }

  /** Twice the usual time of an answer: less than that is too little to begin. Unset: not known. */
  #expectedMs(candidate: Candidate): number | undefined {
    const { latencyMs } = this.#finder.health(candidate);
    return latencyMs === undefined ? undefined : 2 * latencyMs;
  }

  #observe(candidate: Candidate, headers: Readonly<Record<string, string>>): void {
    this.#finder.window(candidate).observe(headers, this.#environment.clock.wallTimeMs());
  }
}
