import type { JSONObject } from "../json.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";

interface Kind {
  readonly type: string;
  readonly message: string;
}

const kinds: Readonly<Record<number, Kind>> = {
  400: { type: "invalid_request_error", message: "The request is not valid." },
  401: { type: "authentication_error", message: "invalid x-api-key" },
  402: { type: "billing_error", message: "Your credit balance is too low." },
  403: {
    type: "permission_error",
    message: "Your API key does not have permission to use the specified resource.",
  },
  404: { type: "not_found_error", message: "Not found" },
  409: { type: "invalid_request_error", message: "Conflict" },
  413: { type: "request_too_large", message: "Request exceeds the maximum size" },
  429: {
    type: "rate_limit_error",
    message: "This request would exceed your organization's rate limit.",
  },
  500: { type: "api_error", message: "Internal server error" },
  504: { type: "timeout_error", message: "The request timed out." },
  529: { type: "overloaded_error", message: "Overloaded" },
};

const serverFault: Kind = { type: "api_error", message: "Internal server error" };
const callerFault: Kind = { type: "invalid_request_error", message: "The request is not valid." };

/** A failure with the provider's type and, unless another is given, its message. */
export function failure(status: number, message?: string): Failure {
  const kind = kinds[status] ?? (status >= 500 ? serverFault : callerFault);
  return { status, type: kind.type, message: message ?? kind.message };
}

/** Refuses a request as invalid. */
export function invalid(message: string): Refusal {
  return new Refusal(failure(400, message));
}

/** The provider's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
      return failure(401, "x-api-key header is required");
    case "wrong-key":
      return failure(401);
    case "echo-key":
      return failure(401, `invalid x-api-key: ${problem.key}`);
    case "content-type":
      return failure(415, "content-type: must be application/json");
    case "bad-json":
      return failure(400, "The request body is not valid JSON");
    case "too-large":
      return failure(413);
    case "no-route":
      return failure(404);
    case "wrong-method":
      return failure(405, "Method Not Allowed");
    case "directive":
      return failure(400, problem.message);
    case "blocked":
      return failure(400, "Output blocked by content filtering policy");
    case "status":
      return failure(problem.status);
    case "stream":
      return failure(529);
  }
}

/** The body of a failure. */
export function failureBody({ type, message }: Failure, requestId: string): JSONObject {
  return { type: "error", error: { type, message }, request_id: requestId };
}
