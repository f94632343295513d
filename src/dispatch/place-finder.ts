import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { type Reason, reasons } from "../contract/reasons.ts";
import type { Permit } from "../resilience/concurrency-limiter.ts";
import type { KeyQuarantine } from "../resilience/key-quarantine.ts";
import type { KeyWindow } from "../resilience/key-window.ts";
import type { TargetHealth } from "../resilience/target-health.ts";
import { AttemptPlace } from "./attempt-place.ts";
import { type CallEnvironment, untilDeadline } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import type { Candidate } from "./candidates.ts";
import { secretFingerprint } from "./request-fingerprint.ts";

/** Why a candidate cannot be asked now. */
export interface Refusal {
  readonly candidate: Candidate;
  readonly reason: Reason;
  readonly message: string;
  /** Time after which it may be asked, ms. */
  readonly retryAfterMs: number;
  /** Whether a call may wait for that: a limit that is reset, not a fault that may stay. */
  readonly mayWait?: boolean;
  /** Whether all its places are taken, and there is a queue for them. */
  readonly isFull?: boolean;
}

/** On which terms a place is taken. */
export interface Terms {
  /** Whether a candidate draws on the retry budget of its target. */
  pays(candidate: Candidate): boolean;
  /**
   * Whether nothing was sent for the call yet: then, if nothing else is left, a target that is left
   * alone is asked after all, one call at a time, and so is one whose key is set aside. It may be
   * well again. Default: no.
   */
  readonly isFirst?: boolean;
  /**
   * Whether the call has waited as long as the provider asked it to: its word counts for more than
   * what its other headers let one reckon. Default: no.
   */
  readonly hasWaited?: boolean;
}

/** A place at one of the candidates, or why there is none. */
export type Found = { readonly place: AttemptPlace } | { readonly refusals: Refusals };

type Refusals = readonly [Refusal, ...Refusal[]];

/** Finds candidates of one call that may be asked now, by what is known of their targets. */
export class PlaceFinder {
  readonly #plan: CallPlan;
  readonly #context: CallContext;
  readonly #environment: CallEnvironment;
  readonly #callersKeyId: string | undefined;

  constructor(plan: CallPlan, context: CallContext, environment: CallEnvironment) {
    this.#plan = plan;
    this.#context = context;
    this.#environment = environment;
    this.#callersKeyId = plan.callerKey && secretFingerprint(plan.callerKey.reveal());
  }

  /** What is known of the health of a candidate's model at its target. */
  health({ target, model }: Candidate): TargetHealth {
    return this.#environment.states.health(target.name, model);
  }

  /** What is known of the limits of a candidate's key. */
  window(candidate: Candidate): KeyWindow {
    const { target, model } = candidate;
    return this.#environment.states.key(target.name, this.#keyId(candidate), model);
  }

  /** The standing of a candidate's key. Unset: it is the caller's own, which nobody sets aside. */
  standing(candidate: Candidate): KeyQuarantine | undefined {
    if (this.#callersKeyId !== undefined) return undefined;
    const { target } = candidate;
    return this.#environment.states.keyStanding(target.name, this.#keyId(candidate));
  }

  /**
   * Takes a place at the first candidate that may be asked now. Where the only thing in the way is
   * that a target is full, waits in its queue; throws SERVER_OVERLOADED where that is full too, or
   * why the call ended.
   */
  find(candidates: readonly Candidate[], terms: Terms): Found | Promise<Found> {
    const found = this.take(candidates, terms);
    if ("place" in found || !found.refusals.some(isFull)) return found;
    return this.#findInQueue(found.refusals, terms);
  }

  async #findInQueue(refusals: Refusals, terms: Terms): Promise<Found> {
    const index = refusals.findIndex(isFull);
    const { candidate } = refusals[index] ?? refusals[0];
    const pays = terms.pays(candidate);
    const taken = this.#take(candidate, await this.#queue(candidate), pays);
    if (taken instanceof AttemptPlace) return { place: taken };
    const [first, ...others] = refusals.with(index, taken);
    return { refusals: [first ?? taken, ...others] };
  }

  /** The same without waiting in a queue. */
  take(candidates: readonly Candidate[], terms: Terms): Found {
    const refusals: Refusal[] = [];
    for (const candidate of candidates) {
      const taken = this.#keyRefusal(candidate, terms) ?? this.#tryTake(candidate, terms);
      if (taken instanceof AttemptPlace) return { place: taken };
      refusals.push(taken);
    }
    const [first, ...others] = refusals;
    if (first === undefined) throw new Error("a place was sought among no candidates");
    if (terms.isFirst && refusals.every(({ mayWait, isFull }) => !(mayWait || isFull))) {
      const taken = this.#tryTake(first.candidate, terms, true);
      if (taken instanceof AttemptPlace) return { place: taken };
    }
    return { refusals: [first, ...others] };
  }

  #tryTake(candidate: Candidate, terms: Terms, isLastResort = false): AttemptPlace | Refusal {
    const pays = terms.pays(candidate);
    const permit = this.#environment.admission.tryEnter(candidate.target);
    if (permit !== undefined) return this.#take(candidate, permit, pays, isLastResort);
    return {
      candidate,
      reason: "SERVER_OVERLOADED",
      message: "as many calls as it may have are open",
      retryAfterMs: fullWaitMs,
      isFull: true,
    };
  }

  #queue({ target }: Candidate): Promise<Permit> {
    const { clock, admission } = this.#environment;
    const { signal, caller } = this.#context;
    return untilDeadline(this.#plan, signal, clock, (ending) =>
      admission.enter(target, caller, ending),
    );
  }

  #take(
    candidate: Candidate,
    permit: Permit,
    pays: boolean,
    isLastResort = false,
  ): AttemptPlace | Refusal {
    const admittance = this.health(candidate).admit(isLastResort);
    if (admittance.kind === "no") {
      permit.release();
      return {
        candidate,
        reason: "TARGET_CIRCUIT_OPEN",
        message: circuitMessages[admittance.reason],
        retryAfterMs: admittance.retryAfterMs,
        // One that has just come back has room for all within a few rounds.
        mayWait: admittance.reason === "starting",
      };
    }
    const place = new AttemptPlace(candidate, admittance, permit);
    if (pays && !this.#environment.states.budget(candidate.target.name).tryWithdraw()) {
      place.release();
      return {
        candidate,
        reason: "RETRY_BUDGET_EXHAUSTED",
        message: "too many calls are retries already",
        retryAfterMs: budgetWaitMs,
      };
    }
    this.window(candidate).take();
    return place;
  }

  #keyRefusal(candidate: Candidate, { hasWaited }: Terms): Refusal | undefined {
    const standing = this.standing(candidate);
    const refusedFor = standing?.reason;
    if (refusedFor !== undefined) {
      const message = "its key was refused a moment ago and is set aside";
      const retryAfterMs = standing?.waitMs() ?? 0;
      return { candidate, reason: refusedFor, message, retryAfterMs };
    }
    const window = this.window(candidate);
    const { parked } = window;
    const parkedMs = parked === undefined ? 0 : parked.untilMs - this.#environment.clock.now();
    const waitMs = hasWaited ? Math.ceil(parkedMs) : window.waitMs();
    if (waitMs <= 0) return undefined;
    const reason = parked?.reason ?? "PROVIDER_RATE_LIMITED";
    const message = "the provider's limit is used up until it is reset";
    return { candidate, reason, message, retryAfterMs: waitMs, mayWait: true };
  }

  #keyId({ keyIndex }: Candidate): string {
    return this.#callersKeyId ?? String(keyIndex);
  }
}

function isFull(refusal: Refusal): boolean {
  return refusal.isFull ?? false;
}

/** The error of a call that cannot be sent anywhere now, and when it may be. */
export function refusalError(
  { candidate, reason, message }: Refusal,
  retryAfterMs: number,
): ConnectorError {
  const { target, model, match } = candidate;
  const { retryable } = reasons[reason];
  return new ConnectorError(reason, `target "${target.name}": ${message}`, {
    ...(retryable && { retryAfterMs: Math.ceil(retryAfterMs) }),
    metadata: {
      provider: target.adapter.name,
      model,
      target: target.name,
      ...(target.region && { region: target.region }),
      rule: match.rule,
      phase: "connect",
      retryable: String(retryable),
    },
  });
}

/** Time after which a full target is likely to have a place, ms. */
const fullWaitMs = 1_000;

/** Time after which a spent budget has a token again, ms: its floor is one a second. */
const budgetWaitMs = 1_000;

const circuitMessages = {
  open: "it failed too often and is left alone for a moment",
  starting: "it has just come back and takes few calls at first",
  throttled: "most of its calls fail, so that only some are sent",
} as const;
