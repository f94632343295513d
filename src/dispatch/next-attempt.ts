import type { ConnectorError } from "../contract/connector-error.ts";
import { backoffMs } from "../resilience/backoff.ts";
import { retryHint } from "../resilience/retry-hint.ts";
import { type RetryRule, retryRule } from "../resilience/retry-rules.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import type { Candidate } from "./candidates.ts";
import type { OpenAttempt } from "./open-attempt.ts";
import type { PlaceFinder } from "./place-finder.ts";

const notRetried = [
  "ATTEMPTS",
  "DEADLINE",
  "NOT_RETRYABLE",
  "WAIT_TOO_LONG",
  "RETRY_BUDGET_EXHAUSTED",
  "TARGET_CIRCUIT_OPEN",
  "TARGET_SET_ASIDE",
  "SERVER_OVERLOADED",
] as const;

/** Why no other attempt follows; told in the error's metadata as `not_retried`. */
export type NotRetried = (typeof notRetried)[number];

/** Whether a text is one of them. */
export function isNotRetried(text: string): text is NotRetried {
  return notRetried.some((each) => each === text);
}

/** What follows a failed attempt. */
export interface Step {
  /** Where to go, in order. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** How long to wait before, ms. */
  readonly delayMs: number;
  /** Whether a candidate draws on its target's budget of retries. */
  readonly pays: (candidate: Candidate) => boolean;
  /** Whether the delay is the one that the provider asked for. */
  readonly hasWaited: boolean;
  /** What to do if none of them can be asked. */
  readonly otherwise: Step | NotRetried;
}

/** The step back to a candidate that has failed. */
type AgainStep = Step & { readonly otherwise: NotRetried };

/** A failed attempt, and when it failed. */
interface Failed {
  readonly failure: ConnectorError;
  readonly atMs: number;
}

/** A provider's wait is obeyed with up to this part of it more, so that callers do not come at once. */
const hintJitter = 0.1;

/** Decides what follows an attempt: the rules of retries for one call. */
export class NextAttempt {
  readonly #plan: CallPlan;
  readonly #finder: PlaceFinder;
  readonly #environment: CallEnvironment;
  readonly #tried: Candidate[] = [];
  readonly #retried: Candidate[] = [];
  readonly #failures = new Map<OpenAttempt, Failed>();
  #begun = 0;

  constructor(plan: CallPlan, finder: PlaceFinder, environment: CallEnvironment) {
    this.#plan = plan;
    this.#finder = finder;
    this.#environment = environment;
  }

  /** Notes that an attempt begins. */
  began(candidate: Candidate): void {
    this.#begun += 1;
    if (this.#tried.includes(candidate)) this.#retried.push(candidate);
    this.#tried.push(candidate);
  }

  /** Notes an answer, for the calls to come. */
  succeeded({ place, record }: OpenAttempt): void {
    const { candidate } = place;
    place.settle("fine", record.latencyMs);
    this.#finder.standing(candidate)?.clear();
    this.#observe(candidate, record.headers);
  }

  /** Notes a failure, for the calls to come. */
  failed(attempt: OpenAttempt, failure: ConnectorError): void {
    const { place, record } = attempt;
    const { candidate } = place;
    const { outcome, parks } = retryRule(failure);
    this.#note(attempt, failure);
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
    this.#note(attempt, failure);
    const failed = attempt.place.candidate;
    const rule = retryRule(failure);
    const fresh = this.#untried(failure, rule, attempt);
    const again = this.#againAnywhere(failure, rule, attempt);
    if (this.#begun >= this.#plan.maxAttempts) {
      return fresh.length === 0 && again === "NOT_RETRYABLE" ? again : "ATTEMPTS";
    }
    const [first, ...others] = fresh;
    const elsewhere = (otherwise: Step | NotRetried): Step | NotRetried =>
      first === undefined
        ? otherwise
        : {
            candidates: [first, ...others],
            delayMs: 0,
            pays: (candidate) => this.#paysElsewhere(candidate, failed, failure),
            hasWaited: false,
            otherwise,
          };
    const isLast = this.#begun === this.#plan.maxAttempts - 1;
    // A sibling answers with the same model; another model is wanted only if nothing else is left.
    const hasSibling = fresh.some(({ fallback }) => fallback === failed.fallback);
    const isMoving = hasSibling || rule.elsewhereFirst || isElsewhereFirst || isLast;
    if (isMoving || typeof again === "string") return elsewhere(again);
    return { ...again, otherwise: elsewhere(again.otherwise) };
  }

  /** Where a hedge may go beside an attempt: to the same model. Unset: nowhere. */
  hedge(beside: Candidate): Step | undefined {
    if (this.#begun >= this.#plan.maxAttempts) return undefined;
    const others = this.#plan.candidates.filter(
      (candidate) =>
        candidate.target.name !== beside.target.name &&
        candidate.fallback === beside.fallback &&
        !this.#tried.includes(candidate),
    );
    const [first = beside, ...rest] = [...others, beside];
    return {
      candidates: [first, ...rest],
      delayMs: 0,
      pays: () => true,
      hasWaited: false,
      otherwise: "ATTEMPTS",
    };
  }

  /** Whether there is time for a wait and an attempt of so long after it. */
  hasTimeFor(waitMs: number, attemptMs: number): boolean {
    return this.#plan.deadlineMs - this.#environment.clock.now() - waitMs > attemptMs;
  }

  /** Candidates that were not asked yet, and to which a failure may lead. */
  #untried(
    failure: ConnectorError,
    rule: RetryRule,
    { place, record }: OpenAttempt,
  ): readonly Candidate[] {
    const failed = place.candidate;
    return this.#plan.candidates.filter(
      (candidate) =>
        !this.#tried.includes(candidate) &&
        this.#leadsTo(failure, rule, failed, candidate) &&
        !this.#isSpoiled(candidate) &&
        this.hasTimeFor(0, this.#expectedMs(candidate) ?? Math.min(record.elapsedMs, 50)),
    );
  }

  #note(attempt: OpenAttempt, failure: ConnectorError): void {
    const atMs = this.#environment.clock.now();
    if (!this.#failures.has(attempt)) this.#failures.set(attempt, { failure, atMs });
  }

  /** Whether its model failed at its target with another key, and not because of that key. */
  #isSpoiled({ target, model }: Candidate): boolean {
    return [...this.#failures].some(([{ place }, { failure }]) => {
      const { parks, outcome } = retryRule(failure);
      const isKeyBound = parks === "key" || outcome === "refused";
      const { candidate } = place;
      return candidate.target.name === target.name && candidate.model === model && !isKeyBound;
    });
  }

  #leadsTo(
    { reason }: ConnectorError,
    rule: RetryRule,
    failed: Candidate,
    candidate: Candidate,
  ): boolean {
    const isFallback = candidate.fallback !== failed.fallback;
    if (reason === "CONTEXT_LENGTH_EXCEEDED") {
      return isFallback && this.#contextTokens(candidate) > this.#contextTokens(failed);
    }
    // What a caller's own key may not use here, it may not use elsewhere.
    if (reason === "PROVIDER_PERMISSION_DENIED" && this.#plan.callerKey) return isFallback;
    return rule.elsewhere;
  }

  /** Size of a model's context, tokens. NaN, which is larger than nothing: not known. */
  #contextTokens({ target, model, match }: Candidate): number {
    const { catalogue } = this.#environment;
    const known = catalogue.find(target.adapter.name, model);
    const asked = known ?? catalogue.find(target.adapter.name, match.model);
    return asked?.contextTokens ?? Number.NaN;
  }

  /**
   * Whether a candidate that was not asked yet draws on its target's budget: not where that is well,
   * nor for another key of a target that takes calls, nor once for a call that never left.
   */
  #paysElsewhere(candidate: Candidate, failed: Candidate, { fields }: ConnectorError): boolean {
    const isHere = candidate.target.name === failed.target.name;
    if (isHere && candidate.model === failed.model) return false;
    const isUnsent = fields.metadata?.phase === "connect" && this.#begun === 1;
    return !(isUnsent && !isHere) && !this.#finder.health(candidate).isHealthy;
  }

  /**
   * The same again; where that is of no use, one that had failed before and may be well by now.
   */
  #againAnywhere(
    failure: ConnectorError,
    rule: RetryRule,
    attempt: OpenAttempt,
  ): AgainStep | NotRetried {
    const again = this.#again(failure, rule, attempt);
    if (typeof again === "object" || !rule.elsewhere) return again;
    for (const [earlier, known] of this.#failures) {
      // Of a candidate that has failed again, only its last word counts.
      if (earlier.place.candidate === attempt.place.candidate) continue;
      const step = this.#again(known.failure, retryRule(known.failure), earlier, known.atMs);
      if (typeof step === "object") return step;
    }
    return again;
  }

  #again(
    failure: ConnectorError,
    rule: RetryRule,
    attempt: OpenAttempt,
    failedMs: number = this.#environment.clock.now(),
  ): AgainStep | NotRetried {
    const candidate = attempt.place.candidate;
    const told = retryHint(
      attempt.record.headers,
      this.#environment.clock.wallTimeMs(),
    ).shouldRetry;
    // Nothing can tell that what ended on our side is worth another try.
    const isTheirs = rule.outcome !== "unknown" && rule.parks !== "key";
    const allowed = told === true && isTheirs ? "always" : rule.sameTarget;
    if (told === false || allowed === "never") return "NOT_RETRYABLE";
    if (allowed === "once" && this.#retried.includes(candidate)) return "NOT_RETRYABLE";
    const { random, states, clock } = this.#environment;
    const hintMs = failure.fields.retryAfterMs;
    if (hintMs !== undefined && hintMs > states.settings.retryWaitMsMax) return "WAIT_TOO_LONG";
    const pauseMs = hintMs ?? backoffMs(rule.delay, this.#begun, random, states.settings);
    const waitMs = Math.max(0, pauseMs - (clock.now() - failedMs));
    const expectedMs = this.#expectedMs(candidate) ?? attempt.record.elapsedMs;
    const spareMs = this.#plan.deadlineMs - clock.now() - waitMs - expectedMs;
    if (spareMs <= 0) return hintMs === undefined ? "DEADLINE" : "WAIT_TOO_LONG";
    const jitterMs = hintMs === undefined ? 0 : hintMs * hintJitter * random();
    return {
      candidates: [candidate],
      delayMs: waitMs + Math.min(jitterMs, spareMs / 2),
      pays: () => true,
      hasWaited: hintMs !== undefined,
      otherwise: "RETRY_BUDGET_EXHAUSTED",
    };
  }

  /** Twice the usual time of an answer: less than that is too little to begin. Unset: not known. */
  #expectedMs(candidate: Candidate): number | undefined {
    const { usualMs } = this.#finder.health(candidate);
    return usualMs === undefined ? undefined : 2 * usualMs;
  }

  #observe(candidate: Candidate, headers: Readonly<Record<string, string>>): void {
    this.#finder.window(candidate).observe(headers, this.#environment.clock.wallTimeMs());
  }
}
