import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import type { StreamProgress } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { Usage } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError, type ErrorFields, toConnectorError } from "../contract/connector-error.ts";
import { exhaustedLimits, retryHint } from "../resilience/retry-hint.ts";
import type { AttemptRecord } from "./attempt-record.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { type Clean, cleaner, valueCharactersMax } from "./clean-text.ts";
import { isRetired, type ModelCatalogue } from "./model-catalogue.ts";
import { estimateUsage } from "./token-estimate.ts";

const messageCharactersMax = 512;

/**
 * Completes whatever a call failed with: who was asked, how far it had come, how long to wait. What
 * is no ConnectorError is a fault of this program.
 */
export function completeFailure(
  thrown: unknown,
  plan: AttemptPlan,
  record: AttemptRecord,
  { clock, redact, catalogue }: CallEnvironment,
  progress?: StreamProgress,
): ConnectorError {
  const nowMs = clock.wallTimeMs();
  const known = toConnectorError(thrown, "INTERNAL_FAULT", "this server failed; see its log");
  const error = withSuccessor(forCallersKey(known, plan), plan, catalogue, nowMs);
  const hint = retryHint(record.headers, nowMs);
  const told = hint.retryAfterMs ?? error.fields.retryAfterMs;
  const isRetryable = hint.shouldRetry ?? error.retryable;
  const limits = error.reason === "PROVIDER_RATE_LIMITED" ? exhaustedLimits(record.headers) : [];
  const clean = cleaner(plan, redact);
  const attempts = record.fail(error.reason, progress?.usage ?? possibleUsage(error, plan, record));
  const { precondition, violations, quotaSubjects, metadata } = error.fields;
  return new ConnectorError(error.reason, messageOf(error, plan, clean), {
    ...error.fields,
    code: error.code,
    retryAfterMs: isRetryable ? told : undefined,
    resource: error.fields.resource ?? missingModel(error, plan),
    quotaSubjects: quotaSubjects ?? (limits.length > 0 ? limits : undefined),
    violations: violations?.map(({ field, description }) => ({
      field: clean(field, valueCharactersMax),
      description: clean(description, messageCharactersMax),
    })),
    precondition: precondition && {
      type: precondition.type,
      description: clean(precondition.description, messageCharactersMax),
    },
    ...(progress && {
      progress: { ...progress, lastEventId: clean(progress.lastEventId, valueCharactersMax) },
    }),
    attempts,
    metadata: {
      ...cleanValues(metadata, clean),
      provider: plan.target.adapter.name,
      model: plan.model,
      target: plan.target.name,
      ...(plan.target.region && { region: plan.target.region }),
      ...(record.httpStatus > 0 && { http_status: String(record.httpStatus) }),
      ...(record.providerRequestId && { provider_request_id: record.providerRequestId }),
      attempts: String(attempts.length),
      phase: metadata?.phase === "connect" ? "connect" : record.phase,
      retryable: String(isRetryable),
    },
  });
}

/**
 * What the provider may bill for although no answer came: the input, once the request may have been
 * taken up.
 */
function possibleUsage(
  { fields }: ConnectorError,
  { request }: AttemptPlan,
  { wasSent, httpStatus }: AttemptRecord,
): Usage | undefined {
  const isRefused = httpStatus >= 300 || fields.metadata?.phase === "connect";
  return wasSent && !isRefused ? estimateUsage(request, 0) : undefined;
}

/** The model that is missing, where the provider's words do not name it. */
function missingModel({ reason }: ConnectorError, { model }: AttemptPlan): ErrorFields["resource"] {
  return reason === "MODEL_NOT_FOUND" ? { type: "model", name: model } : undefined;
}

/** A refused key that was the caller's own is the caller's matter, not the operator's. */
function forCallersKey(error: ConnectorError, plan: AttemptPlan): ConnectorError {
  if (plan.callerKey === undefined) return error;
  if (error.reason === "PROVIDER_CREDENTIAL_INVALID") {
    const { precondition: _, ...fields } = error.fields;
    return new ConnectorError("CALLER_PROVIDER_KEY_REJECTED", error.message, fields);
  }
  return error.reason === "PROVIDER_PERMISSION_DENIED"
    ? error.with({ code: Code.PERMISSION_DENIED })
    : error;
}

/**
 * A model that the provider has retired is missing for good: its successor is the next thing to
 * try. Clouds keep models for longer or shorter, so that nothing is said of theirs.
 */
function withSuccessor(
  error: ConnectorError,
  { target, match, model }: AttemptPlan,
  catalogue: ModelCatalogue,
  nowMs: number,
): ConnectorError {
  if (error.reason !== "MODEL_NOT_FOUND" || target.host !== "direct") return error;
  const known = [model, match.model].map((name) => catalogue.find(target.adapter.name, name));
  const retired = known.find((each) => each !== undefined && isRetired(each, nowMs));
  if (retired === undefined) return error;
  const { retiresOn, successor } = retired;
  const when = retiresOn === undefined ? "" : ` on ${retiresOn}`;
  const next = successor === undefined ? "" : `; try ${successor}`;
  const message = `${error.message} (retired by the provider${when}${next})`;
  return new ConnectorError(error.reason, message, {
    ...error.fields,
    metadata: { ...error.fields.metadata, ...(successor !== undefined && { successor }) },
  });
}

function messageOf(error: ConnectorError, plan: AttemptPlan, clean: Clean): string {
  const words = clean(error.message, messageCharactersMax);
  const isProviders = error.reason.startsWith("PROVIDER_") || error.fields.metadata?.http_status;
  return isProviders ? `${plan.target.adapter.name}: ${words}` : words;
}

function cleanValues(
  metadata: Readonly<Record<string, string>> = {},
  clean: Clean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, clean(value, valueCharactersMax)]),
  );
}
