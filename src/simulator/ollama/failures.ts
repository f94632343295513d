import type { JSONValue } from "../json.ts";
import type { Issue, Shape } from "../shape.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";

const messages: Readonly<Record<number, string>> = {
  401: "unauthorized",
  403: "this model requires a subscription, upgrade for access",
  404: "model 'simulated' not found",
  429: "you (simulated) have reached your hourly usage limit",
  500: "llama runner process has terminated: exit status 2",
  502: "bad gateway",
  503: "server busy, please try again.  maximum pending requests exceeded",
};

/** Failures of the router come as plain text. */
const plainType = "plain";

/** A failure with, unless another is given, its usual message. */
function failure(status: number, message?: string): Failure {
  return { status, type: "", message: message ?? messages[status] ?? `simulated ${status}` };
}

/** Refuses a request, with status 400 unless another is given. */
export function refused(message: string, status = 400): Refusal {
  return new Refusal(failure(status, message));
}

/** The server's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
    case "wrong-key":
      return failure(401);
    case "echo-key":
      return failure(401, `unauthorized: ${problem.key}`);
    case "content-type":
    case "bad-json":
      return failure(400, "unexpected EOF");
    case "too-large":
      return failure(413, "http: request body too large");
    case "no-route":
      return { ...failure(404, "404 page not found"), type: plainType };
    case "wrong-method":
      return { ...failure(405, "405 method not allowed"), type: plainType };
    case "directive":
      return failure(400, problem.message);
    case "blocked":
      return failure(400, `the prompt was blocked: ${problem.reason}`);
    case "status":
      return failure(problem.status);
    case "stream":
      return failure(500, "an error was encountered while running the model");
  }
}

/** The body of a failure: one text in JSON, or plain text. */
export function failureBody({ type, message }: Failure): JSONValue {
  return type === plainType ? message : { error: message };
}

/** An issue in the words of the JSON reader that the server is built on. */
export function issueRefusal({ path, shape, value }: Issue): Refusal {
  const field = path.filter((step) => typeof step === "string").join(".");
  return refused(
    `json: cannot unmarshal ${kindOf(value)} into Go struct field ChatRequest.${field} of type ` +
      typeName(shape),
  );
}

function kindOf(value: Issue["value"]): string {
  if (Array.isArray(value)) return "array";
  const kind = typeof value;
  return kind === "boolean" ? "bool" : kind;
}

function typeName(shape: Shape): string {
  switch (shape.kind) {
    case "flag":
      return "bool";
    case "text":
      return "string";
    case "number":
      return shape.whole ? "int" : "float64";
    case "list":
      return `[]${typeName(shape.items)}`;
    case "object":
    case "tagged":
    case "either":
    case "any":
      return "api.Message";
  }
}
