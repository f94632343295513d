import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type LLMResponse,
  type Warning,
  WarningKind,
  WarningSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { costOf } from "./cost.ts";
import { estimateUsage, outputCharacters } from "./token-estimate.ts";

/** Adds to a decoded answer what only the dispatcher knows. Changes and returns it. */
export function finishResponse(
  response: LLMResponse,
  plan: AttemptPlan,
  record: AttemptRecord,
  warnings: readonly Warning[],
  environment: CallEnvironment,
): LLMResponse {
  response.model ||= plan.model;
  response.usage ??= estimateUsage(plan.request, outputCharacters(response.content));
  const nowMs = environment.clock.wallTimeMs();
  response.cost ??= costOf(response, plan, environment.catalogue, nowMs);
  response.createTime ??= timestampFromMs(nowMs);
  response.route = record.toRoute();
  if (warnings.length > 0) response.warnings = [...warnings, ...response.warnings];
  return response;
}

/** Says that an answer is whole, though the provider's last bytes are missing. */
export function trailingBytesMissing(): Warning {
  return create(WarningSchema, {
    field: "stream",
    message: "the provider's stream ended after the answer was whole, but before its last marker",
    kind: WarningKind.ANSWER,
  });
}
