import type { JsonObject } from "@bufbuild/protobuf";
import type { ProviderFailure } from "../../contract/adapter.ts";
import type { ConnectorError, ErrorFields } from "../../contract/connector-error.ts";
import type { Reason } from "../../contract/reasons.ts";
import { isObject, objectOf, textOf } from "../json.ts";
import {
  cleanText,
  type ProviderErrorBody,
  providerError,
  reasonForStatus,
  retryAfterSeconds,
} from "../provider-error.ts";

/**
 * A failure of a server of this wire, classified by its code, its words, its type and its status.
 */
export function messagesError({ status, headers, body }: ProviderFailure): ConnectorError {
  return classify(readText(body), status, headers);
}

/** An error inside a success: the event `error` of a stream, or a body with status 200. */
export function messagesEventError(event: JsonObject): ConnectorError {
  return classify(readObject(event), 200, {});
}

interface ErrorBody extends ProviderErrorBody {
  /** A status that the error names itself. 0: none. */
  readonly status: number;
  /** The provider's id of the request. */
  readonly requestId: string;
  /** The error object as it came. */
  readonly raw: JsonObject;
}

function readText(text: string): ErrorBody {
  const trimmed = text.trim();
  try {
    const value: unknown = JSON.parse(trimmed);
    const object: unknown = Array.isArray(value) ? value[0] : value;
    return readObject(isObject(object) ? object : { message: textOf(object) });
  } catch {
    // A page of a proxy says nothing to people who read one line; plain text does.
    return readObject(trimmed.startsWith("<") ? {} : { message: trimmed });
  }
}

/** Reads `{type: "error", error: {…}}`, the same without its envelope, and OpenAI's shape. */
function readObject(object: JsonObject): ErrorBody {
  const { error } = object;
  const raw = isObject(error) ? error : object;
  const type = textOf(raw.type) === "error" ? "" : textOf(raw.type);
  const code = textOf(objectOf(raw.details).error_code) || textOf(raw.code);
  const message = textOf(raw.message) || textOf(error) || textOf(object.message);
  return {
    raw,
    type,
    code,
    message,
    field: textOf(raw.param) || fieldIn(message),
    status: statusIn(raw.code) || statusIn(raw.status),
    requestId: textOf(object.request_id),
  };
}

/**
 * The API names a field by starting with its path: "tools.0.custom.input_schema: Field required".
 */
function fieldIn(message: string): string {
  return /^([a-z][a-z_]*(?:\.[\w-]+)*): /.exec(message.slice(0, 256))?.[1] ?? "";
}

function statusIn(value: unknown): number {
  const status = Number(value);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : 0;
}

const reasonByCode: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["enforced_spend_limit_reached", "PROVIDER_BILLING_EXHAUSTED"],
  ["contract_spend_limit_reached", "PROVIDER_BILLING_EXHAUSTED"],
  ["linked_organization_spend_limit_reached", "PROVIDER_BILLING_EXHAUSTED"],
  ["linked_organization_billing_unavailable", "PROVIDER_BILLING_EXHAUSTED"],
  ["credit_balance_exhausted", "PROVIDER_BILLING_EXHAUSTED"],
  ["insufficient_quota", "PROVIDER_BILLING_EXHAUSTED"],
  ["billing_error", "PROVIDER_BILLING_EXHAUSTED"],
  ["ramp_limit_exceeded", "PROVIDER_RAMP_LIMITED"],
  ["slow_down", "PROVIDER_RAMP_LIMITED"],
  ["overloaded_error", "PROVIDER_OVERLOADED"],
  ["server_is_overloaded", "PROVIDER_OVERLOADED"],
  ["organization_on_hold", "PROVIDER_PERMISSION_DENIED"],
  ["request_body_too_large_after_decoding", "REQUEST_TOO_LARGE"],
  ["context_length_exceeded", "CONTEXT_LENGTH_EXCEEDED"],
  ["exceed_context_size_error", "CONTEXT_LENGTH_EXCEEDED"],
  ["unsupported_country_region_territory", "PROVIDER_REGION_BLOCKED"],
]);

/** The status a type of error comes with, for errors inside a success. */
const statusByType: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  forbidden: 403,
  not_found_error: 404,
  conflict_error: 409,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  server_error: 500,
  not_supported_error: 501,
  unavailable_error: 503,
  timeout_error: 504,
  overloaded_error: 529,
};

interface WordRule {
  readonly words: RegExp;
  readonly statuses: readonly number[];
  readonly reason: Reason;
}

/**
 * Classes that only words tell apart. Words of a 429 never prove that money is spent: a server that
 * speaks this wire may say anything there.
 */
const wordRules: readonly WordRule[] = [
  {
    words:
      /prompt is too long|exceeds?[^.]{0,40}context (?:limit|window|size|length)|maximum context length/i,
    statuses: [400, 413, 422, 500],
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    words: /blocked by content filtering policy/i,
    statuses: [400, 403, 500],
    reason: "CONTENT_FILTERED",
  },
  {
    words: /credit balance is too low|reached your specified (?:workspace )?API usage limits/i,
    statuses: [400, 402, 403],
    reason: "PROVIDER_BILLING_EXHAUSTED",
  },
  {
    words: /organization has been disabled/i,
    statuses: [400, 403],
    reason: "PROVIDER_PERMISSION_DENIED",
  },
  {
    words:
      /^request not allowed|unsupported (?:countr|region)|(?:countr|region|territor)[^.]{0,60} (?:not|un)[ -]?supported/i,
    statuses: [400, 403],
    reason: "PROVIDER_REGION_BLOCKED",
  },
  {
    words: /maximum usage increase rate|acceleration limit/i,
    statuses: [429],
    reason: "PROVIDER_RAMP_LIMITED",
  },
  {
    words: /^model: |\bmodel\b[^.]{0,300}(?:not found|does not exist|not available)/i,
    statuses: [404],
    reason: "MODEL_NOT_FOUND",
  },
  {
    // The path was right: something that the request names is missing.
    words: /\b(?:file|container|skill|previous_message)s?\b/i,
    statuses: [404],
    reason: "PROVIDER_INVALID_REQUEST",
  },
];

type Headers = Readonly<Record<string, string>>;

function classify(body: ErrorBody, httpStatus: number, headers: Headers): ConnectorError {
  const isInside = httpStatus < 300;
  const typed = Object.hasOwn(statusByType, body.type) ? statusByType[body.type] : undefined;
  // Inside a success, an error that tells no class of its own is a fault of the server.
  const status = isInside ? (typed ?? (body.status || 500)) : httpStatus;
  const reason = reasonOf(body, status, headers);
  const message = body.message || (isInside ? "the provider reported an error" : "");
  const { fields, metadata } = detailsOf(reason, body);
  return providerError(reason, { ...body, message }, httpStatus, {
    ...fields,
    metadata: {
      ...metadata,
      ...(body.requestId && { provider_request_id: cleanText(body.requestId) }),
    },
  });
}

/** A wait that shows a quota which is only reset much later, not a rate. */
const quotaSecondsMin = 3_600;

function reasonOf({ code, type, message }: ErrorBody, status: number, headers: Headers): Reason {
  const named = reasonByCode.get(code) ?? reasonByCode.get(type);
  if (named !== undefined) return named;
  const line = cleanText(message);
  const rule = wordRules.find(
    ({ words, statuses }) => statuses.includes(status) && words.test(line),
  );
  if (rule !== undefined) return rule.reason;
  if (status === 429 && (retryAfterSeconds(headers) ?? 0) >= quotaSecondsMin) {
    return "PROVIDER_QUOTA_EXHAUSTED";
  }
  return reasonForStatus(status);
}

interface Details {
  readonly fields?: ErrorFields;
  readonly metadata?: Readonly<Record<string, string>>;
}

function detailsOf(reason: Reason, body: ErrorBody): Details {
  const line = cleanText(body.message);
  switch (reason) {
    case "CONTEXT_LENGTH_EXCEEDED":
      return { metadata: contextNumbers(line, body.raw) };
    case "MODEL_NOT_FOUND": {
      const name =
        /^model: (\S{1,256})/.exec(line)?.[1] ?? /[`'"]([^`'"]{1,256})[`'"]/.exec(line)?.[1];
      return name === undefined ? {} : { fields: { resource: { type: "model", name } } };
    }
    case "PROVIDER_RATE_LIMITED":
    case "PROVIDER_RAMP_LIMITED":
    case "PROVIDER_QUOTA_EXHAUSTED": {
      const subject = limitIn(line);
      return subject === "" ? {} : { fields: { quotaSubjects: [subject] } };
    }
    default:
      return {};
  }
}

/** "3333404 tokens > 200000 maximum", "190000 + 20000 > 200000", or llama.cpp's own members. */
function contextNumbers(line: string, raw: JsonObject): Readonly<Record<string, string>> {
  const [, asked, more, most] =
    /(\d{1,12})(?: \+ (\d{1,12}))?(?: tokens)? > (\d{1,12})/.exec(line) ?? [];
  const limit = typeof raw.n_ctx === "number" ? raw.n_ctx : most;
  const requested =
    typeof raw.n_prompt_tokens === "number"
      ? raw.n_prompt_tokens
      : asked && Number(asked) + Number(more ?? 0);
  return {
    ...(limit && { limit: String(limit) }),
    ...(requested && { requested: String(requested) }),
  };
}

/** The limit that a rate limit's words name: "20,000 input tokens per minute". */
function limitIn(line: string): string {
  const [, unit, period] =
    /((?:input |output )?(?:requests|tokens)|connections) per (second|minute|hour|day)/i.exec(
      line,
    ) ?? [];
  if (unit !== undefined && period !== undefined) return `${unit} per ${period}`.toLowerCase();
  return /concurrent (?:requests|connections)/i.exec(line)?.[0].toLowerCase() ?? "";
}
