import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { retryRule } from "../resilience/retry-rules.ts";
import type { AttemptLoop } from "./attempt-loop.ts";
import type { CallPlan } from "./call-plan.ts";
import { canContinue, continuationRequest, continuationWarning } from "./continuation-request.ts";
import type { Answered } from "./hedge.ts";
import { JoinedAnswer } from "./joined-answer.ts";
import type { OpenedStream } from "./stream-opening.ts";
import { progressSum } from "./usage-sum.ts";

/**
 * A stream whose caller wants it to go on where a provider breaks off: each time another attempt of
 * the loop is asked for the rest, as long as one is left. Nothing that was delivered is delivered
 * again.
 */
export class Resumption {
  readonly #loop: AttemptLoop<OpenedStream>;
  readonly #plan: CallPlan;
  readonly #joined = new JoinedAnswer();
  /** What is told before the segment that has begun. */
  #opening: readonly StreamCallResponse[] = [];

  constructor(loop: AttemptLoop<OpenedStream>, plan: CallPlan) {
    this.#loop = loop;
    this.#plan = plan;
  }

  /** The next message between two segments. Undefined: there is none. */
  takeOpening(): StreamCallResponse | undefined {
    if (this.#opening.length === 0) return undefined;
    const [message, ...others] = this.#opening;
    this.#opening = others;
    return message;
  }

  /**
   * A message of the present segment as one of the whole answer. Undefined: it is not delivered
   * again.
   */
  next(message: StreamCallResponse): StreamCallResponse | undefined {
    return this.#joined.next(message);
  }

  /**
   * The answer that goes on where one broke off; it rejects with the error of the call if none
   * does.
   */
  async goOn(
    failure: ConnectorError,
    answered: Answered<OpenedStream>,
  ): Promise<Answered<OpenedStream>> {
    this.#joined.brokeOff(failure, answered.answer.warnings);
    const rest = await this.#restOf(failure, answered);
    const { plan } = rest.attempt;
    this.#opening = this.#joined.restart(answered.attempt.plan, failure.reason, plan);
    return rest;
  }

  async #restOf(
    failure: ConnectorError,
    { attempt }: Answered<OpenedStream>,
  ): Promise<Answered<OpenedStream>> {
    const { progress, parts } = this.#joined;
    const { request } = this.#plan;
    const { text } = parts;
    const whole = failure.with({ progress });
    const { sameTarget, elsewhere } = retryRule(failure);
    const isContinued =
      (sameTarget !== "never" || elsewhere) &&
      !parts.hasToolCall &&
      !parts.hasMedia &&
      canContinue(request, text);
    if (!isContinued) throw whole.with({ metadata: { not_retried: "NOT_RETRYABLE" } });
    const warning = continuationWarning(text);
    if (warning !== undefined) this.#joined.warn([warning]);
    try {
      return await this.#loop.goOn(whole, attempt, continuationRequest(request, text));
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError) || thrown.fields.progress === progress) throw thrown;
      throw thrown.with({ progress: progressSum(progress, thrown.fields.progress) });
    }
  }
}
