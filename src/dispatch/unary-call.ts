import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import { finishResponse } from "./finish-response.ts";
import { readAnswer } from "./provider-answer.ts";
import { type WholeQuestion, wholeCall } from "./whole-call.ts";

/** Carries out a planned call and returns the whole answer. Throws ConnectorError. */
export async function unaryCall(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<LLMResponse> {
  const question: WholeQuestion<LLMResponse> = {
    encode: ({ target }) => target.dialect.encode,
    read: (response, attempt) => readAnswer(response, attempt, environment.limits),
  };
  const { answer, attempt } = await wholeCall(question, plan, context, environment);
  return finishResponse(answer.value, attempt.plan, attempt.record, answer.warnings, environment);
}
