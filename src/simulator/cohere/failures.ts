import type { JSONObject } from "../json.ts";
import type { Issue } from "../shape.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";

const messages: Readonly<Record<number, string>> = {
  401: "invalid api token",
  402: "Please add or update your payment method to continue",
  403: "your API key is not permitted to call this endpoint",
  404: "not found, make sure the correct model ID was used",
  429: "You are using a Trial key, which is limited to 20 API calls / minute.",
  498: "request was blocked because of an invalid token",
  499: "request was cancelled",
  500: "internal server error, this has been reported to our developers. id simulated",
  503: "service is temporarily unavailable, please try again later",
  504: "request timed out",
};

/** A failure with, unless another is given, its usual message. `code` is its type in the body. */
function failure(status: number, message?: string, code?: string): Failure {
  const usual = messages[status] ?? (status >= 500 ? messages[500] : "invalid request");
  return { status, type: "", code, message: message ?? usual ?? "" };
}

/** Refuses a request, with status 400 unless another is given. */
export function refused(message: string, status = 400, code?: string): Refusal {
  return new Refusal(failure(status, message, code));
}

/** The provider's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
      return failure(401, "no api key supplied");
    case "wrong-key":
      return failure(401);
    case "echo-key":
      return failure(401, `invalid api token: ${problem.key}`);
    case "content-type":
    case "bad-json":
      return failure(400, "invalid request: could not parse the JSON body");
    case "too-large":
      return failure(413, "request body too large");
    case "no-route":
      return failure(404, "not found");
    case "wrong-method":
      return failure(405, "method not allowed");
    case "directive":
      return failure(400, problem.message);
    case "blocked":
      return failure(400, `your request was blocked: ${problem.reason}`);
    case "status":
      return failure(problem.status);
    case "stream":
      return failure(500);
  }
}

/** The body of a failure. */
export function failureBody({ message, code }: Failure, id: string): JSONObject {
  return { id, message, ...(code !== undefined && { error_type: code }) };
}

/** An issue in the provider's words. */
export function issueRefusal({ problem, path, shape, value }: Issue): Refusal {
  const field = path
    .filter((step) => typeof step !== "object")
    .reduce<string>((text, step) => {
      if (typeof step === "number") return `${text}[${step}]`;
      return text === "" ? step : `${text}.${step}`;
    }, "");
  switch (problem) {
    case "unknown":
      return refused(`unknown field: parameter '${field}' is not a valid field`, 422);
    case "missing":
      return refused(`invalid request: ${field} is required.`);
    case "empty":
      return refused(`invalid request: ${field} must be at least 1 elements long.`);
    case "below":
    case "above":
      return refused(`invalid request: ${field} is out of range: ${JSON.stringify(value)}`);
    case "choice":
    case "tag":
    case "pattern": {
      const known = shape.kind === "text" ? shape.oneOf : undefined;
      const words = known ? `, must be one of ${known.join(", ")}` : "";
      return refused(`invalid request: ${field} has an invalid value${words}`, 422);
    }
    case "type":
      return refused(`invalid type: parameter '${field}' is of the wrong type.`, 422);
  }
}
