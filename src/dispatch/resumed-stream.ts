import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { retryRule } from "../resilience/retry-rules.ts";
import type { AttemptLoop } from "./attempt-loop.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import { CommittedStream } from "./committed-stream.ts";
import { canContinue, continuationRequest, continuationWarning } from "./continuation-request.ts";
import type { Answered } from "./hedge.ts";
import { JoinedAnswer } from "./joined-answer.ts";
import type { OpenedStream } from "./stream-opening.ts";
import { progressSum } from "./usage-sum.ts";

/**
 * The events of a stream whose caller wants it to go on where a provider breaks off: each time
 * another attempt of the loop is asked for the rest, as long as one is left. Nothing that was
 * delivered is delivered again. `first` is the answer so far.
 */
export async function* resumedStream(
  loop: AttemptLoop<OpenedStream>,
  first: Answered<OpenedStream>,
  plan: CallPlan,
  environment: CallEnvironment,
): AsyncGenerator<StreamCallResponse> {
  const joined = new JoinedAnswer();
  let answered = first;
  let opening: readonly StreamCallResponse[] = [];
  for (;;) {
    const segment = new CommittedStream(answered, environment);
    let failure: ConnectorError;
    try {
      yield* opening;
      for await (const message of segment.events()) {
        const next = joined.next(message);
        if (next !== undefined) yield next;
      }
      return;
    } catch (thrown) {
      failure = segment.failure(thrown);
    } finally {
      await segment.dispose();
    }
    joined.brokeOff(failure, answered.answer.warnings);
    const rest = await restOf(failure, answered, { loop, joined, plan });
    opening = joined.restart(answered.attempt.plan, failure.reason, rest.attempt.plan);
    answered = rest;
  }
}

interface Resumption {
  readonly loop: AttemptLoop<OpenedStream>;
  readonly joined: JoinedAnswer;
  readonly plan: CallPlan;
}

/** The answer that goes on where another broke off. Throws the error of the call if none does. */
async function restOf(
  failure: ConnectorError,
  { attempt }: Answered<OpenedStream>,
  { loop, joined, plan }: Resumption,
): Promise<Answered<OpenedStream>> {
  const { progress, parts } = joined;
  const { text } = parts;
  const whole = failure.with({ progress });
  const { sameTarget, elsewhere } = retryRule(failure);
  const isContinued =
    (sameTarget !== "never" || elsewhere) &&
    !parts.hasToolCall &&
    !parts.hasMedia &&
    canContinue(plan.request, text);
  if (!isContinued) throw whole.with({ metadata: { not_retried: "NOT_RETRYABLE" } });
  const warning = continuationWarning(text);
  if (warning !== undefined) joined.warn([warning]);
  try {
    return await loop.goOn(whole, attempt, continuationRequest(plan.request, text));
  } catch (thrown) {
    if (!(thrown instanceof ConnectorError) || thrown.fields.progress === progress) throw thrown;
    throw thrown.with({ progress: progressSum(progress, thrown.fields.progress) });
  }
}
