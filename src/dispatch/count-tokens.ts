import { create } from "@bufbuild/protobuf";
import {
  type CountTokensResponse,
  CountTokensResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import { UsageSource, WarningKind } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { TokenCounter } from "../contract/adapter.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { AttemptRecord } from "./attempt-record.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import { readObject } from "./provider-answer.ts";
import { guarded } from "./provider-request.ts";
import { estimateInputTokens } from "./token-estimate.ts";
import { type WholeQuestion, wholeAttempt } from "./whole-attempt.ts";

/**
 * Hosts that speak a provider's wire without its counting endpoint: an estimate is better than
 * none.
 */
const noEndpoint: ReadonlySet<Reason> = new Set<Reason>([
  "PROVIDER_ENDPOINT_NOT_FOUND",
  "PROVIDER_UNSUPPORTED",
]);

/** Counts input tokens: by the provider where it offers that, else by an estimate that says so. */
export async function countTokens(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): Promise<CountTokensResponse> {
  const record = new AttemptRecord(plan, environment.clock, environment.redact);
  const counter = plan.target.dialect.countTokens;
  if (counter === undefined) return estimate(plan, record, "the provider has no such endpoint");
  try {
    return await ask(counter, plan, context, environment, record);
  } catch (thrown) {
    if (thrown instanceof ConnectorError && noEndpoint.has(thrown.reason)) {
      return estimate(plan, record, "the target does not offer to count", thrown.reason);
    }
    throw thrown;
  }
}

function ask(
  counter: TokenCounter,
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
  record: AttemptRecord,
): Promise<CountTokensResponse> {
  const question: WholeQuestion<CountTokensResponse> = {
    encode: counter.encode,
    read: async (response, warnings) => {
      const body = await readObject(response, plan.target.dialect, environment.limits);
      return create(CountTokensResponseSchema, {
        inputTokens: guarded(() => counter.decode(body)),
        source: UsageSource.REPORTED,
        route: record.toRoute(),
        warnings: [...warnings],
      });
    },
  };
  return wholeAttempt(question, plan, record, context, environment);
}

function estimate(
  plan: CallPlan,
  record: AttemptRecord,
  why: string,
  reason?: Reason,
): CountTokensResponse {
  return create(CountTokensResponseSchema, {
    inputTokens: estimateInputTokens(plan.request),
    source: UsageSource.ESTIMATED,
    route: record.toRoute(reason),
    warnings: [
      ...plan.warnings,
      { field: "input_tokens", message: `estimated: ${why}`, kind: WarningKind.ANSWER },
    ],
  });
}
