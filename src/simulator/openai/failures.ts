import type { JSONObject } from "../json.ts";
import { type Failure, type Problem, Refusal } from "../wire.ts";

type Kind = Omit<Failure, "status">;

const invalidType = "invalid_request_error";
const keysPage = "https://platform.openai.com/account/api-keys";

const kinds: Readonly<Record<number, Kind>> = {
  401: { type: invalidType, code: "invalid_api_key", message: "Incorrect API key provided." },
  402: {
    type: "billing_error",
    code: "billing_error",
    message: "Your account has no credit left.",
  },
  403: {
    type: invalidType,
    code: "unsupported_country_region_territory",
    message: "Country, region, or territory not supported",
  },
  404: { type: invalidType, code: "not_found", message: "Not found." },
  413: { type: invalidType, code: "request_too_large", message: "The request body is too large." },
  429: {
    type: "requests",
    code: "rate_limit_exceeded",
    message: "Rate limit reached on requests per min (RPM): Limit 500, Used 500, Requested 1.",
  },
  503: {
    type: "server_error",
    code: "server_is_overloaded",
    message: "Our servers are currently overloaded. Please try again later.",
  },
};

const serverFault: Kind = {
  type: "server_error",
  message: "The server had an error while processing your request.",
};
const callerFault: Kind = { type: invalidType, message: "The request is not valid." };

/** What a refusal names besides its message. */
export interface FailureDetail {
  readonly param?: string;
  readonly code?: string;
}

/** Refuses a request as invalid, with status 400 unless another is given. */
export function invalid(message: string, detail: FailureDetail = {}, status = 400): Refusal {
  return new Refusal({ status, type: invalidType, message, ...detail });
}

/** The provider's words for a problem. */
export function word(problem: Problem): Failure {
  switch (problem.kind) {
    case "no-key":
      return plain(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization " +
          "header using Bearer auth.",
      );
    case "wrong-key":
      return wrongKey(maskKey(problem.key));
    case "echo-key":
      return wrongKey(problem.key);
    case "content-type":
      return plain(
        415,
        `Unsupported content type: '${problem.contentType}'. Use 'application/json'.`,
      );
    case "bad-json":
      return plain(400, "We could not parse the JSON body of your request.");
    case "too-large":
      return failureOf(413);
    case "no-route":
      return plain(404, `Invalid URL (${problem.method} ${problem.path})`);
    case "wrong-method":
      return plain(405, `Not allowed to ${problem.method} on this path.`);
    case "directive":
      return plain(400, problem.message);
    case "blocked":
      return {
        ...plain(400, "Invalid prompt: your prompt was flagged as violating our usage policy."),
        code: "invalid_prompt",
      };
    case "status":
      return failureOf(problem.status);
    case "stream":
      return failureOf(500);
  }
}

/** The body of a failure. */
export function failureBody({ message, type, param, code }: Failure): JSONObject {
  return { error: { message, type, param: param ?? null, code: code ?? null } };
}

function failureOf(status: number): Failure {
  return { status, ...(kinds[status] ?? (status >= 500 ? serverFault : callerFault)) };
}

function plain(status: number, message: string): Failure {
  return { status, type: invalidType, message };
}

function wrongKey(shown: string): Failure {
  const message = `Incorrect API key provided: ${shown}. You can find your API key at ${keysPage}.`;
  return { ...failureOf(401), message };
}

/** The first eight and the last four characters of a long key; a short one is shown whole. */
function maskKey(key: string): string {
  if (key.length <= 12) return key;
  return `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`;
}
