// Proves which reason each failure of the wire gets, from its details, its status word, its words
// and its status, and what it carries; bodies of any shape are read without a fault.
import { describe, expect, it } from "vitest";
import type { Reason } from "../../../src/contract/reasons.ts";
import { gemini } from "../../../src/dialects/gemini/dialect.ts";

const type = (name: string): string => `type.googleapis.com/google.rpc.${name}`;
const info = (reason: string): object => ({
  "@type": type("ErrorInfo"),
  reason,
  domain: "googleapis.com",
});
const bodyOf = (status: string, message = "", details: readonly object[] = []): string =>
  JSON.stringify({ error: { code: 400, status, message, details } });
const errorFor = (status: number, body: string) => gemini.toError({ status, headers: {}, body });

describe("the reason", () => {
  const rows: readonly (readonly [number, string, string, Reason])[] = [
    [400, "INVALID_ARGUMENT", "Invalid value at 'contents[0].role'", "PROVIDER_INVALID_REQUEST"],
    [
      400,
      "INVALID_ARGUMENT",
      "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
      "CONTEXT_LENGTH_EXCEEDED",
    ],
    [
      400,
      "INVALID_ARGUMENT",
      "The input token count exceeds the maximum number of tokens allowed 1048576.",
      "CONTEXT_LENGTH_EXCEEDED",
    ],
    [
      400,
      "INVALID_ARGUMENT",
      "Request payload size exceeds the limit: 20971520 bytes.",
      "REQUEST_TOO_LARGE",
    ],
    [
      400,
      "INVALID_ARGUMENT",
      "API key not valid. Please pass a valid API key.",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [
      400,
      "INVALID_ARGUMENT",
      "API key expired. Please renew the API key.",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [
      400,
      "FAILED_PRECONDITION",
      "User location is not supported for the API use.",
      "PROVIDER_REGION_OR_BILLING",
    ],
    [
      400,
      "FAILED_PRECONDITION",
      "Please enable billing on your project.",
      "PROVIDER_REGION_OR_BILLING",
    ],
    [
      400,
      "FAILED_PRECONDITION",
      "The File abc is not in an ACTIVE state.",
      "PROVIDER_INVALID_REQUEST",
    ],
    [
      400,
      "INVALID_ARGUMENT",
      "The prompt could not be submitted: it violates Google's Responsible AI practices.",
      "CONTENT_FILTERED",
    ],
    [
      401,
      "UNAUTHENTICATED",
      "Request had invalid authentication credentials.",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [402, "", "", "PROVIDER_BILLING_EXHAUSTED"],
    [403, "PERMISSION_DENIED", "The caller does not have permission", "PROVIDER_PERMISSION_DENIED"],
    [
      403,
      "PERMISSION_DENIED",
      "Your API key was reported as leaked.",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [
      403,
      "PERMISSION_DENIED",
      "Method doesn't allow unregistered callers.",
      "PROVIDER_CREDENTIAL_INVALID",
    ],
    [403, "PERMISSION_DENIED", "Your region is not supported.", "PROVIDER_REGION_BLOCKED"],
    [404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta.", "MODEL_NOT_FOUND"],
    [
      404,
      "NOT_FOUND",
      "Publisher Model `projects/p/locations/l/publishers/google/models/x` not found.",
      "MODEL_NOT_FOUND",
    ],
    [
      404,
      "NOT_FOUND",
      "This model models/gemini-2.0-flash is no longer available to new users.",
      "MODEL_NOT_FOUND",
    ],
    [404, "NOT_FOUND", "Requested entity was not found.", "MODEL_NOT_FOUND"],
    [404, "NOT_FOUND", "Method not found.", "PROVIDER_ENDPOINT_NOT_FOUND"],
    [409, "ABORTED", "", "PROVIDER_CONFLICT"],
    [413, "", "", "REQUEST_TOO_LARGE"],
    [
      429,
      "RESOURCE_EXHAUSTED",
      "Resource exhausted. Please try again later.",
      "PROVIDER_RATE_LIMITED",
    ],
    [499, "CANCELLED", "", "CALLER_CANCELLED"],
    [500, "INTERNAL", "An internal error has occurred.", "PROVIDER_INTERNAL"],
    [501, "UNIMPLEMENTED", "", "PROVIDER_UNSUPPORTED"],
    [502, "", "", "PROVIDER_UNAVAILABLE"],
    [503, "UNAVAILABLE", "The service is currently unavailable.", "PROVIDER_UNAVAILABLE"],
    [503, "UNAVAILABLE", "The model is overloaded. Please try again later.", "PROVIDER_OVERLOADED"],
    [
      503,
      "UNAVAILABLE",
      "This model is currently experiencing high demand.",
      "PROVIDER_OVERLOADED",
    ],
    [504, "DEADLINE_EXCEEDED", "", "PROVIDER_TIMEOUT"],
    [418, "", "", "PROVIDER_INVALID_REQUEST"],
    [599, "", "", "PROVIDER_INTERNAL"],
  ];

  it.each(rows)("%i %s %s", (status, word, message, reason) => {
    const error = errorFor(status, bodyOf(word, message));
    expect(error.reason).toBe(reason);
    expect(error.fields.metadata).toMatchObject({ http_status: String(status) });
    expect(error.fields.metadata?.provider_code).toBe(word || undefined);
  });

  it.each<[string, number, Reason]>([
    ["API_KEY_INVALID", 400, "PROVIDER_CREDENTIAL_INVALID"],
    ["ACCESS_TOKEN_EXPIRED", 401, "PROVIDER_CREDENTIAL_INVALID"],
    ["SERVICE_DISABLED", 403, "PROVIDER_PERMISSION_DENIED"],
    ["API_KEY_SERVICE_BLOCKED", 403, "PROVIDER_PERMISSION_DENIED"],
    ["BILLING_DISABLED", 403, "PROVIDER_REGION_OR_BILLING"],
    ["LOCATION_POLICY_VIOLATED", 403, "PROVIDER_REGION_BLOCKED"],
    ["SOMEDAY", 403, "PROVIDER_PERMISSION_DENIED"],
  ])("by the detail %s", (detail, status, reason) => {
    const error = errorFor(status, bodyOf("PERMISSION_DENIED", "no", [info(detail)]));
    expect([error.reason, error.fields.metadata?.provider_reason]).toEqual([reason, detail]);
  });

  it("by a blocked prompt beside the error", () => {
    const body = { error: { code: 400, message: "no" }, promptFeedback: { blockReason: "SAFETY" } };
    const error = errorFor(400, JSON.stringify(body));
    expect([error.reason, error.fields.metadata?.category]).toEqual(["CONTENT_FILTERED", "SAFETY"]);
  });
});

describe("a limit", () => {
  const limited = (
    violations: readonly object[],
    retryDelay?: unknown,
    message = "Quota exceeded",
  ) => {
    const details: object[] = [{ "@type": type("QuotaFailure"), violations }];
    if (retryDelay !== undefined) details.push({ "@type": type("RetryInfo"), retryDelay });
    return errorFor(429, bodyOf("RESOURCE_EXHAUSTED", message, details));
  };

  it.each<[string, readonly object[], unknown, Reason, number | undefined]>([
    [
      "of a minute",
      [{ quotaId: "TokensPerModelPerMinute" }],
      "48s",
      "PROVIDER_RATE_LIMITED",
      48_000,
    ],
    [
      "of a day",
      [{ quotaId: "RequestsPerDayPerProject-FreeTier" }],
      "9s",
      "PROVIDER_QUOTA_EXHAUSTED",
      9_000,
    ],
    [
      "of nothing",
      [{ quotaId: "TokensPerMinute", quotaValue: "0" }],
      "1s",
      "PROVIDER_QUOTA_EXHAUSTED",
      1_000,
    ],
    ["with a long wait", [{ quotaMetric: "m" }], "7200s", "PROVIDER_QUOTA_EXHAUSTED", 7_200_000],
    ["with a part of a second", [{ subject: "s" }], "1.5s", "PROVIDER_RATE_LIMITED", 1_500],
    ["with a wait of none", [{ subject: "s" }], "0s", "PROVIDER_RATE_LIMITED", 0],
    ["with a wait in an object", [], { seconds: 2, nanos: 5e8 }, "PROVIDER_RATE_LIMITED", 2_500],
    ["with a wait nobody believes", [], "99999999s", "PROVIDER_RATE_LIMITED", undefined],
    ["with a wait that cannot be read", [], "soon", "PROVIDER_RATE_LIMITED", undefined],
  ])("%s", (_, violations, retryDelay, reason, retryAfterMs) => {
    const error = limited(violations, retryDelay);
    expect([error.reason, error.fields.retryAfterMs]).toEqual([reason, retryAfterMs]);
    const names = violations.flatMap((one) => Object.values(one).slice(0, 1));
    expect(error.fields.quotaSubjects).toEqual(names.length > 0 ? names : undefined);
  });

  it("may name its wait in words only", () => {
    const error = limited([], undefined, "Quota exceeded.\nPlease retry in 48.939935699s.");
    expect(error.fields.retryAfterMs).toBe(48_940);
  });
});

describe("what an error carries", () => {
  it("names the model that is missing", () => {
    const error = errorFor(
      404,
      bodyOf("NOT_FOUND", "models/gemini-9 is not found for API version v1beta"),
    );
    expect(error.fields.resource).toEqual({ type: "model", name: "gemini-9" });
  });

  it("names the numbers of tokens", () => {
    const error = errorFor(
      400,
      bodyOf(
        "INVALID_ARGUMENT",
        "The input token count (12) exceeds the maximum number of tokens allowed (10).",
      ),
    );
    expect(error.fields.metadata).toMatchObject({ limit: "10", requested: "12" });
  });

  it("names the fields that are wrong", () => {
    const fieldViolations = [
      { field: "contents[0]", description: "bad" },
      { field: "tools", description: "worse" },
    ];
    const details = [{ "@type": type("BadRequest"), fieldViolations }];
    const error = errorFor(400, bodyOf("INVALID_ARGUMENT", "Invalid", details));
    expect(error.fields.violations).toEqual(fieldViolations);
  });

  it("names the request", () => {
    const details = [{ "@type": type("RequestInfo"), requestId: "q1" }];
    const error = errorFor(500, bodyOf("INTERNAL", "oops", details));
    expect(error.fields.metadata).toMatchObject({ provider_request_id: "q1" });
  });
});

describe("a body of any shape", () => {
  it.each([
    [
      "a list with an error",
      '[{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"no"}}]',
      "no",
      "INVALID_ARGUMENT",
    ],
    [
      "no envelope",
      '{"code":400,"status":"INVALID_ARGUMENT","message":"no"}',
      "no",
      "INVALID_ARGUMENT",
    ],
    ["an error in a word", '{"error":"invalid_grant","error_description":"no"}', "no", undefined],
    ["an error in a word alone", '{"error":"invalid_grant"}', "invalid_grant", undefined],
    ["plain text", "no\u0000pe", "no pe", undefined],
    ["a text in JSON", '"no"', "no", undefined],
    ["a page", "<html>Error 400</html>", "the provider answered with status 400", undefined],
    ["nothing", "", "the provider answered with status 400", undefined],
    ["an empty list", "[]", "the provider answered with status 400", undefined],
    [
      "odd members",
      '{"error":{"code":{},"status":7,"message":[],"details":[null,{"@type":1}]}}',
      "the provider answered with status 400",
      undefined,
    ],
  ])("%s", (_, body, message, code) => {
    const error = errorFor(400, body);
    expect([error.message, error.fields.metadata?.provider_code]).toEqual([message, code]);
    expect(error.reason).toBe("PROVIDER_INVALID_REQUEST");
  });

  it("of a page at a wrong path is no missing model", () => {
    expect(errorFor(404, "<html>The model was not found</html>").reason).toBe(
      "PROVIDER_ENDPOINT_NOT_FOUND",
    );
  });
});
