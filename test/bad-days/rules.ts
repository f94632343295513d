import type { Reason } from "../../src/contract/reasons.ts";

/** What may follow a failure: at the same target with the same key, and anywhere else. */
export interface MayFollow {
  readonly same: "never" | "once" | "always";
  readonly elsewhere: boolean;
}

const nowhere: MayFollow = { same: "never", elsewhere: false };
const onlyElsewhere: MayFollow = { same: "never", elsewhere: true };
const once: MayFollow = { same: "once", elsewhere: true };
const anywhere: MayFollow = { same: "always", elsewhere: true };

/**
 * What the table of docs/errors.md allows after a failure, written down a second time: the product
 * has its own, and the two must agree. A reason that is not here may not be followed by anything.
 */
const rules: Partial<Record<Reason, MayFollow>> = {
  PROVIDER_INVALID_REQUEST: nowhere,
  CONTEXT_LENGTH_EXCEEDED: nowhere,
  CONTENT_FILTERED: nowhere,
  REQUEST_TOO_LARGE: onlyElsewhere,
  PROVIDER_REGION_OR_BILLING: onlyElsewhere,
  PROVIDER_CREDENTIAL_INVALID: onlyElsewhere,
  PROVIDER_BILLING_EXHAUSTED: onlyElsewhere,
  PROVIDER_PERMISSION_DENIED: onlyElsewhere,
  PROVIDER_REGION_BLOCKED: onlyElsewhere,
  MODEL_NOT_FOUND: onlyElsewhere,
  PROVIDER_ENDPOINT_NOT_FOUND: onlyElsewhere,
  PROVIDER_UNSUPPORTED: onlyElsewhere,
  PROVIDER_REQUEST_TIMEOUT: anywhere,
  PROVIDER_CONFLICT: { same: "once", elsewhere: false },
  PROVIDER_TOO_EARLY: { same: "once", elsewhere: false },
  PROVIDER_RATE_LIMITED: anywhere,
  PROVIDER_RAMP_LIMITED: anywhere,
  PROVIDER_QUOTA_EXHAUSTED: onlyElsewhere,
  PROVIDER_INTERNAL: anywhere,
  PROVIDER_UNAVAILABLE: anywhere,
  PROVIDER_TIMEOUT: once,
  PROVIDER_EDGE_ERROR: anywhere,
  PROVIDER_OVERLOADED: anywhere,
  PROVIDER_REDIRECT_REFUSED: onlyElsewhere,
  PROVIDER_MALFORMED_RESPONSE: once,
  PROVIDER_DNS_FAILED: anywhere,
  PROVIDER_CONNECT_FAILED: anywhere,
  PROVIDER_TLS_INVALID: onlyElsewhere,
  PROVIDER_CONNECTION_LOST: anywhere,
  ATTEMPT_TIMEOUT: anywhere,
  STREAM_TRUNCATED: anywhere,
  STREAM_STALLED: anywhere,
};

/** What may follow an attempt that failed so. */
export function mayFollow(reason: Reason): MayFollow {
  return rules[reason] ?? nowhere;
}
