// Proves that every reason has the rule that the table of failures gives it: whether the same target
// is asked again, whether another is, which of them first, after what kind of delay, what that says
// of the target's health, and what is set aside.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { type Reason, reasons } from "../../src/contract/reasons.ts";
import { retryRule } from "../../src/resilience/retry-rules.ts";

type Row = readonly [same: string, elsewhere: string, outcome: string, rest?: string];

/** Same target, elsewhere, outcome, and what is out of the ordinary. */
const table: Readonly<Record<Reason, Row>> = {
  INVALID_REQUEST: ["never", "no", "unknown"],
  UNSUPPORTED_FIELD: ["never", "no", "unknown"],
  PROVIDER_INVALID_REQUEST: ["never", "no", "fine"],
  CONTEXT_LENGTH_EXCEEDED: ["never", "no", "fine"],
  CONTENT_FILTERED: ["never", "no", "fine"],
  REQUEST_TOO_LARGE: ["never", "yes", "fine"],
  MESSAGE_TOO_LARGE: ["never", "no", "unknown"],
  PROVIDER_REGION_OR_BILLING: ["never", "yes", "fine"],
  PROVIDER_CREDENTIAL_INVALID: ["never", "yes", "fine", "parks key"],
  CALLER_PROVIDER_KEY_REJECTED: ["never", "no", "fine"],
  PROVIDER_BILLING_EXHAUSTED: ["never", "yes", "fine", "parks key"],
  PROVIDER_PERMISSION_DENIED: ["never", "yes", "fine"],
  PROVIDER_REGION_BLOCKED: ["never", "yes", "fine"],
  MODEL_NOT_FOUND: ["never", "yes", "fine"],
  PROVIDER_ENDPOINT_NOT_FOUND: ["never", "yes", "fine"],
  PROVIDER_UNSUPPORTED: ["never", "yes", "fine"],
  PROVIDER_REQUEST_TIMEOUT: ["always", "yes", "failed"],
  PROVIDER_CONFLICT: ["once", "no", "fine"],
  PROVIDER_TOO_EARLY: ["once", "no", "fine"],
  PROVIDER_RATE_LIMITED: ["always", "first", "refused", "throttle"],
  PROVIDER_RAMP_LIMITED: ["always", "yes", "refused", "throttle"],
  PROVIDER_QUOTA_EXHAUSTED: ["never", "yes", "refused", "throttle, parks model"],
  CALLER_CANCELLED: ["never", "no", "unknown"],
  CALLER_DEADLINE_EXCEEDED: ["never", "no", "unknown"],
  PROVIDER_INTERNAL: ["always", "yes", "failed"],
  PROVIDER_UNAVAILABLE: ["always", "yes", "failed"],
  PROVIDER_TIMEOUT: ["once", "yes", "failed"],
  PROVIDER_EDGE_ERROR: ["always", "yes", "failed"],
  PROVIDER_OVERLOADED: ["always", "first", "failed", "throttle"],
  PROVIDER_REDIRECT_REFUSED: ["never", "yes", "failed"],
  PROVIDER_MALFORMED_RESPONSE: ["once", "yes", "failed"],
  PROVIDER_RESPONSE_TOO_LARGE: ["never", "no", "fine"],
  PROVIDER_DNS_FAILED: ["once", "yes", "silent"],
  PROVIDER_CONNECT_FAILED: ["always", "yes", "silent"],
  PROVIDER_TLS_INVALID: ["never", "yes", "silent"],
  PROVIDER_CONNECTION_LOST: ["always", "yes", "silent"],
  ATTEMPT_TIMEOUT: ["always", "yes", "silent"],
  EGRESS_FORBIDDEN: ["never", "no", "unknown"],
  MODEL_NOT_ROUTED: ["never", "no", "unknown"],
  TARGET_NOT_CONFIGURED: ["never", "no", "unknown"],
  REGION_NOT_ALLOWED: ["never", "no", "unknown"],
  TARGET_CIRCUIT_OPEN: ["never", "yes", "unknown"],
  RETRY_BUDGET_EXHAUSTED: ["never", "yes", "unknown"],
  SERVER_OVERLOADED: ["never", "no", "unknown"],
  CALLER_RATE_LIMITED: ["never", "no", "unknown"],
  SERVER_DRAINING: ["never", "no", "unknown"],
  ADAPTER_FAULT: ["never", "yes", "unknown"],
  INTERNAL_FAULT: ["never", "no", "unknown"],
  STREAM_TRUNCATED: ["always", "yes", "failed"],
  STREAM_STALLED: ["always", "yes", "silent"],
  CALLER_UNAUTHENTICATED: ["never", "no", "unknown"],
  NOT_IMPLEMENTED: ["never", "no", "unknown"],
  ROUTING_LOOP: ["never", "no", "unknown"],
  IDEMPOTENCY_MISMATCH: ["never", "no", "unknown"],
  IDEMPOTENCY_IN_PROGRESS: ["never", "no", "unknown"],
  SERVER_UNREACHABLE: ["never", "no", "unknown"],
  HEDGE_LOSER: ["never", "no", "unknown"],
};

function rowOf(error: ConnectorError): Row {
  const rule = retryRule(error);
  const elsewhere = rule.elsewhereFirst ? "first" : rule.elsewhere ? "yes" : "no";
  const rest = [
    ...(rule.delay === "throttle" ? ["throttle"] : []),
    ...(rule.parks === "no" ? [] : [`parks ${rule.parks}`]),
  ];
  const row: [string, string, string] = [rule.sameTarget, elsewhere, rule.outcome];
  return rest.length > 0 ? [...row, rest.join(", ")] : row;
}

describe("retryRule", () => {
  it.each(Object.entries(table))("%s: %j", (reason, row) => {
    expect(rowOf(new ConnectorError(reason as Reason, ""))).toEqual(row);
  });

  it("asks the same target again only for reasons that are retryable", () => {
    for (const [reason, { retryable }] of Object.entries(reasons)) {
      const { sameTarget } = retryRule(new ConnectorError(reason as Reason, ""));
      if (sameTarget !== "never") expect(retryable, reason).toBe(true);
    }
  });

  it.each([
    ["EAI_AGAIN", "always"],
    ["ENOTFOUND", "once"],
    ["ENODATA", "once"],
  ])("asks again for a name that does not resolve (%s): %s", (code, sameTarget) => {
    const metadata = { network_error: code };
    const error = new ConnectorError("PROVIDER_DNS_FAILED", "", { metadata });
    expect(retryRule(error)).toMatchObject({ sameTarget, elsewhere: true, outcome: "silent" });
  });
});
