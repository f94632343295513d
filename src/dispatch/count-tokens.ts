import { create } from "@bufbuild/protobuf";
import {
  type CountTokensResponse,
  CountTokensResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { type Attempt, UsageSource, WarningKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { TokenCounter } from "../contract/adapter.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { routeOf } from "./attempt-record.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { AttemptPlan, CallPlan } from "./call-plan.ts";
import { readObject } from "./provider-answer.ts";
import { guarded } from "./provider-request.ts";
import { estimateInputTokens } from "./token-estimate.ts";
import { wholeCall } from "./whole-call.ts";

/**
 * Hosts that speak a provider's wire without its counting endpoint: an estimate is better than
 * none.
 */
const noEndpoint: ReadonlySet<Reason> = new Set<Reason>([
  "PROVIDER_ENDPOINT_NOT_FOUND",
  "PROVIDER_UNSUPPORTED",
]);

/**
 * Counts input tokens: by the provider where it offers that, else by an estimate that says so. Only
 * targets of the model itself that offer it are asked, since another's count is another number.
 */
export async function countTokens(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<CountTokensResponse> {
  const [preferred] = plan.candidates;
  const [first, ...others] = plan.candidates.filter(
    ({ target, fallback }) => target.dialect.countTokens && fallback === preferred.fallback,
  );
  const estimated = (why: string, attempts: readonly Attempt[]): CountTokensResponse =>
    estimate({ ...plan, ...(first ?? preferred) }, attempts, why);
  if (first === undefined) return estimated("the provider has no such endpoint", []);
  try {
    return await ask({ ...plan, candidates: [first, ...others] }, context, environment);
  } catch (thrown) {
    if (thrown instanceof ConnectorError && noEndpoint.has(thrown.reason)) {
      return estimated("the target does not offer to count", thrown.fields.attempts ?? []);
    }
    throw thrown;
  }
}

async function ask(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<CountTokensResponse> {
  const { answer, attempt } = await wholeCall<bigint>(
    {
      encode: (one) => counterOf(one).encode,
      read: async (response, one) => {
        const body = await readObject(response, one.target.dialect, environment.limits);
        return guarded(() => counterOf(one).decode(body));
      },
    },
    plan,
    context,
    environment,
  );
  return create(CountTokensResponseSchema, {
    inputTokens: answer.value,
    source: UsageSource.REPORTED,
    route: attempt.record.toRoute(),
    warnings: [...answer.warnings],
  });
}

function counterOf({ target }: AttemptPlan): TokenCounter {
  const counter = target.dialect.countTokens;
  if (counter === undefined) throw new Error(`${target.name} was asked for what it does not offer`);
  return counter;
}

function estimate(
  plan: AttemptPlan,
  attempts: readonly Attempt[],
  why: string,
): CountTokensResponse {
  return create(CountTokensResponseSchema, {
    inputTokens: estimateInputTokens(plan.request),
    source: UsageSource.ESTIMATED,
    route: routeOf(plan, attempts),
    warnings: [
      ...plan.warnings,
      { field: "input_tokens", message: `estimated: ${why}`, kind: WarningKind.ANSWER },
    ],
  });
}
