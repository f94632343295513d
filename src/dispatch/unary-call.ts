import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { AttemptRecord } from "./attempt-record.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import { finishResponse } from "./finish-response.ts";
import { readAnswer } from "./provider-answer.ts";
import { type WholeQuestion, wholeAttempt } from "./whole-attempt.ts";

/** Carries out a planned call and returns the whole answer. Throws ConnectorError. */
export async function unaryCall(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<LLMResponse> {
  const record = new AttemptRecord(plan, environment.clock, environment.redact);
  const question: WholeQuestion<LLMResponse> = {
    encode: plan.target.dialect.encode,
    read: async (response, warnings) => {
      const answer = await readAnswer(response, plan, environment.limits);
      return finishResponse(answer, plan, record, warnings, environment);
    },
  };
  return await wholeAttempt(question, plan, record, context, environment);
}
