import type { JsonObject } from "@bufbuild/protobuf";
import type { FieldViolation } from "../../contract/connector-error.ts";
import { arrayOf, isObject, objectOf, textOf } from "../json.ts";
import { cleanText, type ProviderErrorBody } from "../provider-error.ts";

/** Most violations and quotas of one error that are kept. */
const detailsMax = 16;

/** Longest wait that is believed. */
const waitMsMax = 7 * 24 * 3_600_000;

/** A limit that was met, as `google.rpc.QuotaFailure` names it. */
export interface MetQuota {
  /** "GenerateRequestsPerDayPerProjectPerModel-FreeTier", or what else names it. */
  readonly name: string;
  /** The limit itself. Empty: not told. */
  readonly value: string;
}

/** A `google.rpc.Status` in JSON, with those of its details that classify it. */
export interface StatusBody extends ProviderErrorBody {
  /** The status that it names itself. 0: none. */
  readonly status: number;
  /** `ErrorInfo.reason`, such as "API_KEY_INVALID". Empty: none. */
  readonly reason: string;
  /** `RetryInfo.retryDelay`, or the wait that the words name. */
  readonly retryAfterMs: number | undefined;
  readonly quotas: readonly MetQuota[];
  /** `BadRequest.fieldViolations`. */
  readonly violations: readonly FieldViolation[];
  /** `RequestInfo.requestId`. Empty: none. */
  readonly requestID: string;
  /** `promptFeedback.blockReason` beside the error. Empty: none. */
  readonly blockReason: string;
  /** Whether the body was JSON at all: a page says that no API answered. */
  readonly isJSON: boolean;
}

/**
 * Reads the body of a failure: `{error: {…}}`, a list with one, the same without its envelope, the
 * `{error: "text"}` of Google's token endpoint, plain text. HTML and empty bodies say nothing.
 */
export function readStatusText(body: string): StatusBody {
  const text = body.trim();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ...readStatusObject(text.startsWith("<") ? {} : { message: text }), isJSON: false };
  }
  const object: unknown = Array.isArray(value) ? value.find(isObject) : value;
  return readStatusObject(isObject(object) ? object : { message: textOf(object) });
}

/** Reads an error object, inside its envelope or without it. */
export function readStatusObject(object: JsonObject): StatusBody {
  const raw = isObject(object.error) ? object.error : object;
  const details = arrayOf(raw.details).filter(isObject);
  const detail = (name: string): JsonObject =>
    objectOf(details.find((one) => textOf(one["@type"]).endsWith(`.${name}`)));
  const message =
    textOf(raw.message) || textOf(raw.error_description) || textOf(object.error) || "";
  const violations = violationsOf(detail("BadRequest"));
  return {
    type: textOf(raw.status),
    code: "",
    message,
    field: violations[0]?.field ?? "",
    status: statusOf(raw.code),
    reason: textOf(detail("ErrorInfo").reason),
    retryAfterMs: believable(durationMs(detail("RetryInfo").retryDelay) ?? waitInWords(message)),
    quotas: quotasOf(detail("QuotaFailure")),
    violations,
    requestID: textOf(detail("RequestInfo").requestId),
    blockReason: textOf(objectOf(object.promptFeedback).blockReason),
    isJSON: true,
  };
}

function statusOf(code: unknown): number {
  const status = Number(code);
  return Number.isInteger(status) && status >= 400 && status <= 599 ? status : 0;
}

function violationsOf(badRequest: JsonObject): readonly FieldViolation[] {
  return arrayOf(badRequest.fieldViolations)
    .filter(isObject)
    .slice(0, detailsMax)
    .map(({ field, description }) => ({
      field: cleanText(textOf(field)) || "request",
      description: cleanText(textOf(description)),
    }));
}

function quotasOf(failure: JsonObject): readonly MetQuota[] {
  return arrayOf(failure.violations)
    .filter(isObject)
    .slice(0, detailsMax)
    .map(({ quotaId, quotaMetric, subject, quotaValue }) => ({
      name: cleanText(textOf(quotaId) || textOf(quotaMetric) || textOf(subject)),
      value: typeof quotaValue === "number" ? String(quotaValue) : textOf(quotaValue),
    }))
    .filter(({ name }) => name !== "");
}

/** A duration as JSON writes it, "48s" or "1.5s", or as an object of seconds and nanos. */
function durationMs(value: unknown): number | undefined {
  if (isObject(value)) {
    const seconds = Number(value.seconds ?? 0) + Number(value.nanos ?? 0) / 1e9;
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
  const [, seconds] = /^(\d{1,12}(?:\.\d{1,9})?)s$/.exec(textOf(value).trim()) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** "Please retry in 48.939935699s." */
function waitInWords(message: string): number | undefined {
  const line = cleanText(message);
  const [, amount, unit] =
    /\bretry (?:in|after) (\d{1,12}(?:\.\d{1,12})?) ?(ms|s|seconds?)\b/i.exec(line) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === "ms" ? 1 : 1000);
}

function believable(waitMs: number | undefined): number | undefined {
  const isBelievable = waitMs !== undefined && waitMs >= 0 && waitMs <= waitMsMax;
  return isBelievable ? Math.ceil(waitMs) : undefined;
}
