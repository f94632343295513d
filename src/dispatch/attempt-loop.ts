import type { Attempt, LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { sleep } from "../resilience/sleep.ts";
import { AttemptPlace } from "./attempt-place.ts";
import { type CallEnvironment, untilDeadline } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import type { Candidate } from "./candidates.ts";
import { type Answered, type Ended, hedged, type Running } from "./hedge.ts";
import { isNotRetried, NextAttempt, type NotRetried, type Step } from "./next-attempt.ts";
import { OpenAttempt } from "./open-attempt.ts";
import { type Found, PlaceFinder, type Refusal, refusalError } from "./place-finder.ts";

/** What one attempt does. */
export interface Question<T> {
  /** Asks the provider, until the answer is there or its first delta is. */
  run(attempt: OpenAttempt): Promise<T>;
  /** Lets go of an answer that nobody wants any more. */
  discard(answer: T): void;
}

/**
 * The attempts of one call, one after another or, hedged, two beside each other: at most the plan's
 * number, never outside its candidates, never after its deadline.
 */
export class AttemptLoop<T> {
  readonly #question: Question<T>;
  #plan: CallPlan;
  readonly #context: CallContext;
  readonly #environment: CallEnvironment;
  readonly #finder: PlaceFinder;
  readonly #next: NextAttempt;
  /** Attempts that have ended without an answer, in order. */
  readonly #ended: Attempt[] = [];

  constructor(
    question: Question<T>,
    plan: CallPlan,
    context: CallContext,
    environment: CallEnvironment,
  ) {
    this.#question = question;
    this.#plan = plan;
    this.#context = context;
    this.#environment = environment;
    this.#finder = new PlaceFinder(plan, context, environment);
    this.#next = new NextAttempt(plan, this.#finder, environment);
  }

  /** The first answer. Throws ConnectorError, complete, if there is none. */
  run(): Promise<Answered<T>> {
    return this.#answered(() => this.#firstPlace());
  }

  /**
   * The first answer to another request, after an answer of this loop that broke off. Other
   * candidates come first, and there is no hedge. Throws the failure, or a later one, if there is
   * no other attempt.
   */
  async goOn(
    failure: ConnectorError,
    attempt: OpenAttempt,
    request: LLMRequest,
  ): Promise<Answered<T>> {
    this.#plan = { ...this.#plan, request, hedgeDelayMs: undefined };
    return await this.#answered(() => this.#placeAfter(failure, attempt, true));
  }

  /** Starts an attempt in a place. */
  start(place: AttemptPlace): Running<T> {
    const { signal } = this.#context;
    const attempt = new OpenAttempt(this.#plan, place, signal, this.#environment, this.#ended);
    this.#next.began(place.candidate);
    return {
      candidate: place.candidate,
      ended: this.#run(attempt),
      abort: (reason) => attempt.work.abort(reason),
    };
  }

  /** A place for a hedge beside an attempt. Unset: there is none now. */
  hedgePlace(beside: Candidate): AttemptPlace | undefined {
    const step = this.#next.hedge(beside);
    if (step === undefined) return undefined;
    const found = this.#finder.take(step.candidates, { pays: step.pays });
    return "place" in found ? found.place : undefined;
  }

  /** Lets go of an answer that came too late. */
  discard({ attempt, answer }: Answered<T>, reason: ConnectorError): void {
    attempt.failure(reason);
    this.#question.discard(answer);
    attempt.close();
  }

  async #answered(firstPlace: () => AttemptPlace | Promise<AttemptPlace>): Promise<Answered<T>> {
    try {
      const first = firstPlace();
      let ended = await this.#attempt(first instanceof AttemptPlace ? first : await first);
      while ("failure" in ended) {
        ended = await this.#attempt(await this.#placeAfter(ended.failure, ended.attempt));
      }
      return ended;
    } catch (thrown) {
      throw this.#withAttempts(thrown);
    }
  }

  #attempt(place: AttemptPlace): Promise<Ended<T>> {
    const { hedgeDelayMs } = this.#plan;
    const running = this.start(place);
    if (hedgeDelayMs === undefined) return running.ended;
    return hedged(running, hedgeDelayMs, this, this.#environment.clock);
  }

  async #run(attempt: OpenAttempt): Promise<Ended<T>> {
    try {
      attempt.work.signal.throwIfAborted();
      const answer = await this.#question.run(attempt);
      this.#next.succeeded(attempt);
      return { attempt, answer };
    } catch (thrown) {
      try {
        const failure = attempt.failure(thrown);
        this.#next.failed(attempt, failure);
        // Whatever it has left open is closed.
        attempt.work.abort(failure);
        return { attempt, failure };
      } finally {
        attempt.close();
      }
    }
  }

  /** A place for the first attempt: waits for limits that are reset soon, and for nothing else. */
  #firstPlace(): AttemptPlace | Promise<AttemptPlace> {
    const found = this.#findFirst();
    const isFound = !(found instanceof Promise) && "place" in found;
    return isFound ? this.#paid(found.place) : this.#waitForPlace(found);
  }

  async #waitForPlace(first: Found | Promise<Found>): Promise<AttemptPlace> {
    let found = await first;
    while (!("place" in found)) {
      const { refusals } = found;
      const waitMs = this.#waitMs(refusals);
      if (waitMs === undefined) throw refusalError(refusals[0], soonestMs(refusals));
      await this.#sleep(waitMs);
      found = await this.#findFirst();
    }
    return this.#paid(found.place);
  }

  #findFirst(): Found | Promise<Found> {
    const { candidates, previousAttempts } = this.#plan;
    const isRetry = previousAttempts > 0;
    return this.#finder.find(candidates, {
      pays: (candidate) => isRetry && !this.#finder.health(candidate).isHealthy,
      isFirst: true,
    });
  }

  /** A place for a call that is no retry itself: it pays into the budget of its target. */
  #paid(place: AttemptPlace): AttemptPlace {
    const { target } = place.candidate;
    const isRetry = this.#plan.previousAttempts > 0;
    if (!isRetry) this.#environment.states.budget(target.name).deposit();
    return place;
  }

  /** A place for the attempt after a failed one. Throws the failure where there is none. */
  async #placeAfter(
    failure: ConnectorError,
    attempt: OpenAttempt,
    isElsewhereFirst = false,
  ): Promise<AttemptPlace> {
    let step = this.#next.after(failure, attempt, isElsewhereFirst);
    let refusals: readonly Refusal[] = [];
    let delayMs: number | undefined;
    while (typeof step === "object") {
      delayMs ??= step.delayMs;
      if (delayMs > 0) await this.#sleep(delayMs);
      const found = await this.#placeOrRefusals(step);
      if ("place" in found) return found.place;
      ({ refusals } = found);
      const isLast: boolean = typeof step.otherwise === "string";
      delayMs = isLast ? this.#waitMs(refusals) : undefined;
      if (delayMs === undefined) step = step.otherwise;
    }
    throw notRetried(failure, refusals, step);
  }

  /** A full target is one more that cannot be asked: the call has an error of its own. */
  async #placeOrRefusals({ candidates, pays, hasWaited }: Step): Promise<Found> {
    try {
      return await this.#finder.find(candidates, { pays, hasWaited });
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError) || thrown.reason !== "SERVER_OVERLOADED")
        throw thrown;
      const { reason, message, fields } = thrown;
      const { retryAfterMs = 0 } = fields;
      return { refusals: [{ candidate: candidates[0], reason, message, retryAfterMs }] };
    }
  }

  /**
   * How long to wait before candidates are worth another look, ms. Unset: none of them is only at a
   * limit that is reset soon enough.
   */
  #waitMs(refusals: readonly Refusal[]): number | undefined {
    const { retryWaitMsMax } = this.#environment.states.settings;
    const isWorthIt = refusals.some(
      ({ mayWait, retryAfterMs, candidate }) =>
        mayWait &&
        retryAfterMs <= retryWaitMsMax &&
        this.#next.hasTimeFor(retryAfterMs, this.#finder.health(candidate).usualMs ?? 0),
    );
    return isWorthIt ? soonestMs(refusals) : undefined;
  }

  async #sleep(delayMs: number): Promise<void> {
    const { clock } = this.#environment;
    const { signal } = this.#context;
    await untilDeadline(this.#plan, signal, clock, (ending) => sleep(clock, delayMs, ending));
  }

  /** An error that ended the call between two attempts tells of those that were made. */
  #withAttempts(thrown: unknown): unknown {
    if (!(thrown instanceof ConnectorError) || thrown.fields.attempts !== undefined) return thrown;
    const attempts = [...this.#ended];
    return thrown.with({ attempts, metadata: { attempts: String(attempts.length) } });
  }
}

/** Time after which the first of them may be asked, ms. */
function soonestMs(refusals: readonly Refusal[]): number {
  return Math.max(1, Math.min(...refusals.map(({ retryAfterMs }) => retryAfterMs)));
}

/** The failure of an attempt that no other follows, and why. */
function notRetried(
  failure: ConnectorError,
  refusals: readonly Refusal[],
  otherwise: NotRetried,
): ConnectorError {
  const [refusal] = refusals;
  const metadata = { not_retried: refusal === undefined ? otherwise : whyRefused(refusal) };
  const isWaitKnown = failure.fields.retryAfterMs !== undefined || refusal === undefined;
  if (isWaitKnown || failure.fields.metadata?.retryable !== "true")
    return failure.with({ metadata });
  return failure.with({ metadata, retryAfterMs: soonestMs(refusals) });
}

function whyRefused({ reason, mayWait = false }: Refusal): NotRetried {
  if (mayWait) return "WAIT_TOO_LONG";
  return isNotRetried(reason) ? reason : "TARGET_SET_ASIDE";
}
