import type { ConnectorError } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import type { Outcome } from "./outcome.ts";

/** What may follow a failed attempt before anything of its answer was passed on. */
export interface RetryRule {
  /** Whether the same candidate may be asked again, and whether more than once a call. */
  readonly sameTarget: "never" | "once" | "always";
  /** Whether another candidate may be asked. */
  readonly elsewhere: boolean;
  /** Whether another candidate is better than the same: its trouble may last. */
  readonly elsewhereFirst: boolean;
  /** How long to wait where the provider does not say: see `backoffMs`. */
  readonly delay: "transient" | "throttle";
  /** What the attempt says of the target's health. */
  readonly outcome: Outcome;
  /**
   * What is set aside: `key`, the key at that target (refused or spent); `model`, the model under
   * that key until the quota's reset. A rate limit whose wait does not fit parks the model too,
   * which only the caller of this table can tell.
   */
  readonly parks: "no" | "key" | "model";
}

function rule(
  sameTarget: RetryRule["sameTarget"],
  elsewhere: boolean,
  outcome: Outcome,
  rest: Partial<RetryRule> = {},
): RetryRule {
  return {
    sameTarget,
    elsewhere,
    elsewhereFirst: false,
    delay: "transient",
    outcome,
    parks: "no",
    ...rest,
  };
}

/** The request itself is at fault, and an answer said so. */
const callersMatter = rule("never", false, "fine");
/** Ended or refused by us, before the target could show anything. */
const ours = rule("never", false, "unknown");
/** This target cannot serve it, and is well. */
const notHere = rule("never", true, "fine");
const keyAside = rule("never", true, "fine", { parks: "key" });
const failed = rule("always", true, "failed");
const failedOnce = rule("once", true, "failed");
const silent = rule("always", true, "silent");

const rules: Readonly<Record<Reason, RetryRule>> = {
  INVALID_REQUEST: ours,
  UNSUPPORTED_FIELD: ours,
  PROVIDER_INVALID_REQUEST: callersMatter,
  CONTEXT_LENGTH_EXCEEDED: callersMatter,
  CONTENT_FILTERED: callersMatter,
  REQUEST_TOO_LARGE: notHere,
  MESSAGE_TOO_LARGE: ours,
  PROVIDER_REGION_OR_BILLING: notHere,
  PROVIDER_CREDENTIAL_INVALID: keyAside,
  CALLER_PROVIDER_KEY_REJECTED: callersMatter,
  PROVIDER_BILLING_EXHAUSTED: keyAside,
  PROVIDER_PERMISSION_DENIED: notHere,
  PROVIDER_REGION_BLOCKED: notHere,
  MODEL_NOT_FOUND: notHere,
  PROVIDER_ENDPOINT_NOT_FOUND: notHere,
  PROVIDER_UNSUPPORTED: notHere,
  PROVIDER_REQUEST_TIMEOUT: failed,
  PROVIDER_CONFLICT: rule("once", false, "fine"),
  PROVIDER_TOO_EARLY: rule("once", false, "fine"),
  PROVIDER_RATE_LIMITED: rule("always", true, "refused", {
    elsewhereFirst: true,
    delay: "throttle",
  }),
  PROVIDER_RAMP_LIMITED: rule("always", true, "refused", { delay: "throttle" }),
  PROVIDER_QUOTA_EXHAUSTED: rule("never", true, "refused", { delay: "throttle", parks: "model" }),
  CALLER_CANCELLED: ours,
  CALLER_DEADLINE_EXCEEDED: ours,
  PROVIDER_INTERNAL: failed,
  PROVIDER_UNAVAILABLE: failed,
  PROVIDER_TIMEOUT: failedOnce,
  PROVIDER_EDGE_ERROR: failed,
  PROVIDER_OVERLOADED: rule("always", true, "failed", { elsewhereFirst: true, delay: "throttle" }),
  PROVIDER_REDIRECT_REFUSED: rule("never", true, "failed"),
  PROVIDER_MALFORMED_RESPONSE: failedOnce,
  PROVIDER_RESPONSE_TOO_LARGE: callersMatter,
  PROVIDER_DNS_FAILED: rule("once", true, "silent"),
  PROVIDER_CONNECT_FAILED: silent,
  PROVIDER_TLS_INVALID: rule("never", true, "silent"),
  PROVIDER_CONNECTION_LOST: silent,
  ATTEMPT_TIMEOUT: silent,
  EGRESS_FORBIDDEN: ours,
  MODEL_NOT_ROUTED: ours,
  TARGET_NOT_CONFIGURED: ours,
  REGION_NOT_ALLOWED: ours,
  TARGET_CIRCUIT_OPEN: rule("never", true, "unknown"),
  RETRY_BUDGET_EXHAUSTED: rule("never", true, "unknown"),
  SERVER_OVERLOADED: ours,
  CALLER_RATE_LIMITED: ours,
  SERVER_DRAINING: ours,
  ADAPTER_FAULT: rule("never", true, "unknown"),
  INTERNAL_FAULT: ours,
  STREAM_TRUNCATED: failed,
  STREAM_STALLED: silent,
  CALLER_UNAUTHENTICATED: ours,
  NOT_IMPLEMENTED: ours,
  ROUTING_LOOP: ours,
  IDEMPOTENCY_MISMATCH: ours,
  IDEMPOTENCY_IN_PROGRESS: ours,
  SERVER_UNREACHABLE: ours,
  HEDGE_LOSER: ours,
};

/** A resolver that says "try again" knows the name's servers; one that says "none" rarely errs. */
const dnsTryAgain = silent;

/** What may follow this failure: one row a reason; docs/errors.md tells callers of it. */
export function retryRule(error: ConnectorError): RetryRule {
  return error.reason === "PROVIDER_DNS_FAILED" &&
    error.fields.metadata?.network_error === "EAI_AGAIN"
    ? dnsTryAgain
    : rules[error.reason];
}
