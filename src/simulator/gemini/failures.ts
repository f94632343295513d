import type { JSONObject } from "../json.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";
import type { ProtoIssue } from "./proto-message.ts";

interface Kind {
  readonly type: string;
  readonly message: string;
}

const kinds: Readonly<Record<number, Kind>> = {
  400: { type: "INVALID_ARGUMENT", message: "Request contains an invalid argument." },
  401: {
    type: "UNAUTHENTICATED",
    message: "Request had invalid authentication credentials. Expected OAuth 2 access token.",
  },
  402: { type: "FAILED_PRECONDITION", message: "Your prepayment credits are depleted." },
  403: { type: "PERMISSION_DENIED", message: "The caller does not have permission" },
  404: { type: "NOT_FOUND", message: "Requested entity was not found." },
  409: { type: "ABORTED", message: "The operation was aborted." },
  413: { type: "INVALID_ARGUMENT", message: "Request payload size exceeds the limit." },
  429: { type: "RESOURCE_EXHAUSTED", message: "Resource has been exhausted." },
  499: { type: "CANCELLED", message: "The operation was cancelled." },
  500: { type: "INTERNAL", message: "An internal error has occurred. Please retry." },
  501: { type: "UNIMPLEMENTED", message: "Operation is not implemented." },
  503: {
    type: "UNAVAILABLE",
    message: "The model is overloaded. Please try again later.",
  },
  504: { type: "DEADLINE_EXCEEDED", message: "Deadline expired before operation could complete." },
};
const serverFault: Kind = { type: "UNKNOWN", message: "An unknown error has occurred." };
const callerFault: Kind = { type: "INVALID_ARGUMENT", message: "The request is not valid." };

const types = "type.googleapis.com/google.rpc";
const usualQuota = "GenerateRequestsPerMinutePerProjectPerModel";

/** A failure with Google's status and, unless another is given, its message. */
export function failure(status: number, message?: string): Failure {
  const kind = kinds[status] ?? (status >= 500 ? serverFault : callerFault);
  return { status, type: kind.type, message: message ?? kind.message };
}

/** Refuses a request as invalid. */
export function invalid(message: string): Refusal {
  return new Refusal(failure(400, message));
}

/** Refuses a request whose JSON does not stand for the message. */
export function invalidJSON(issues: readonly ProtoIssue[]): Refusal {
  const fieldViolations = issues.map(({ field, description }) => ({ field, description }));
  return new Refusal({
    ...failure(400, issues.map(({ description }) => description).join("\n")),
    details: [{ "@type": `${types}.BadRequest`, fieldViolations }],
  });
}

/** Google's words for a problem that is the same at all of its services. */
export function word(
  problem: Exclude<Problem, { kind: "no-key" | "wrong-key" | "echo-key" }>,
): Failure {
  switch (problem.kind) {
    case "content-type":
    case "bad-json":
      return failure(400, "Invalid JSON payload received. Unexpected token.");
    case "too-large":
      return failure(413);
    case "no-route":
    case "wrong-method":
      return failure(404);
    case "directive":
      return failure(400, problem.message);
    case "status":
      return failure(problem.status);
    case "blocked":
      return failure(400, `The prompt was blocked: ${problem.reason}.`);
    case "stream":
      return failure(500);
  }
}

/** An `ErrorInfo` and a `LocalizedMessage`, as Google sends them for keys. */
export function keyDetails(reason: string, service: string, message: string): JSONObject[] {
  return [
    { "@type": `${types}.ErrorInfo`, reason, domain: "googleapis.com", metadata: { service } },
    { "@type": `${types}.LocalizedMessage`, locale: "en-US", message },
  ];
}

/**
 * The body of a failure. Of a failed quota `code` is the quota's id; elsewhere it is the reason of
 * an `ErrorInfo`. `retryAfter` stands in a `RetryInfo`.
 */
export function failureBody(failure: Failure): JSONObject {
  const { status, type, code, message, retryAfter } = failure;
  const details = [
    ...(failure.details ?? []),
    ...(status === 429 && (code !== undefined || retryAfter !== undefined)
      ? [quotaFailure(code ?? usualQuota)]
      : []),
    ...(status !== 429 && code !== undefined
      ? [{ "@type": `${types}.ErrorInfo`, reason: code, domain: "googleapis.com" }]
      : []),
    ...(retryAfter === undefined
      ? []
      : [{ "@type": `${types}.RetryInfo`, retryDelay: `${retryAfter}s` }]),
  ];
  const error = { code: status, message, status: type, ...(details.length > 0 && { details }) };
  return { error };
}

function quotaFailure(quotaId: string): JSONObject {
  const violation = {
    quotaMetric: "generativelanguage.googleapis.com/generate_content_requests",
    quotaId,
    quotaDimensions: { location: "global", model: "simulated" },
    quotaValue: "10",
  };
  return { "@type": `${types}.QuotaFailure`, violations: [violation] };
}
