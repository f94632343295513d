import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import type { ErrorReason } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";

/** A reason: the closed set of causes that `ErrorInfo.reason` can name. */
export type Reason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** What a reason fixes: the canonical status, and whether another attempt may help. */
export interface ReasonTraits {
  /** Canonical gRPC status. */
  readonly code: Code;
  /** Whether the same request may succeed later or elsewhere (`metadata.retryable`). */
  readonly retryable: boolean;
}

function fixed(code: Code): ReasonTraits {
  return { code, retryable: false };
}

function transient(code: Code): ReasonTraits {
  return { code, retryable: true };
}

/**
 * Every reason an error can have, with the status it always has: the one table of the whole
 * project. Names and meanings are those of `ErrorReason` in error.proto; docs/errors.md says what
 * to do.
 */
export const reasons: Readonly<Record<Reason, ReasonTraits>> = {
  INVALID_REQUEST: fixed(Code.INVALID_ARGUMENT),
  UNSUPPORTED_FIELD: fixed(Code.INVALID_ARGUMENT),
  PROVIDER_INVALID_REQUEST: fixed(Code.INVALID_ARGUMENT),
  CONTEXT_LENGTH_EXCEEDED: fixed(Code.INVALID_ARGUMENT),
  CONTENT_FILTERED: fixed(Code.INVALID_ARGUMENT),
  REQUEST_TOO_LARGE: fixed(Code.INVALID_ARGUMENT),
  MESSAGE_TOO_LARGE: fixed(Code.RESOURCE_EXHAUSTED),
  PROVIDER_REGION_OR_BILLING: fixed(Code.FAILED_PRECONDITION),
  PROVIDER_CREDENTIAL_INVALID: fixed(Code.FAILED_PRECONDITION),
  CALLER_PROVIDER_KEY_REJECTED: fixed(Code.UNAUTHENTICATED),
  PROVIDER_BILLING_EXHAUSTED: fixed(Code.FAILED_PRECONDITION),
  PROVIDER_PERMISSION_DENIED: fixed(Code.FAILED_PRECONDITION),
  PROVIDER_REGION_BLOCKED: fixed(Code.FAILED_PRECONDITION),
  MODEL_NOT_FOUND: fixed(Code.NOT_FOUND),
  PROVIDER_ENDPOINT_NOT_FOUND: fixed(Code.FAILED_PRECONDITION),
  PROVIDER_UNSUPPORTED: fixed(Code.UNIMPLEMENTED),
  PROVIDER_REQUEST_TIMEOUT: transient(Code.UNAVAILABLE),
  PROVIDER_CONFLICT: transient(Code.ABORTED),
  PROVIDER_TOO_EARLY: transient(Code.UNAVAILABLE),
  PROVIDER_RATE_LIMITED: transient(Code.RESOURCE_EXHAUSTED),
  PROVIDER_RAMP_LIMITED: transient(Code.RESOURCE_EXHAUSTED),
  PROVIDER_QUOTA_EXHAUSTED: transient(Code.RESOURCE_EXHAUSTED),
  CALLER_CANCELLED: fixed(Code.CANCELLED),
  CALLER_DEADLINE_EXCEEDED: fixed(Code.DEADLINE_EXCEEDED),
  PROVIDER_INTERNAL: transient(Code.INTERNAL),
  PROVIDER_UNAVAILABLE: transient(Code.UNAVAILABLE),
  PROVIDER_TIMEOUT: transient(Code.UNAVAILABLE),
  PROVIDER_EDGE_ERROR: transient(Code.UNAVAILABLE),
  PROVIDER_OVERLOADED: transient(Code.UNAVAILABLE),
  PROVIDER_REDIRECT_REFUSED: fixed(Code.FAILED_PRECONDITION),
  PROVIDER_MALFORMED_RESPONSE: transient(Code.INTERNAL),
  PROVIDER_RESPONSE_TOO_LARGE: fixed(Code.INTERNAL),
  PROVIDER_DNS_FAILED: transient(Code.UNAVAILABLE),
  PROVIDER_CONNECT_FAILED: transient(Code.UNAVAILABLE),
  PROVIDER_TLS_INVALID: fixed(Code.FAILED_PRECONDITION),
  PROVIDER_CONNECTION_LOST: transient(Code.UNAVAILABLE),
  ATTEMPT_TIMEOUT: transient(Code.UNAVAILABLE),
  EGRESS_FORBIDDEN: fixed(Code.FAILED_PRECONDITION),
  MODEL_NOT_ROUTED: fixed(Code.NOT_FOUND),
  TARGET_NOT_CONFIGURED: fixed(Code.FAILED_PRECONDITION),
  REGION_NOT_ALLOWED: fixed(Code.FAILED_PRECONDITION),
  TARGET_CIRCUIT_OPEN: transient(Code.UNAVAILABLE),
  RETRY_BUDGET_EXHAUSTED: transient(Code.UNAVAILABLE),
  SERVER_OVERLOADED: transient(Code.RESOURCE_EXHAUSTED),
  CALLER_RATE_LIMITED: transient(Code.RESOURCE_EXHAUSTED),
  SERVER_DRAINING: transient(Code.UNAVAILABLE),
  ADAPTER_FAULT: fixed(Code.INTERNAL),
  INTERNAL_FAULT: fixed(Code.INTERNAL),
  STREAM_TRUNCATED: transient(Code.UNAVAILABLE),
  STREAM_STALLED: transient(Code.UNAVAILABLE),
  CALLER_UNAUTHENTICATED: fixed(Code.UNAUTHENTICATED),
  NOT_IMPLEMENTED: fixed(Code.UNIMPLEMENTED),
  ROUTING_LOOP: fixed(Code.FAILED_PRECONDITION),
  IDEMPOTENCY_MISMATCH: fixed(Code.INVALID_ARGUMENT),
  IDEMPOTENCY_IN_PROGRESS: transient(Code.ABORTED),
  SERVER_UNREACHABLE: transient(Code.UNAVAILABLE),
  HEDGE_LOSER: fixed(Code.CANCELLED),
};

/** Whether a text names a reason. */
export function isReason(text: string): text is Reason {
  return Object.hasOwn(reasons, text);
}
