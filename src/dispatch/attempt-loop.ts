import type { Attempt, LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { sleep } from "../resilience/sleep.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import type { AttemptPlace } from "./attempt-place.ts";
import { type CallEnvironment, limitToDeadline } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import type { Candidate } from "./candidates.ts";
import { type Answered, type Ended, hedged, type Running } from "./hedge.ts";
import { NextAttempt } from "./next-attempt.ts";
import { OpenAttempt } from "./open-attempt.ts";
import { PlaceFinder, type Refusal, refusalError } from "./place-finder.ts";

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
  readonly #ended: Attempt[];

  /** `ended` are attempts that were made before; those of the loop join them. */
  constructor(
    question: Question<T>,
    plan: CallPlan,
    context: CallContext,
    environment: CallEnvironment,
    ended: Attempt[] = [],
  ) {
    this.#question = question;
    this.#plan = plan;
    this.#context = context;
    this.#environment = environment;
    this.#ended = ended;
    this.#finder = new PlaceFinder(plan, context, environment);
    this.#next = new NextAttempt(plan, this.#finder, environment);
  }

  /** The first answer. Throws ConnectorError, complete, if there is none. */
  async run(): Promise<Answered<T>> {
    return await this.#answered(() => this.#firstPlace());
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
    const abandon = this.#plan.hedgeDelayMs === undefined ? undefined : new AbortController();
    const { signal } = this.#context;
    const attempt = new OpenAttempt(
      this.#plan,
      place,
      abandon === undefined ? signal : AbortSignal.any([signal, abandon.signal]),
      this.#environment,
      this.#ended,
    );
    this.#next.began(place.candidate);
    return {
      candidate: place.candidate,
      ended: this.#run(attempt),
      abort: (reason) => abandon?.abort(reason),
    };
  }

  /** A place for a hedge beside an attempt. Unset: there is none now. */
  async hedgePlace(beside: Candidate): Promise<AttemptPlace | undefined> {
    const step = this.#next.hedge(beside);
    if (step === undefined) return undefined;
    const found = this.#finder.take(step.candidates, { pays: step.pays, isFirst: false });
    return "place" in found ? found.place : undefined;
  }

  /** Lets go of an answer that came too late. */
  discard({ attempt, answer }: Answered<T>, reason: ConnectorError): void {
    attempt.failure(reason);
    this.#question.discard(answer);
    attempt.close();
  }

  async #answered(firstPlace: () => Promise<AttemptPlace>): Promise<Answered<T>> {
    try {
      let ended = await this.#attempt(await firstPlace());
      while ("failure" in ended) {
        ended = await this.#attempt(await this.#placeAfter(ended.failure, ended.attempt));
      }
      return ended;
    } catch (thrown) {
      throw this.#withAttempts(thrown);
    }
  }

  async #attempt(place: AttemptPlace): Promise<Ended<T>> {
    const { hedgeDelayMs } = this.#plan;
    const running = this.start(place);
    if (hedgeDelayMs === undefined) return await running.ended;
    return await hedged(running, hedgeDelayMs, this, this.#environment.clock);
  }

  async #run(attempt: OpenAttempt): Promise<Ended<T>> {
    try {
      attempt.work.signal.throwIfAborted();
      const answer = await this.#question.run(attempt);
      this.#next.succeeded(attempt);
      return { attempt, answer };
    } catch (thrown) {
      const failure = attempt.failure(thrown);
      this.#next.failed(attempt, failure);
      attempt.close();
      return { attempt, failure };
    }
  }

  /** A place for the first attempt: waits for limits that are reset soon, and for nothing else. */
  async #firstPlace(): Promise<AttemptPlace> {
    const { candidates } = this.#plan;
    const isRetry = this.#countCall(candidates[0]);
    for (;;) {
      const found = await this.#finder.find(candidates, { pays: () => isRetry, isFirst: true });
      if ("place" in found) return found.place;
      const { refusals } = found;
      const soonest = refusals.reduce((a, b) => (b.retryAfterMs < a.retryAfterMs ? b : a));
      const waiting = refusals.filter(({ mayWait }) => mayWait);
      const waitMs = Math.min(...waiting.map(({ retryAfterMs }) => retryAfterMs));
      const { retryWaitMsMax } = this.#environment.states.settings;
      if (waitMs > retryWaitMsMax || !this.#next.hasTimeFor(waitMs, 0)) {
        throw refusalError(refusals[0], soonest.retryAfterMs);
      }
      await this.#sleep(waitMs);
    }
  }

  /** Counts the call in its target's budget. Whether it is a retry of the caller's client. */
  #countCall({ target }: Candidate): boolean {
    const isRetry = this.#plan.previousAttempts > 0;
    if (!isRetry) this.#environment.states.budget(target.name).deposit();
    return isRetry;
  }

  /** A place for the attempt after a failed one. Throws the failure where there is none. */
  async #placeAfter(
    failure: ConnectorError,
    attempt: OpenAttempt,
    isElsewhereFirst = false,
  ): Promise<AttemptPlace> {
    let step = this.#next.after(failure, attempt, isElsewhereFirst);
    let refusal: Refusal | undefined;
    while (typeof step === "object") {
      if (step.delayMs > 0) await this.#sleep(step.delayMs);
      const found = await this.#finder.find(step.candidates, { pays: step.pays, isFirst: false });
      if ("place" in found) return found.place;
      [refusal] = found.refusals;
      step = step.otherwise;
    }
    throw failure.with({ metadata: { not_retried: refusal?.reason ?? step } });
  }

  /** Waits within the caller's deadline. */
  async #sleep(delayMs: number): Promise<void> {
    const { clock } = this.#environment;
    const work = new WorkSignal(clock, this.#context.signal);
    try {
      limitToDeadline(work, this.#plan, clock);
      await sleep(clock, delayMs, work.signal);
    } finally {
      work.dispose();
    }
  }

  /** An error that ended the call between two attempts tells of those that were made. */
  #withAttempts(thrown: unknown): unknown {
    if (!(thrown instanceof ConnectorError) || thrown.fields.attempts !== undefined) return thrown;
    const attempts = [...this.#ended];
    return thrown.with({ attempts, metadata: { attempts: String(attempts.length) } });
  }
}
