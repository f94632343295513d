import { Code } from "../../gen/ts/google/rpc/code_pb.ts";
import { ConnectorError, type ErrorFields } from "../contract/connector-error.ts";
import { type Reason, reasons } from "../contract/reasons.ts";

/**
 * What is kept of a text from outside. It is far over what leaves the process, since secrets are
 * taken out in between, and one that was cut would not be known any more.
 */
const keptCharactersMax = 4096;

/** What a provider's error body says, in whatever shape it came. Empty where it says nothing. */
export interface ProviderErrorBody {
  /** The provider's word for the class, such as "invalid_request_error". */
  readonly type: string;
  /** The provider's code, such as "context_length_exceeded". */
  readonly code: string;
  /** The provider's words. */
  readonly message: string;
  /** The field it names. */
  readonly field: string;
}

const byStatus: Readonly<Record<number, Reason>> = {
  400: "PROVIDER_INVALID_REQUEST",
  401: "PROVIDER_CREDENTIAL_INVALID",
  402: "PROVIDER_BILLING_EXHAUSTED",
  403: "PROVIDER_PERMISSION_DENIED",
  404: "PROVIDER_ENDPOINT_NOT_FOUND",
  405: "PROVIDER_UNSUPPORTED",
  408: "PROVIDER_REQUEST_TIMEOUT",
  409: "PROVIDER_CONFLICT",
  413: "REQUEST_TOO_LARGE",
  415: "PROVIDER_INVALID_REQUEST",
  422: "PROVIDER_INVALID_REQUEST",
  425: "PROVIDER_TOO_EARLY",
  429: "PROVIDER_RATE_LIMITED",
  499: "CALLER_CANCELLED",
  500: "PROVIDER_INTERNAL",
  501: "PROVIDER_UNSUPPORTED",
  502: "PROVIDER_UNAVAILABLE",
  503: "PROVIDER_UNAVAILABLE",
  504: "PROVIDER_TIMEOUT",
  529: "PROVIDER_OVERLOADED",
};

/** The reason that a status alone gives: what holds when the body says nothing better. */
export function reasonForStatus(status: number): Reason {
  const known = byStatus[status];
  if (known !== undefined) return known;
  if (status >= 300 && status < 400) return "PROVIDER_REDIRECT_REFUSED";
  if (status >= 520 && status <= 527) return "PROVIDER_EDGE_ERROR";
  if (status >= 400 && status < 500) return "PROVIDER_INVALID_REQUEST";
  return status >= 500 ? "PROVIDER_INTERNAL" : "PROVIDER_MALFORMED_RESPONSE";
}

/** Further off than this, no wait is believed, seconds: a week. */
const believableSecondsMax = 7 * 24 * 3600;

/**
 * The seconds of `retry-after`. Unset: it is missing, a date, or a number that nobody means, such
 * as a negative or an endless one.
 */
export function retryAfterSeconds(
  headers: Readonly<Record<string, string | undefined>>,
): number | undefined {
  const text = headers["retry-after"]?.trim() ?? "";
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return seconds <= believableSecondsMax ? seconds : undefined;
}

/** A provider's failure as an error: the provider's words, shortened and cleaned, for people. */
export function providerError(
  reason: Reason,
  body: ProviderErrorBody,
  status: number,
  fields: ErrorFields = {},
): ConnectorError {
  const words = cleanText(body.message);
  const code = body.code || body.type;
  const message = words === "" ? `the provider answered with status ${status}` : words;
  return new ConnectorError(reason, message, {
    ...detailsFor(reason, body, words),
    ...fields,
    metadata: {
      ...(code && { provider_code: cleanText(code) }),
      ...(status > 0 && { http_status: String(status) }),
      ...fields.metadata,
    },
  });
}

/** Text from outside on one line: control characters become spaces, 4096 characters at most. */
export function cleanText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  const whole = line.toWellFormed();
  return whole.length > keptCharactersMax
    ? `${whole.slice(0, keptCharactersMax - 1).toWellFormed()}…`
    : whole;
}

function detailsFor(reason: Reason, body: ProviderErrorBody, words: string): ErrorFields {
  const field = cleanText(body.field);
  const isNamed = field !== "" && reasons[reason].code === Code.INVALID_ARGUMENT;
  const violations =
    isNamed || badRequestReasons.has(reason)
      ? [{ field: field || "request", description: words }]
      : undefined;
  const precondition = preconditionReasons.has(reason)
    ? { type: reason, description: words }
    : undefined;
  return { violations, precondition };
}

const badRequestReasons: ReadonlySet<Reason> = new Set<Reason>([
  "CONTEXT_LENGTH_EXCEEDED",
  "CONTENT_FILTERED",
  "REQUEST_TOO_LARGE",
]);

const preconditionReasons: ReadonlySet<Reason> = new Set<Reason>([
  "PROVIDER_REGION_OR_BILLING",
  "PROVIDER_CREDENTIAL_INVALID",
  "PROVIDER_BILLING_EXHAUSTED",
  "PROVIDER_REGION_BLOCKED",
  "PROVIDER_REDIRECT_REFUSED",
]);
