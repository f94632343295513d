import type { Warning } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../contract/adapter.ts";
import type { CallContext } from "../contract/connector-api.ts";
import type { HttpResponse } from "../http/http-client.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import { attemptTimeout, type CallEnvironment, limitToDeadline } from "./call-environment.ts";
import { completeFailure } from "./call-failure.ts";
import type { CallPlan } from "./call-plan.ts";
import { openAnswer } from "./provider-answer.ts";
import { providerRequest } from "./provider-request.ts";

/** What is asked of a provider, and how its answer is read. */
export interface WholeQuestion<T> {
  /** One of the adapter's encoders. */
  readonly encode: (input: EncodeInput) => WireRequest;
  /** Reads the answer, whose status is a success. */
  readonly read: (response: HttpResponse, warnings: readonly Warning[]) => Promise<T>;
}

/**
 * One attempt at an answer that is read whole, within the deadline and the attempt's own limit.
 * Throws ConnectorError, with who was asked and how far it had come.
 */
export async function wholeAttempt<T>(
  { encode, read }: WholeQuestion<T>,
  plan: CallPlan,
  record: AttemptRecord,
  context: CallContext,
  environment: CallEnvironment,
): Promise<T> {
  const { clock } = environment;
  const work = new WorkSignal(clock, context.signal);
  try {
    limitToDeadline(work, plan, clock);
    work.limit(plan.attemptTimeoutMs, attemptTimeout("answer", plan.attemptTimeoutMs));
    work.signal.throwIfAborted();
    const request = providerRequest(plan, encode, false, work.signal);
    const response = await openAnswer(request, plan, record, environment);
    return await read(response, request.warnings);
  } catch (thrown) {
    const cause = work.signal.aborted ? work.signal.reason : thrown;
    throw completeFailure(cause, plan, record, environment);
  } finally {
    work.dispose();
  }
}
