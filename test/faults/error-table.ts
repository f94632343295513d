import type { Reason } from "../../src/contract/reasons.ts";
import type { FaultWire } from "../dispatch/wire-failures.ts";
import { always, type Fault, type FaultPlan } from "../support/fault-proxy.ts";

/** What a provider does, and what must come of it: one row of the table of failures. */
export interface ErrorRow {
  readonly signal: string;
  readonly plan: FaultPlan;
  readonly reason: Reason;
  readonly status: string;
  /** Details besides ErrorInfo, AttemptLog and a begun stream's StreamProgress. */
  readonly details: readonly string[];
  /** Whether the same target may be asked again. */
  readonly again: "never" | "once" | "always";
  /** Whether another target may be asked. */
  readonly elsewhere: boolean;
  /** Wires on which it can happen. Unset: all. */
  readonly wires?: readonly FaultWire[];
  /** Wires on which the same signal means something else, in that provider's own words. */
  readonly except?: readonly FaultWire[];
  /** Whether it is silence, which an attempt's limit of time must end. */
  readonly silent?: boolean;
  /** Whether it can only happen to a stream, or only to a whole answer. Unset: to both. */
  readonly only?: "stream" | "call";
}

const bedrock: readonly FaultWire[] = ["anthropic-bedrock", "custom-bedrock-converse"];
const openAI: readonly FaultWire[] = [
  "openai-chat",
  "openai-responses",
  "openai-azure",
  "custom-openai-chat",
];
const claude: readonly FaultWire[] = ["anthropic", "anthropic-azure"];
const google: readonly FaultWire[] = ["google", "google-vertex", "anthropic-vertex"];

/** An answer of HTTP that takes the place of the provider's. */
export function answer(status: number, body = "", headers = ""): Fault {
  const type = body.startsWith("{") ? "content-type: application/json\r\n" : "";
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${status} X\r\n${type}${headers}content-length: ${length}\r\n\r\n`;
  return { kind: "answer", bytes: `${head}${body}` };
}

type Rest = Pick<ErrorRow, "wires" | "except" | "only" | "details" | "silent">;

function row(
  signal: string,
  fault: Fault,
  [reason, status]: readonly [Reason, string],
  [again, elsewhere]: readonly [ErrorRow["again"], boolean],
  rest: Partial<Rest> = {},
): ErrorRow {
  return {
    signal,
    plan: always(fault),
    reason,
    status,
    details: [],
    again,
    elsewhere,
    ...rest,
  };
}

const retry = { details: ["RetryInfo"] };
const precondition = { details: ["PreconditionFailure"] };
const badRequest = { details: ["BadRequest"] };

/** A wait of some ms, so that a test need not wait for more. */
const soon = "retry-after-ms: 5\r\n";

const openAIError = (type: string, code: string, message = "No."): string =>
  JSON.stringify({ error: { type, code, message, param: null } });
const claudeError = (type: string, message: string): string =>
  JSON.stringify({ type: "error", error: { type, message } });
const googleError = (code: number, status: string, message: string, details: object[] = []) =>
  JSON.stringify({ error: { code, status, message, details } });

/** Failures that a status alone tells, on every wire. */
const byStatus: readonly ErrorRow[] = [
  row("400", answer(400), ["PROVIDER_INVALID_REQUEST", "INVALID_ARGUMENT"], ["never", false]),
  row(
    "401",
    answer(401),
    ["PROVIDER_CREDENTIAL_INVALID", "FAILED_PRECONDITION"],
    ["never", true],
    precondition,
  ),
  row(
    "402",
    answer(402),
    ["PROVIDER_BILLING_EXHAUSTED", "FAILED_PRECONDITION"],
    ["never", true],
    precondition,
  ),
  row("403", answer(403), ["PROVIDER_PERMISSION_DENIED", "FAILED_PRECONDITION"], ["never", true]),
  row(
    "404 of a path",
    answer(404),
    ["PROVIDER_ENDPOINT_NOT_FOUND", "FAILED_PRECONDITION"],
    ["never", true],
    { except: bedrock },
  ),
  row("405", answer(405), ["PROVIDER_UNSUPPORTED", "UNIMPLEMENTED"], ["never", true]),
  row("408", answer(408), ["PROVIDER_REQUEST_TIMEOUT", "UNAVAILABLE"], ["always", true], retry),
  row("409", answer(409), ["PROVIDER_CONFLICT", "ABORTED"], ["once", false]),
  row("413", answer(413), ["REQUEST_TOO_LARGE", "INVALID_ARGUMENT"], ["never", true], badRequest),
  row("415", answer(415), ["PROVIDER_INVALID_REQUEST", "INVALID_ARGUMENT"], ["never", false]),
  row("422", answer(422), ["PROVIDER_INVALID_REQUEST", "INVALID_ARGUMENT"], ["never", false]),
  row("425", answer(425), ["PROVIDER_TOO_EARLY", "UNAVAILABLE"], ["once", false]),
  row(
    "429 of a rate",
    answer(429, "", soon),
    ["PROVIDER_RATE_LIMITED", "RESOURCE_EXHAUSTED"],
    ["always", true],
    retry,
  ),
  row(
    "429 of a limit by name",
    answer(429, "", `${soon}x-ratelimit-remaining-requests: 0\r\n`),
    ["PROVIDER_RATE_LIMITED", "RESOURCE_EXHAUSTED"],
    ["always", true],
    { details: ["RetryInfo", "QuotaFailure"] },
  ),
  row("500", answer(500), ["PROVIDER_INTERNAL", "INTERNAL"], ["always", true]),
  row("501", answer(501), ["PROVIDER_UNSUPPORTED", "UNIMPLEMENTED"], ["never", true]),
  row("502", answer(502), ["PROVIDER_UNAVAILABLE", "UNAVAILABLE"], ["always", true], retry),
  row("503", answer(503), ["PROVIDER_UNAVAILABLE", "UNAVAILABLE"], ["always", true], retry),
  row("504", answer(504), ["PROVIDER_TIMEOUT", "UNAVAILABLE"], ["once", true], retry),
  row("522", answer(522), ["PROVIDER_EDGE_ERROR", "UNAVAILABLE"], ["always", true], retry),
  row(
    "529",
    answer(529, "", soon),
    ["PROVIDER_OVERLOADED", "UNAVAILABLE"],
    ["always", true],
    retry,
  ),
  row(
    "307",
    answer(307, "", "location: http://127.0.0.1:1/\r\n"),
    ["PROVIDER_REDIRECT_REFUSED", "FAILED_PRECONDITION"],
    ["never", true],
    precondition,
  ),
];

const noSuchModel = "The model `gpt-9` does not exist or you do not have access to it.";
const contextLength = ["CONTEXT_LENGTH_EXCEEDED", "INVALID_ARGUMENT"] as const;
const spent = ["PROVIDER_BILLING_EXHAUSTED", "FAILED_PRECONDITION"] as const;
const ramp = ["PROVIDER_RAMP_LIMITED", "RESOURCE_EXHAUSTED"] as const;
const quota = ["PROVIDER_QUOTA_EXHAUSTED", "RESOURCE_EXHAUSTED"] as const;
const missing = ["MODEL_NOT_FOUND", "NOT_FOUND"] as const;
const filtered = ["CONTENT_FILTERED", "INVALID_ARGUMENT"] as const;

/** Failures that only a provider's own words tell. */
const byWords: readonly ErrorRow[] = [
  row(
    "400 of OpenAI, the context is too small",
    answer(400, openAIError("invalid_request_error", "context_length_exceeded")),
    contextLength,
    ["never", false],
    { ...badRequest, wires: openAI },
  ),
  row(
    "400 of Anthropic, the prompt is too long",
    answer(
      400,
      claudeError("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    ),
    contextLength,
    ["never", false],
    { ...badRequest, wires: claude },
  ),
  row(
    "400 of OpenAI, a filter",
    answer(400, openAIError("invalid_request_error", "content_filter")),
    filtered,
    ["never", false],
    { ...badRequest, wires: openAI },
  ),
  row(
    "400 of Google, the region",
    answer(
      400,
      googleError(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    ),
    ["PROVIDER_REGION_OR_BILLING", "FAILED_PRECONDITION"],
    ["never", true],
    { ...precondition, wires: google },
  ),
  row(
    "400 of Google, billing",
    answer(400, googleError(400, "FAILED_PRECONDITION", "Please enable billing on your project.")),
    ["PROVIDER_REGION_OR_BILLING", "FAILED_PRECONDITION"],
    ["never", true],
    { ...precondition, wires: google },
  ),
  row(
    "403 of OpenAI, the country",
    answer(403, openAIError("request_forbidden", "unsupported_country_region_territory")),
    ["PROVIDER_REGION_BLOCKED", "FAILED_PRECONDITION"],
    ["never", true],
    { ...precondition, wires: openAI },
  ),
  row(
    "404 of OpenAI, the model",
    answer(404, openAIError("invalid_request_error", "model_not_found", noSuchModel)),
    missing,
    ["never", true],
    { details: ["ResourceInfo"], wires: openAI },
  ),
  row(
    "404 of Anthropic, the model",
    answer(404, claudeError("not_found_error", "model: claude-sonnet-4-5")),
    missing,
    ["never", true],
    { details: ["ResourceInfo"], wires: claude },
  ),
  row(
    "429 of OpenAI, spent",
    answer(429, openAIError("insufficient_quota", "insufficient_quota")),
    spent,
    ["never", true],
    { ...precondition, wires: openAI },
  ),
  row(
    "429 of Anthropic, spent",
    answer(429, claudeError("enforced_spend_limit_reached", "No more.")),
    spent,
    ["never", true],
    { ...precondition, wires: claude },
  ),
  row(
    "429 of OpenAI, too fast a growth",
    answer(429, openAIError("slow_down", "slow_down"), soon),
    ramp,
    ["always", true],
    { ...retry, wires: openAI },
  ),
  row(
    "429 of Google, the day's quota",
    answer(429, googleError(429, "RESOURCE_EXHAUSTED", "Quota", dayQuota())),
    quota,
    ["never", true],
    { details: ["RetryInfo", "QuotaFailure"], wires: google },
  ),
];

function dayQuota(): object[] {
  return [
    {
      "@type": "type.googleapis.com/google.rpc.QuotaFailure",
      violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel" }],
    },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "30000s" },
  ];
}

const streamHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/** Failures of the transport, and answers that are none. */
const byTransport: readonly ErrorRow[] = [
  row(
    "a body that is no JSON",
    answer(200, "<!doctype html><p>Log in</p>\n"),
    ["PROVIDER_MALFORMED_RESPONSE", "INTERNAL"],
    ["once", true],
  ),
  row(
    "a reset before the headers",
    { kind: "end", by: "reset" },
    ["PROVIDER_CONNECTION_LOST", "UNAVAILABLE"],
    ["always", true],
  ),
  row(
    "a close before the headers",
    { kind: "end", by: "close" },
    ["PROVIDER_CONNECTION_LOST", "UNAVAILABLE"],
    ["always", true],
  ),
  row(
    "no answer in time",
    { kind: "end", by: "silence" },
    ["ATTEMPT_TIMEOUT", "UNAVAILABLE"],
    ["always", true],
    { silent: true },
  ),
  row(
    "no first delta in time",
    { kind: "answer", bytes: streamHead, by: "silence" },
    ["ATTEMPT_TIMEOUT", "UNAVAILABLE"],
    ["always", true],
    { silent: true, only: "stream" },
  ),
  row(
    "a stream that ends before it begins",
    { kind: "answer", bytes: `${streamHead}0\r\n\r\n` },
    ["STREAM_TRUNCATED", "UNAVAILABLE"],
    ["always", true],
    { only: "stream" },
  ),
];

/** Every row that a provider can be made to give. */
export const errorTable: readonly ErrorRow[] = [...byStatus, ...byWords, ...byTransport];
