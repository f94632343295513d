import type { JSONObject } from "../json.ts";
import type { Issue, PathStep, Shape } from "../shape.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";

interface Kind {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

const kinds: Readonly<Record<number, Kind>> = {
  402: { type: "payment_required", code: "1402", message: "Your plan has no credit left." },
  404: { type: "not_found", code: "1404", message: "no Route matched with those values" },
  422: { type: "invalid_request_error", code: "1422", message: "The request is not valid." },
  429: { type: "rate_limited", code: "1300", message: "Requests rate limit exceeded" },
  500: { type: "internal_server_error", code: "1000", message: "Internal server error" },
  502: { type: "internal_server_proxy", code: "1100", message: "Bad gateway." },
  503: { type: "unreachable_backend", code: "1100", message: "Service unavailable." },
  504: { type: "gateway_timeout", code: "1100", message: "The upstream server timed out." },
};
const serverFault: Kind = { type: "internal_server_error", code: "1000", message: "Server error" };
const callerFault: Kind = {
  type: "invalid_request_error",
  code: "3000",
  message: "The request is not valid.",
};
/** Failures of keys are told of by this alone, without the usual envelope. */
const detailType = "detail";

/** A failure with the provider's type and code and, unless another is given, its message. */
function failure(status: number, message?: string): Failure {
  const kind = kinds[status] ?? (status >= 500 ? serverFault : callerFault);
  return { status, ...kind, ...(message !== undefined && { message }) };
}

/** Refuses a request by one of the provider's numbered rules. */
export function broken(type: string, code: string, message: string): Refusal {
  return new Refusal({ status: 400, type, code, message });
}

/** Refuses a request whose order of messages is wrong. */
export function misordered(message: string): Refusal {
  return broken("invalid_request_message_order", "3230", message);
}

/** The provider's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
      return detailed(401, "No API key found in request");
    case "wrong-key":
      return detailed(401, "Invalid API Key");
    case "echo-key":
      return detailed(401, `Invalid API Key: ${problem.key}`);
    case "content-type":
    case "bad-json":
      return invalidBody(["body", 1], "json_invalid", "JSON decode error", undefined);
    case "too-large":
      return failure(413, "Request too large");
    case "no-route":
      return failure(404);
    case "wrong-method":
      return detailed(405, "Method Not Allowed");
    case "directive":
      return failure(400, problem.message);
    case "status":
      return problem.status === 401 ? detailed(401, "Unauthorized") : failure(problem.status);
    case "blocked":
      return failure(403, `The request was blocked by guardrails: ${problem.reason}`);
    case "stream":
      return failure(500);
  }
}

/** The body of a failure. */
export function failureBody({ status, type, code, param, message, details }: Failure): JSONObject {
  if (details) return { detail: details };
  if (type === detailType) return { detail: message };
  const shown = { object: "error", message, type, param: param ?? null, code: code ?? null };
  return { ...shown, raw_status_code: status };
}

/** Refuses a request whose body is not of its shape, with 422. */
export function issueRefusal({ problem, path, shape, value }: Issue): Refusal {
  const loc = ["body", ...path.map(stepText)];
  const [type, msg] = issueWords(problem, shape);
  return new Refusal(invalidBody(loc, type, msg, value ?? null));
}

function stepText(step: PathStep): string | number {
  return typeof step === "object" ? step.tag : step;
}

function detailed(status: number, message: string): Failure {
  return { status, type: detailType, message };
}

function invalidBody(
  loc: readonly (string | number)[],
  type: string,
  msg: string,
  input: JSONObject[string],
): Failure {
  return { ...failure(422, msg), details: [{ type, loc, msg, input: input ?? null }] };
}

function issueWords(problem: Issue["problem"], shape: Shape): readonly [type: string, msg: string] {
  switch (problem) {
    case "unknown":
      return ["extra_forbidden", "Extra inputs are not permitted"];
    case "missing":
      return ["missing", "Field required"];
    case "choice":
      return ["enum", `Input should be ${quoted(shape.kind === "text" ? shape.oneOf : [])}`];
    case "pattern":
      return ["string_pattern_mismatch", "String should match the pattern of the field"];
    case "empty":
      return ["too_short", "List should have at least 1 item after validation, not 0"];
    case "tag":
      return [
        "union_tag_invalid",
        `Input tag does not match any of the expected tags: ${quoted(
          shape.kind === "tagged" ? shape.known : [],
        )}`,
      ];
    case "below":
      return ["greater_than_equal", `Input should be greater than or equal to ${bound(shape)[0]}`];
    case "above":
      return ["less_than_equal", `Input should be less than or equal to ${bound(shape)[1]}`];
    case "type":
      return typeWords(shape);
  }
}

function bound(shape: Shape): readonly [min: number | undefined, max: number | undefined] {
  return shape.kind === "number" ? [shape.min, shape.max] : [undefined, undefined];
}

function typeWords(shape: Shape): readonly [type: string, msg: string] {
  switch (shape.kind) {
    case "flag":
      return ["bool_type", "Input should be a valid boolean"];
    case "text":
      return ["string_type", "Input should be a valid string"];
    case "number":
      return shape.whole
        ? ["int_type", "Input should be a valid integer"]
        : ["float_type", "Input should be a valid number"];
    case "list":
      return ["list_type", "Input should be a valid list"];
    case "object":
    case "tagged":
    case "either":
    case "any":
      return ["model_attributes_type", "Input should be a valid dictionary or object"];
  }
}

function quoted(words: readonly string[] = []): string {
  return words.map((one) => `'${one}'`).join(", ");
}
