import type { Warning } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { EncodeInput, WireRequest } from "../contract/adapter.ts";
import type { CallContext } from "../contract/connector-api.ts";
import type { HttpResponse } from "../http/http-client.ts";
import { AttemptLoop } from "./attempt-loop.ts";
import { attemptTimeout, type CallEnvironment } from "./call-environment.ts";
import type { AttemptPlan, CallPlan } from "./call-plan.ts";
import type { Answered } from "./hedge.ts";
import { openAnswer } from "./provider-answer.ts";
import { providerRequest } from "./provider-request.ts";

/** What is asked of a provider, and how its answer is read whole. */
export interface WholeQuestion<T> {
  /** One of the adapter's encoders. */
  encode(plan: AttemptPlan): (input: EncodeInput) => WireRequest;
  /** Reads an answer whose status is a success. */
  read(response: HttpResponse, plan: AttemptPlan): Promise<T>;
}

/** What was read, and what was left out of the request that led to it. */
export interface WholeAnswer<T> {
  readonly value: T;
  readonly warnings: readonly Warning[];
}

/**
 * Asks for an answer that is read whole, with as many attempts as the plan allows. Throws
 * ConnectorError, with who was asked and how far it had come. The attempt is closed by then.
 */
export async function wholeCall<T>(
  { encode, read }: WholeQuestion<T>,
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<Answered<WholeAnswer<T>>> {
  const loop = new AttemptLoop<WholeAnswer<T>>(
    {
      run: async ({ plan: attempt, work, record }) => {
        const { attemptTimeoutMs } = attempt;
        work.limit(attemptTimeoutMs, attemptTimeout("answer", attemptTimeoutMs));
        const request = providerRequest(attempt, encode(attempt), false, work.signal);
        const response = await openAnswer(request, attempt, record, environment);
        return { value: await read(response, attempt), warnings: request.warnings };
      },
      discard: () => undefined,
    },
    plan,
    context,
    environment,
  );
  const answered = await loop.run();
  answered.attempt.close();
  return answered;
}
