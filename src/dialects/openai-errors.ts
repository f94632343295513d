import type { JsonObject } from "@bufbuild/protobuf";
import type { ProviderFailure } from "../contract/adapter.ts";
import type { ConnectorError, ErrorFields } from "../contract/connector-error.ts";
import type { Reason } from "../contract/reasons.ts";
import { arrayOf, objectOf } from "./json.ts";
import { type OpenAIErrorBody, readErrorObject, readErrorText } from "./openai-error-body.ts";
import { cleanText, providerError, reasonForStatus, retryAfterSeconds } from "./provider-error.ts";

/**
 * A failure of a server of the OpenAI family, classified by its structured code, then its status.
 */
export function openAIError(failure: ProviderFailure): ConnectorError {
  return classify(readErrorText(failure.body), failure.status, failure.headers);
}

/**
 * An error that came inside a success: in a body, or as an event of a stream. `error` is the error
 * object, with or without its envelope; `httpStatus` is the status of the answer that holds it.
 */
export function openAIStreamError(error: JsonObject, httpStatus: number): ConnectorError {
  return classify(readErrorObject(error), httpStatus, {});
}

type Headers = Readonly<Record<string, string>>;

/** A wait that shows a quota which is only reset much later, not a rate. */
const quotaWaitMsMin = 3_600_000;
/** Longest time of loading that is believed. */
const loadingSecondsMax = 86_400;

const reasonByCode: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["insufficient_quota", "PROVIDER_BILLING_EXHAUSTED"],
  ["insufficient_credits", "PROVIDER_BILLING_EXHAUSTED"],
  ["credit_balance_exhausted", "PROVIDER_BILLING_EXHAUSTED"],
  ["organization_spend_limit_exceeded", "PROVIDER_BILLING_EXHAUSTED"],
  ["project_spend_limit_exceeded", "PROVIDER_BILLING_EXHAUSTED"],
  ["organization_usage_limit_exceeded", "PROVIDER_BILLING_EXHAUSTED"],
  ["enforced_spend_limit_reached", "PROVIDER_BILLING_EXHAUSTED"],
  ["billing_hard_limit_reached", "PROVIDER_BILLING_EXHAUSTED"],
  ["billing_not_active", "PROVIDER_BILLING_EXHAUSTED"],
  ["billing_error", "PROVIDER_BILLING_EXHAUSTED"],
  ["payment_required", "PROVIDER_BILLING_EXHAUSTED"],
  // Moonshot's and Alibaba's words for an account without money.
  ["exceeded_current_quota_error", "PROVIDER_BILLING_EXHAUSTED"],
  ["Arrearage", "PROVIDER_BILLING_EXHAUSTED"],
  ["usage_limit_reached", "PROVIDER_QUOTA_EXHAUSTED"],
  ["usage_not_included", "PROVIDER_PERMISSION_DENIED"],
  ["unsupported_country_region_territory", "PROVIDER_REGION_BLOCKED"],
  ["ip_not_authorized", "PROVIDER_REGION_BLOCKED"],
  ["data_residency_mismatch", "PROVIDER_REGION_BLOCKED"],
  ["server_is_overloaded", "PROVIDER_OVERLOADED"],
  ["overloaded_error", "PROVIDER_OVERLOADED"],
  ["engine_overloaded", "PROVIDER_OVERLOADED"],
  ["engine_overloaded_error", "PROVIDER_OVERLOADED"],
  // Azure's, under 429.
  ["NoCapacity", "PROVIDER_OVERLOADED"],
  ["model_overloaded", "PROVIDER_OVERLOADED"],
  // Text Generation Inference's.
  ["overloaded", "PROVIDER_OVERLOADED"],
  ["provider_overloaded", "PROVIDER_OVERLOADED"],
  ["context_length_exceeded", "CONTEXT_LENGTH_EXCEEDED"],
  ["exceed_context_size_error", "CONTEXT_LENGTH_EXCEEDED"],
  ["tokens_limit_reached", "CONTEXT_LENGTH_EXCEEDED"],
  ["content_filter", "CONTENT_FILTERED"],
  ["content_policy_violation", "CONTENT_FILTERED"],
  ["image_content_policy_violation", "CONTENT_FILTERED"],
  ["moderation_blocked", "CONTENT_FILTERED"],
  ["bio_policy", "CONTENT_FILTERED"],
  ["cyber_policy", "CONTENT_FILTERED"],
  ["invalid_api_key", "PROVIDER_CREDENTIAL_INVALID"],
  ["account_deactivated", "PROVIDER_CREDENTIAL_INVALID"],
]);

const modelCodes: ReadonlySet<string> = new Set([
  "model_not_found",
  "model_decommissioned",
  "model_not_available",
  "model_not_supported",
  "invalid_model",
  "unknown_model",
  "DeploymentNotFound",
]);

/** Codes and types that stand for a status where none is told: errors inside a success. */
const statusByWord: ReadonlyMap<string, number> = new Map<string, number>([
  ["invalid_request_error", 400],
  ["invalid_prompt", 400],
  ["bad_request", 400],
  ["BadRequestError", 400],
  ["validation", 400],
  ["failed_to_download_image", 400],
  ["tool_use_failed", 400],
  ["authentication_error", 401],
  ["permission_error", 403],
  ["permission_denied", 403],
  ["not_found_error", 404],
  ["NotFoundError", 404],
  ["request_too_large", 413],
  ["rate_limit_exceeded", 429],
  ["rate_limit_error", 429],
  ["rate_limited", 429],
  ["requests", 429],
  ["tokens", 429],
  ["not_supported_error", 501],
  ["unavailable_error", 503],
  ["service_unavailable", 503],
  ["timeout", 504],
  ["timeout_error", 504],
  ["vector_store_timeout", 504],
]);

/** Classes of error whose words may say more than their status does. */
const worded: ReadonlySet<number> = new Set([400, 404, 410, 413, 422]);

const contextWords =
  /maximum context length|context (?:window|size|length)[^.]{0,40}exceed|exceed[^.]{0,60}context (?:window|size|length)|(?:prompt|input) (?:is )?too long|maximum prompt length is \d|longer than the maximum model length|max_tokens must be at least 1, got -\d|\+ `max_new_tokens` must be <=|`inputs` must have less than \d/i;
const filterWords = /flagged as potentially violating|content management policy/i;
const modelWords =
  /\bmodel\b.{0,300}?(?:does not exist|not exist$|has been deprecated|(?:is|been) (?:retired|decommissioned)|not found)|^(?:invalid model|model not found)\b|not a valid model|^no endpoints found|not a chat model/i;
/**
 * Faults of the caller that servers at home put under 500: llama.cpp, llama-cpp-python and Ollama.
 * The same request would only fail again.
 */
const callerWords =
  /^(?:image|audio|video) input is not supported|^failed to parse (?:tools|tool call|messages)|^'\w+' is required|^\d+ validation errors?:|^option "|^invalid format:/i;
const keyWords = /^(?:incorrect|invalid) api key|^api key (?:not valid|expired)/i;
const overloadWords = /\boverloaded\b|over capacity|maximum pending requests/i;

function classify(body: OpenAIErrorBody, httpStatus: number, headers: Headers): ConnectorError {
  const status = httpStatus >= 300 ? httpStatus : body.status || impliedStatus(body);
  const waitMs = waitOf(body, headers);
  const reason = reasonOf(body, status, waitMs);
  const message =
    httpStatus < 300 && body.message === "" ? "the provider reported an error" : body.message;
  const { metadata, ...fields } = fieldsOf(reason, body, headers);
  return providerError(reason, { ...body, message }, httpStatus, {
    ...fields,
    metadata: {
      ...metadata,
      ...(body.upstream !== "" && { upstream_provider: cleanText(body.upstream) }),
    },
  });
}

/** The status that an error inside a success would have had. What tells nothing is a fault: 500. */
function impliedStatus({ code, type, word, message }: OpenAIErrorBody): number {
  const known = statusByWord.get(code) ?? statusByWord.get(type) ?? statusByWord.get(word);
  if (known !== undefined) return known;
  if (modelWords.test(message)) return 404;
  return /^(?:invalid|unsupported|image|empty|missing)_/.test(code) ? 400 : 500;
}

function reasonOf(body: OpenAIErrorBody, status: number, waitMs: number | undefined): Reason {
  const { code, type, word } = body;
  const named = reasonByCode.get(code) ?? reasonByCode.get(type) ?? reasonByCode.get(word);
  if (named !== undefined) return named;
  if (code === "slow_down" || type === "slow_down") {
    return status === 429 ? "PROVIDER_RAMP_LIMITED" : "PROVIDER_OVERLOADED";
  }
  if (isFiltered(body)) return "CONTENT_FILTERED";
  // 403 with this code means that the account may not use the model, which does exist.
  if (status !== 403 && (modelCodes.has(code) || modelCodes.has(type))) return "MODEL_NOT_FOUND";
  return reasonByWords(body, status) ?? reasonByStatus(body, status, waitMs);
}

function isFiltered({ raw, message }: OpenAIErrorBody): boolean {
  if (objectOf(raw.innererror).code === "ResponsibleAIPolicyViolation") return true;
  const { flagged_input: flagged, patterns } = objectOf(raw.metadata);
  return flagged !== undefined || patterns !== undefined || filterWords.test(message);
}

function reasonByWords({ message }: OpenAIErrorBody, status: number): Reason | undefined {
  // Some servers put a prompt that is too long under 500; these words are too clear to retry on.
  if ((worded.has(status) || status === 500) && contextWords.test(message)) {
    return "CONTEXT_LENGTH_EXCEEDED";
  }
  if (worded.has(status) && modelWords.test(message)) return "MODEL_NOT_FOUND";
  if (status === 400 && keyWords.test(message)) return "PROVIDER_CREDENTIAL_INVALID";
  if (status === 500 && callerWords.test(message)) return "PROVIDER_INVALID_REQUEST";
  if (status >= 500 && overloadWords.test(message)) return "PROVIDER_OVERLOADED";
  return undefined;
}

function reasonByStatus(body: OpenAIErrorBody, status: number, waitMs: number | undefined): Reason {
  // Groq's own status for flex capacity that has run out.
  if (status === 498) return "PROVIDER_OVERLOADED";
  // And its status for one request that is over the whole limit of a minute.
  if (status === 413 && body.code === "rate_limit_exceeded") return "PROVIDER_RATE_LIMITED";
  // A field is named, so the path was right: a file or an earlier answer is missing.
  if (status === 404 && body.field !== "") return "PROVIDER_INVALID_REQUEST";
  if (status === 429 && waitMs !== undefined && waitMs >= quotaWaitMsMin) {
    return "PROVIDER_QUOTA_EXHAUSTED";
  }
  return reasonForStatus(status);
}

const rateReasons: ReadonlySet<Reason> = new Set<Reason>([
  "PROVIDER_RATE_LIMITED",
  "PROVIDER_RAMP_LIMITED",
  "PROVIDER_QUOTA_EXHAUSTED",
]);

function fieldsOf(reason: Reason, body: OpenAIErrorBody, headers: Headers): ErrorFields {
  if (rateReasons.has(reason)) {
    const quotaSubjects = quotaSubjectsOf(body, headers);
    const retryAfterMs = waitInWords(body.message) ?? resetMs(body);
    return {
      ...(quotaSubjects.length > 0 && { quotaSubjects }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  if (reason === "PROVIDER_UNAVAILABLE") return loadingOf(body);
  if (reason === "CONTEXT_LENGTH_EXCEEDED") return { metadata: contextNumbers(body) };
  if (reason === "CONTENT_FILTERED") return { metadata: filterCategories(body) };
  if (reason === "MODEL_NOT_FOUND") {
    const name = /[`'"]([^`'"]{1,256})[`'"]/.exec(body.message)?.[1];
    return name === undefined ? {} : { resource: { type: "model", name: cleanText(name) } };
  }
  return body.violations.length > 0 ? { violations: body.violations } : {};
}

/** Hugging Face tells how long a model is still loading, in seconds. */
function loadingOf({ raw }: OpenAIErrorBody): ErrorFields {
  const seconds = raw.estimated_time;
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds <= loadingSecondsMax)) return {};
  return { retryAfterMs: Math.ceil(seconds * 1000) };
}

function contextNumbers({ raw, message }: OpenAIErrorBody): Record<string, string> {
  const limit = raw.n_ctx ?? /(?:length is|maximum of) (\d{1,12})/i.exec(message)?.[1];
  const requested =
    raw.n_prompt_tokens ??
    /(?:requested|resulted in|contains)(?: about)? (\d{1,12})/i.exec(message)?.[1];
  return {
    ...(isNumeric(limit) && { limit: String(limit) }),
    ...(isNumeric(requested) && { requested: String(requested) }),
  };
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || typeof value === "string";
}

/** What Azure's filter found, such as "hate,jailbreak", in either of the two places it says so. */
function filterCategories({ raw }: OpenAIErrorBody): Record<string, string> {
  const inner = objectOf(objectOf(raw.innererror).content_filter_result);
  const listed = arrayOf(raw.content_filters).map((one) => objectOf(one).content_filter_results);
  const found = [inner, ...listed.map(objectOf)].flatMap((results) =>
    Object.keys(results).filter((name) => objectOf(results[name]).filtered === true),
  );
  const names = [...new Set(found)];
  return names.length === 0 ? {} : { category: cleanText(names.join(",")) };
}

const limitWords = /\b(requests|tokens|images) per (second|min|minute|hour|day|month)\b/i;

/** The limits that were met, as the words, the type or the headers name them. */
function quotaSubjectsOf({ message, type }: OpenAIErrorBody, headers: Headers): readonly string[] {
  const [, unit, period] = limitWords.exec(cleanText(message)) ?? [];
  if (unit !== undefined && period !== undefined) {
    const name = period.toLowerCase() === "min" ? "minute" : period.toLowerCase();
    return [`${unit.toLowerCase()}_per_${name}`];
  }
  if (type === "requests" || type === "tokens") return [type];
  return ["requests", "tokens"].filter(
    (name) => headers[`x-ratelimit-remaining-${name}`]?.trim() === "0",
  );
}

function waitOf(body: OpenAIErrorBody, headers: Headers): number | undefined {
  const seconds = retryAfterSeconds(headers);
  return seconds === undefined ? waitInWords(body.message) : seconds * 1000;
}

/** A reset that the error itself names, in seconds, as subscriptions do. */
function resetMs({ raw }: OpenAIErrorBody): number | undefined {
  const seconds = raw.resets_in_seconds;
  return typeof seconds === "number" && seconds >= 0 ? seconds * 1000 : undefined;
}

const waitWords =
  /(?:try again|retry) (?:in|after) ((?:\d{1,9}(?:\.\d{1,12})? ?(?:ms|seconds?|s|minutes?|m|hours?|h)\b ?|\d{1,9}(?:\.\d{1,12})?(?:h|m))+)/i;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A wait that only the words name: "try again in 6m0s", "retry after 86400 seconds". */
function waitInWords(message: string): number | undefined {
  const span = waitWords.exec(cleanText(message))?.[1];
  if (span === undefined) return undefined;
  let waitMs = 0;
  for (const [, amount, unit] of span.matchAll(/([\d.]+) ?(ms|s|m|h)/gi)) {
    waitMs += Number(amount) * (unitMs[unit?.toLowerCase() ?? ""] ?? 0);
  }
  return Math.ceil(waitMs);
}
