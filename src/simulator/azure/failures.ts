import type { JSONObject } from "../json.ts";
import { failureBody as openaiBody, word as openaiWord } from "../openai/failures.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";

/** Failures of Azure itself have no type; those of the model behind it have OpenAI's. */
const azureType = "";

const messages: Readonly<Record<number, Omit<Failure, "status" | "type">>> = {
  401: {
    code: "401",
    message:
      "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide " +
      "a valid key for an active subscription and use a correct regional API endpoint for your " +
      "resource.",
  },
  403: { code: "403", message: "Access denied due to Virtual Network/Firewall rules." },
  404: { code: "404", message: "Resource not found" },
  408: { code: "Timeout", message: "The operation was timeout." },
  429: {
    code: "RateLimitReached",
    message:
      "Your requests to simulated for simulated in westeurope have exceeded the call rate limit " +
      "for your current AIServices S0 pricing tier.",
  },
};

/** Categories of the content filter that have a severity. */
const categories: readonly string[] = ["hate", "self_harm", "sexual", "violence"];

/** A failure of Azure itself. */
export function azureFailure(status: number, code?: string, message?: string): Failure {
  const usual = messages[status] ?? { code: String(status), message: "The request failed." };
  return { status, type: azureType, code: code ?? usual.code, message: message ?? usual.message };
}

/** Refuses a deployment that there is none of. */
export function noDeployment(): Refusal {
  return new Refusal(
    azureFailure(
      404,
      "DeploymentNotFound",
      "The API deployment for this resource does not exist. If you created the deployment within " +
        "the last 5 minutes, please wait a moment and try again.",
    ),
  );
}

/** Azure's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
    case "wrong-key":
      return azureFailure(401);
    case "echo-key":
      return azureFailure(
        401,
        "401",
        `Access denied due to invalid subscription key ${problem.key}.`,
      );
    case "no-route":
    case "wrong-method":
      return azureFailure(404);
    case "status":
      return messages[problem.status] ? azureFailure(problem.status) : openaiWord(problem);
    case "blocked":
      return filtered(problem.reason);
    default:
      return openaiWord(problem);
  }
}

/** A prompt that the content filter stops. */
function filtered(reason: string): Failure {
  const results = filterResults();
  const innererror = {
    code: "ResponsibleAIPolicyViolation",
    content_filter_result: { ...results, [reason]: { filtered: true, severity: "high" } },
  };
  return {
    status: 400,
    type: "null",
    param: "prompt",
    code: "content_filter",
    message:
      "The response was filtered due to the prompt triggering Azure OpenAI's content management " +
      "policy. Please modify your prompt and retry.",
    details: [innererror],
  };
}

/** What the content filter says about text that it finds nothing in. */
export function filterResults(): JSONObject {
  const safe = { filtered: false, severity: "safe" };
  return Object.fromEntries(categories.map((category) => [category, safe]));
}

/** The body of a failure. */
export function failureBody(failure: Failure): JSONObject {
  const { type, code, message, details, param, status } = failure;
  if (type === azureType) return { error: { code: code ?? null, message } };
  const [innererror] = details ?? [];
  if (!innererror) return openaiBody(failure);
  return {
    error: { message, type: null, param: param ?? null, code: code ?? null, status, innererror },
  };
}
