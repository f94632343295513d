import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import type { StreamProgress } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { Clock } from "../contract/clock.ts";
import { ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import { exhaustedLimits, retryHint } from "../resilience/retry-hint.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { CallPlan } from "./call-plan.ts";

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

/**
 * Completes whatever a call failed with: who was asked, how far it had come, how long to wait. What
 * is no ConnectorError is a fault of this program.
 */
export function completeFailure(
  thrown: unknown,
  plan: CallPlan,
  record: AttemptRecord,
  clock: Clock,
  redact: Redact,
  progress?: StreamProgress,
): ConnectorError {
  const known = toConnectorError(thrown, "INTERNAL_FAULT", "this server failed; see its log");
  const error = forCallersKey(known, plan);
  const hint = retryHint(record.headers, clock.wallTimeMs());
  const retryAfterMs =
    error.fields.retryAfterMs ?? (error.retryable ? hint.retryAfterMs : undefined);
  const limits = error.reason === "PROVIDER_RATE_LIMITED" ? exhaustedLimits(record.headers) : [];
  const quotaSubjects = error.fields.quotaSubjects ?? (limits.length > 0 ? limits : undefined);
  return new ConnectorError(error.reason, message(error, plan, redact), {
    ...error.fields,
    code: error.code,
    retryAfterMs,
    quotaSubjects,
    violations: error.fields.violations?.map(({ field, description }) => ({
      field,
      description: redact(description),
    })),
    precondition: error.fields.precondition && {
      type: error.fields.precondition.type,
      description: redact(error.fields.precondition.description),
    },
    ...(progress && { progress }),
    attempts: [record.toAttempt(error.reason)],
    metadata: {
      ...redactValues(error.fields.metadata, redact),
      provider: plan.target.adapter.name,
      model: plan.model,
      target: plan.target.name,
      ...(plan.target.region && { region: plan.target.region }),
      ...(record.httpStatus > 0 && { http_status: String(record.httpStatus) }),
      ...(record.providerRequestId && {
        provider_request_id: redact(record.providerRequestId).slice(0, 128),
      }),
      attempts: "1",
      phase: error.fields.metadata?.phase === "connect" ? "connect" : record.phase,
      retryable: String(hint.shouldRetry ?? error.retryable),
    },
  });
}

/** A refused key that was the caller's own is the caller's matter, not the operator's. */
function forCallersKey(error: ConnectorError, plan: CallPlan): ConnectorError {
  if (plan.callerKey === undefined) return error;
  if (error.reason === "PROVIDER_CREDENTIAL_INVALID") {
    const { precondition: _, ...fields } = error.fields;
    return new ConnectorError("CALLER_PROVIDER_KEY_REJECTED", error.message, fields);
  }
  return error.reason === "PROVIDER_PERMISSION_DENIED"
    ? error.with({ code: Code.PERMISSION_DENIED })
    : error;
}

function message(error: ConnectorError, plan: CallPlan, redact: Redact): string {
  const words = redact(error.message);
  const fromProvider = error.reason.startsWith("PROVIDER_") || error.fields.metadata?.http_status;
  return fromProvider ? `${plan.target.adapter.name}: ${words}` : words;
}

function redactValues(
  metadata: Readonly<Record<string, string>> | undefined,
  redact: Redact,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata ?? {}).map(([key, value]) => [key, redact(value)]),
  );
}
