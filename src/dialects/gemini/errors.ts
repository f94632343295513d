import type { JsonObject } from "@bufbuild/protobuf";
import type { ProviderFailure } from "../../contract/adapter.ts";
import type { ConnectorError, ErrorFields } from "../../contract/connector-error.ts";
import type { Reason } from "../../contract/reasons.ts";
import { cleanText, providerError, reasonForStatus } from "../provider-error.ts";
import { readStatusObject, readStatusText, type StatusBody } from "./error-body.ts";

/** A failure of a server of this wire, classified by its details, its status word and its words. */
export function geminiError({ status, body }: ProviderFailure): ConnectorError {
  return classify(readStatusText(body), status);
}

/** An error inside a success: a body, or an element of a stream, with or without its envelope. */
export function geminiInnerError(body: JsonObject): ConnectorError {
  return classify(readStatusObject(body), 200);
}

/** A wait that shows a quota which is only reset much later, not a rate. */
const quotaWaitMsMin = 3_600_000;

/** `ErrorInfo.reason` of Google's APIs (google/api/error_reason.proto). */
const reasonByInfo: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["API_KEY_INVALID", "PROVIDER_CREDENTIAL_INVALID"],
  ["API_KEY_EXPIRED", "PROVIDER_CREDENTIAL_INVALID"],
  ["ACCESS_TOKEN_EXPIRED", "PROVIDER_CREDENTIAL_INVALID"],
  ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "PROVIDER_CREDENTIAL_INVALID"],
  ["ACCESS_TOKEN_TYPE_UNSUPPORTED", "PROVIDER_CREDENTIAL_INVALID"],
  ["ACCOUNT_STATE_INVALID", "PROVIDER_CREDENTIAL_INVALID"],
  ["CREDENTIALS_MISSING", "PROVIDER_CREDENTIAL_INVALID"],
  ["BILLING_DISABLED", "PROVIDER_REGION_OR_BILLING"],
  ["LOCATION_POLICY_VIOLATED", "PROVIDER_REGION_BLOCKED"],
  ["LOCATION_ORG_POLICY_VIOLATED", "PROVIDER_REGION_BLOCKED"],
  ["SERVICE_DISABLED", "PROVIDER_PERMISSION_DENIED"],
  ["API_KEY_SERVICE_BLOCKED", "PROVIDER_PERMISSION_DENIED"],
  ["API_KEY_HTTP_REFERRER_BLOCKED", "PROVIDER_PERMISSION_DENIED"],
  ["API_KEY_IP_ADDRESS_BLOCKED", "PROVIDER_PERMISSION_DENIED"],
  ["CONSUMER_INVALID", "PROVIDER_PERMISSION_DENIED"],
  ["CONSUMER_SUSPENDED", "PROVIDER_PERMISSION_DENIED"],
  ["USER_PROJECT_DENIED", "PROVIDER_PERMISSION_DENIED"],
  ["IAM_PERMISSION_DENIED", "PROVIDER_PERMISSION_DENIED"],
]);

/** The status that a word comes with, for errors inside a success that name no number. */
const statusByWord: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  ALREADY_EXISTS: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL: 500,
  UNKNOWN: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

interface WordRule {
  readonly words: RegExp;
  readonly statuses: readonly number[];
  readonly reason: Reason;
}

/** Classes that only words tell apart. Words of a 429 never prove that money is spent. */
const wordRules: readonly WordRule[] = [
  {
    words:
      /token count[^.]{0,60}exceeds the maximum|exceeds?[^.]{0,60}(?:context (?:window|length|size)|number of tokens allowed)/i,
    statuses: [400, 413],
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    words: /payload size exceeds|request (?:is )?too large/i,
    statuses: [400, 413],
    reason: "REQUEST_TOO_LARGE",
  },
  {
    words: /responsible AI practices|prompt (?:was|is|has been) blocked/i,
    statuses: [400],
    reason: "CONTENT_FILTERED",
  },
  {
    words:
      /API key (?:not (?:valid|found)|expired|was reported as leaked)|unregistered callers|invalid authentication credentials/i,
    statuses: [400, 401, 403],
    reason: "PROVIDER_CREDENTIAL_INVALID",
  },
  {
    words: /(?:location|country|region)[^.]{0,40}(?:is )?not supported/i,
    statuses: [403],
    reason: "PROVIDER_REGION_BLOCKED",
  },
  {
    words:
      /\bmodels?\b[^\n]{0,400}\b(?:not found|not supported|no longer available|does not exist)|requested entity was not found/i,
    statuses: [404],
    reason: "MODEL_NOT_FOUND",
  },
  {
    words: /overloaded|high demand/i,
    statuses: [500, 503],
    reason: "PROVIDER_OVERLOADED",
  },
];

function classify(body: StatusBody, httpStatus: number): ConnectorError {
  const isInside = httpStatus < 300;
  const worded = Object.hasOwn(statusByWord, body.type) ? statusByWord[body.type] : undefined;
  // Inside a success, an error that tells no class of its own is a fault of the server.
  const status = isInside ? body.status || (worded ?? 500) : httpStatus;
  const reason = reasonOf(body, status);
  const message = body.message || (isInside ? "the provider reported an error" : "");
  const { metadata, ...fields } = fieldsOf(reason, body);
  return providerError(reason, { ...body, message }, httpStatus, {
    ...fields,
    metadata: {
      ...(body.reason && { provider_reason: cleanText(body.reason) }),
      ...(body.requestID && { provider_request_id: cleanText(body.requestID) }),
      ...metadata,
    },
  });
}

function reasonOf(body: StatusBody, status: number): Reason {
  const named = reasonByInfo.get(body.reason);
  if (named !== undefined) return named;
  if (status === 429) return isLasting(body) ? "PROVIDER_QUOTA_EXHAUSTED" : "PROVIDER_RATE_LIMITED";
  if (body.blockReason !== "" && status < 500) return "CONTENT_FILTERED";
  const line = cleanText(body.message);
  if (body.type === "FAILED_PRECONDITION") {
    // Of a file that is still being taken in, the same word is used.
    return /\bfile\b/i.test(line) ? "PROVIDER_INVALID_REQUEST" : "PROVIDER_REGION_OR_BILLING";
  }
  const rule = wordRules.find(
    ({ words, statuses }) => statuses.includes(status) && words.test(line),
  );
  if (rule !== undefined) return rule.reason;
  return reasonForStatus(status);
}

/**
 * Whether a limit will not pass soon: one of a day or month, one of nothing, or a very long wait.
 */
function isLasting({ quotas, retryAfterMs }: StatusBody): boolean {
  const lasting = ({ name, value }: { name: string; value: string }): boolean =>
    /per_?(?:day|month)/i.test(name) || value === "0";
  return quotas.some(lasting) || (retryAfterMs !== undefined && retryAfterMs >= quotaWaitMsMin);
}

function fieldsOf(reason: Reason, body: StatusBody): ErrorFields {
  const { retryAfterMs, quotas, violations, blockReason } = body;
  const line = cleanText(body.message);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  switch (reason) {
    case "PROVIDER_RATE_LIMITED":
    case "PROVIDER_QUOTA_EXHAUSTED": {
      const quotaSubjects = [...new Set(quotas.map(({ name }) => name))];
      return { ...wait, ...(quotaSubjects.length > 0 && { quotaSubjects }) };
    }
    case "CONTEXT_LENGTH_EXCEEDED":
      return { metadata: contextNumbers(line) };
    case "CONTENT_FILTERED":
      return blockReason === "" ? {} : { metadata: { category: cleanText(blockReason) } };
    case "MODEL_NOT_FOUND": {
      const name = /\bmodels\/([^\s`'"]{1,256})/.exec(line)?.[1];
      return name === undefined ? {} : { resource: { type: "model", name } };
    }
    default:
      return { ...wait, ...(violations.length > 0 && { violations }) };
  }
}

/** "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576)." */
function contextNumbers(line: string): Readonly<Record<string, string>> {
  const requested = /token count[^.\d]{0,20}(\d{1,12})/i.exec(line)?.[1];
  const limit = /(?:allowed|limit|maximum)[^.\d]{0,20}(\d{1,12})/i.exec(line)?.[1];
  return { ...(limit && { limit }), ...(requested && { requested }) };
}
