import type { JSONObject } from "../json.ts";
import type { Issue, PathStep } from "../shape.ts";
import { type Failure, type Problem, Refusal, type StreamItem } from "../wire.ts";
import { exceptionItem } from "./event-stream.ts";

interface Kind {
  readonly type: string;
  readonly message: string;
}

const kinds: Readonly<Record<number, Kind>> = {
  400: { type: "ValidationException", message: "The request is not valid." },
  403: {
    type: "AccessDeniedException",
    message: "You don't have access to the model with the specified model ID.",
  },
  404: { type: "ResourceNotFoundException", message: "Could not resolve the foundation model." },
  408: { type: "ModelTimeoutException", message: "The model took too long to answer." },
  424: {
    type: "ModelErrorException",
    message:
      "The system encountered an unexpected error during processing. Try your request again.",
  },
  429: {
    type: "ThrottlingException",
    message: "Too many requests, please wait before trying again.",
  },
  500: {
    type: "InternalServerException",
    message:
      "The system encountered an unexpected error during processing. Try your request again.",
  },
  502: { type: "ServiceUnavailableException", message: "Bedrock could not be reached." },
  503: {
    type: "ServiceUnavailableException",
    message: "Bedrock is unable to process your request.",
  },
};
/** No exception of the service has any other status: what is in front of it has no types. */
const otherFault: Kind = { type: "", message: "The request failed." };

/** A failure with, unless others are given, its usual message and type of exception, if any. */
export function failure(status: number, message?: string, type?: string): Failure {
  const kind = kinds[status] ?? otherFault;
  return { status, type: type ?? kind.type, message: message ?? kind.message };
}

/** Refuses a request as invalid. */
export function invalid(message: string): Refusal {
  return new Refusal(failure(400, message));
}

/** Refuses what the model behind the service refuses. */
export function refusedByModel(message: string): Refusal {
  return invalid(`The model returned the following errors: ${message}`);
}

/** The service's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
      return failure(403, "Missing Authentication Token", "MissingAuthenticationTokenException");
    case "wrong-key":
      return failure(
        403,
        "The security token included in the request is invalid.",
        "UnrecognizedClientException",
      );
    case "echo-key":
      return failure(
        403,
        `The security token included in the request is invalid: ${problem.key}`,
        "UnrecognizedClientException",
      );
    case "content-type":
    case "bad-json":
      return failure(400, "Unexpected end of input.", "SerializationException");
    case "too-large":
      return failure(413, "Request size exceeds the limit.", "ValidationException");
    case "no-route":
    case "wrong-method":
      return failure(404, "", "UnknownOperationException");
    case "directive":
      return failure(400, problem.message);
    case "blocked":
      return failure(400, `The prompt was blocked: ${problem.reason}`);
    case "status":
      return failure(problem.status);
    case "stream":
      return failure(424, undefined, "ModelStreamErrorException");
  }
}

/** The body of a failure, whose type stands in a header. */
export function failureBody({ message }: Failure): JSONObject {
  return { message };
}

/** A failure in the middle of a stream: an exception of the kinds that streams have. */
export function streamException(failure: Failure): readonly StreamItem[] {
  const { status, message } = failure;
  const usual = status >= 500 ? "InternalServerException" : "ValidationException";
  const type = failure.type || usual;
  const isModel = type === "ModelErrorException" || type === "ModelStreamErrorException";
  const kind = isModel
    ? "modelStreamErrorException"
    : `${type.charAt(0).toLowerCase()}${type.slice(1)}`;
  const original = isModel ? { originalStatusCode: status, originalMessage: message } : {};
  return [exceptionItem(kind, JSON.stringify({ message, ...original }))];
}

/** An issue in the words of AWS's own validation. */
export function issueRefusal({ problem, path, shape, value }: Issue): Refusal {
  const where = path
    .map(stepText)
    .filter((step) => step !== "")
    .join(".");
  const failed = (given: unknown, constraint: string): Refusal => {
    const shown = given === null ? "null" : `'${given}'`;
    return invalid(
      `1 validation error detected: Value ${shown} at '${where}' failed to satisfy constraint: ` +
        `Member must ${constraint}`,
    );
  };
  switch (problem) {
    case "missing":
      return failed(null, "not be null");
    case "choice":
      return failed(
        value,
        `satisfy enum value set: [${shape.kind === "text" ? shape.oneOf?.join(", ") : ""}]`,
      );
    case "pattern":
      return failed(
        value,
        `satisfy regular expression pattern: ${shape.kind === "text" ? shape.pattern?.source : ""}`,
      );
    case "below":
      return failed(
        value,
        `have value greater than or equal to ${shape.kind === "number" ? shape.min : 0}`,
      );
    case "above":
      return failed(
        value,
        `have value less than or equal to ${shape.kind === "number" ? shape.max : 0}`,
      );
    case "empty":
      return failed("[]", "have length greater than or equal to 1");
    case "tag":
    case "unknown":
    case "type":
      return new Refusal(failure(400, `Unexpected value at '${where}'.`, "SerializationException"));
  }
}

/** AWS counts members from one. */
function stepText(step: PathStep): string {
  if (typeof step === "number") return `${step + 1}.member`;
  return typeof step === "string" ? step : "";
}
