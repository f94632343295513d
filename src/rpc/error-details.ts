import { create, type DescMessage, type Message } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type BadRequest,
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  type PreconditionFailure,
  PreconditionFailureSchema,
  type QuotaFailure,
  QuotaFailureSchema,
  type ResourceInfo,
  ResourceInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
} from "../../gen/ts/google/rpc/error_details_pb.ts";
import {
  type AttemptLog,
  AttemptLogSchema,
  type StreamProgress,
  StreamProgressSchema,
} from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import {
  type Attempt,
  AttemptSchema,
  UsageSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { cleanText } from "./error-text.ts";

/** The domain of every ErrorInfo. */
export const errorDomain = "connectors.nexen";

/** A detail as Connect takes it. */
export interface Detail {
  readonly desc: DescMessage;
  readonly value: Message;
}

/** The details of one error, each type at most once. Fields can be trimmed. */
export interface ErrorDetails {
  info: ErrorInfo;
  retry: RetryInfo | undefined;
  badRequest: BadRequest | undefined;
  quota: QuotaFailure | undefined;
  precondition: PreconditionFailure | undefined;
  resource: ResourceInfo | undefined;
  progress: StreamProgress | undefined;
  attempts: AttemptLog | undefined;
}

const textBytesMax = 256;
const entriesMax = 32;
const metadataKeyCharactersMax = 64;
/** 2^31 - 1: what every client can read as milliseconds. About 25 days. */
const retryAfterMsMax = 2_147_483_647;
/** Wait that is proposed where waiting helps and nobody knows for how long, ms. */
const retryAfterMsDefault = 1_000;

// Reasons whose answer always proposes a wait. A draining server may be left at once: nothing
// began.
const proposedWaitMs: Partial<Record<Reason, number>> = {
  PROVIDER_REQUEST_TIMEOUT: retryAfterMsDefault,
  PROVIDER_RATE_LIMITED: retryAfterMsDefault,
  PROVIDER_RAMP_LIMITED: retryAfterMsDefault,
  PROVIDER_QUOTA_EXHAUSTED: retryAfterMsDefault,
  PROVIDER_UNAVAILABLE: retryAfterMsDefault,
  PROVIDER_TIMEOUT: retryAfterMsDefault,
  PROVIDER_EDGE_ERROR: retryAfterMsDefault,
  PROVIDER_OVERLOADED: retryAfterMsDefault,
  TARGET_CIRCUIT_OPEN: retryAfterMsDefault,
  RETRY_BUDGET_EXHAUSTED: retryAfterMsDefault,
  SERVER_OVERLOADED: retryAfterMsDefault,
  CALLER_RATE_LIMITED: retryAfterMsDefault,
  IDEMPOTENCY_IN_PROGRESS: retryAfterMsDefault,
  SERVER_DRAINING: 0,
};

// Reasons that always say what must be put in order first.
const preconditionReasons: ReadonlySet<Reason> = new Set<Reason>([
  "PROVIDER_REGION_OR_BILLING",
  "PROVIDER_CREDENTIAL_INVALID",
  "PROVIDER_BILLING_EXHAUSTED",
  "PROVIDER_REGION_BLOCKED",
]);

/** Whether the same request may succeed later: what the dispatcher found out, else the reason's. */
export function isRetryable({ retryable, fields }: ConnectorError): boolean {
  const told = fields.metadata?.retryable;
  return told === undefined ? retryable : told === "true";
}

/** How long a caller should wait, whole ms from 0 to 2^31 - 1. Unset: not known, or no use. */
export function retryAfterMsOf(error: ConnectorError): number | undefined {
  const ms = error.fields.retryAfterMs;
  if (ms !== undefined && ms >= 0) return Math.min(Math.ceil(ms), retryAfterMsMax);
  return isRetryable(error) ? proposedWaitMs[error.reason] : undefined;
}

/** The details of an error, every text cleaned and bounded. */
export function errorDetails(error: ConnectorError): ErrorDetails {
  const { fields, reason } = error;
  const retryAfterMs = retryAfterMsOf(error);
  return {
    info: create(ErrorInfoSchema, { reason, domain: errorDomain, metadata: metadataOf(error) }),
    retry:
      retryAfterMs === undefined
        ? undefined
        : create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs) }),
    badRequest: badRequestOf(fields.violations ?? []),
    quota: quotaOf(fields.quotaSubjects ?? []),
    precondition: preconditionOf(error),
    resource:
      fields.resource &&
      create(ResourceInfoSchema, {
        resourceType: short(fields.resource.type),
        resourceName: short(fields.resource.name),
      }),
    progress: fields.progress && boundedProgress(fields.progress),
    attempts: attemptLogOf(fields.attempts ?? []),
  };
}

/** The details in the order in which they are sent. */
export function listDetails(details: ErrorDetails): readonly Detail[] {
  const all: readonly (readonly [DescMessage, Message | undefined])[] = [
    [ErrorInfoSchema, details.info],
    [RetryInfoSchema, details.retry],
    [BadRequestSchema, details.badRequest],
    [QuotaFailureSchema, details.quota],
    [PreconditionFailureSchema, details.precondition],
    [ResourceInfoSchema, details.resource],
    [StreamProgressSchema, details.progress],
    [AttemptLogSchema, details.attempts],
  ];
  return all.flatMap(([desc, value]) => (value === undefined ? [] : [{ desc, value }]));
}

// In this order something goes when a status is too long; each step says whether it found
// something. Lists lose half of what they have, so that a few steps are enough.
const steps: readonly ((details: ErrorDetails) => boolean)[] = [
  ({ attempts }) => dropHalf(attempts?.attempts, "first"),
  ({ badRequest }) => shortenDescriptions(badRequest?.fieldViolations ?? []),
  ({ info }) => shortenValues(info.metadata),
  ({ badRequest }) => dropHalf(badRequest?.fieldViolations, "last"),
  ({ quota }) => dropHalf(quota?.violations, "last"),
  ({ info }) => dropEntries(info.metadata),
  ({ progress }) => dropUsage(progress),
];

/** Makes the details smaller by one step. False when nothing is left that may go. */
export function trimDetails(details: ErrorDetails): boolean {
  if (!steps.some((step) => step(details))) return false;
  if (details.attempts?.attempts.length === 0) details.attempts = undefined;
  if (details.badRequest?.fieldViolations.length === 0) details.badRequest = undefined;
  if (details.quota?.violations.length === 0) details.quota = undefined;
  return true;
}

function metadataOf(error: ConnectorError): Record<string, string> {
  // `retryable` is for clients that do not have the table of reasons, so it is never trimmed.
  const metadata: Record<string, string> = { retryable: String(isRetryable(error)) };
  for (const [key, value] of Object.entries(error.fields.metadata ?? {}).slice(0, entriesMax)) {
    if (key === "retryable" || key === "__proto__") continue;
    const name = key.replace(/[^A-Za-z0-9_-]/g, "_").slice(0, metadataKeyCharactersMax);
    if (name !== "") metadata[name] = short(value);
  }
  return metadata;
}

function badRequestOf(
  violations: readonly { readonly field: string; readonly description: string }[],
): BadRequest | undefined {
  if (violations.length === 0) return undefined;
  return create(BadRequestSchema, {
    fieldViolations: violations.slice(0, entriesMax).map(({ field, description }) => ({
      field: short(field),
      description: short(description),
    })),
  });
}

function quotaOf(subjects: readonly string[]): QuotaFailure | undefined {
  if (subjects.length === 0) return undefined;
  return create(QuotaFailureSchema, {
    violations: subjects.slice(0, entriesMax).map((subject) => ({ subject: short(subject) })),
  });
}

function preconditionOf({
  reason,
  message,
  fields,
}: ConnectorError): PreconditionFailure | undefined {
  const given = fields.precondition;
  if (given === undefined && !preconditionReasons.has(reason)) return undefined;
  return create(PreconditionFailureSchema, {
    violations: [
      {
        type: short(given?.type ?? reason),
        subject: short(fields.metadata?.provider ?? ""),
        description: short(given?.description ?? message),
      },
    ],
  });
}

function boundedProgress(progress: StreamProgress): StreamProgress {
  const { usage } = progress;
  const uses = Object.entries(usage?.serverToolUses ?? {}).slice(0, entriesMax);
  return create(StreamProgressSchema, {
    ...progress,
    lastEventId: short(progress.lastEventId),
    usage:
      usage &&
      create(UsageSchema, {
        ...usage,
        serverToolUses: Object.fromEntries(uses.map(([name, count]) => [short(name), count])),
      }),
  });
}

function attemptLogOf(attempts: readonly Attempt[]): AttemptLog | undefined {
  if (attempts.length === 0) return undefined;
  return create(AttemptLogSchema, {
    attempts: attempts.slice(-entriesMax).map((attempt) =>
      create(AttemptSchema, {
        ...attempt,
        target: short(attempt.target),
        region: short(attempt.region),
        reason: short(attempt.reason),
        providerRequestId: short(attempt.providerRequestId),
      }),
    ),
  });
}

function short(text: string): string {
  return cleanText(text, textBytesMax);
}

const shortBytes = 48;

function dropHalf(list: unknown[] | undefined, end: "first" | "last"): boolean {
  if (list === undefined || list.length === 0) return false;
  const count = Math.ceil(list.length / 2);
  list.splice(end === "first" ? 0 : list.length - count, count);
  return true;
}

function shortenDescriptions(violations: readonly { description: string }[]): boolean {
  const long = violations.filter(({ description }) => isLong(description));
  for (const violation of long)
    violation.description = cleanText(violation.description, shortBytes);
  return long.length > 0;
}

function shortenValues(metadata: Record<string, string>): boolean {
  const long = Object.entries(metadata).filter(([, value]) => isLong(value));
  for (const [key, value] of long) metadata[key] = cleanText(value, shortBytes);
  return long.length > 0;
}

function dropEntries(metadata: Record<string, string>): boolean {
  const keys = Object.keys(metadata).filter((key) => key !== "retryable");
  const dropped = keys.slice(Math.floor(keys.length / 2));
  for (const key of dropped) delete metadata[key];
  return dropped.length > 0;
}

function isLong(text: string): boolean {
  return Buffer.byteLength(text) > shortBytes;
}

function dropUsage(progress: StreamProgress | undefined): boolean {
  if (progress?.usage === undefined) return false;
  delete progress.usage;
  return true;
}
