import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import { AttemptRecord } from "./attempt-record.ts";
import { attemptTimeout, type CallEnvironment, limitToDeadline } from "./call-environment.ts";
import { completeFailure } from "./call-failure.ts";
import type { CallPlan } from "./call-plan.ts";
import { finishResponse } from "./finish-response.ts";
import { openAnswer, readAnswer } from "./provider-answer.ts";
import { providerRequest } from "./provider-request.ts";

/** Carries out a planned call and returns the whole answer. Throws ConnectorError. */
export async function unaryCall(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<LLMResponse> {
  const { clock, limits, redact } = environment;
  const record = new AttemptRecord(plan, clock, redact);
  const work = new WorkSignal(clock, context.signal);
  try {
    limitToDeadline(work, plan, clock);
    work.limit(plan.attemptTimeoutMs, attemptTimeout("answer", plan.attemptTimeoutMs));
    work.signal.throwIfAborted();
    const request = providerRequest(plan, plan.target.dialect.encode, false, work.signal);
    const response = await openAnswer(request, plan, record, environment);
    const answer = await readAnswer(response, plan, limits);
    return finishResponse(answer, plan, record, request.warnings, environment);
  } catch (thrown) {
    const cause = work.signal.aborted ? work.signal.reason : thrown;
    throw completeFailure(cause, plan, record, clock, redact);
  } finally {
    work.dispose();
  }
}
