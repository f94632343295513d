// Proves what Mistral's failures are: each shape of body that the API and the gateway before it
// send, with the fields, limits and models that they name, whatever stands in the body.
import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import { mistralChat } from "../support/mistral.ts";

function failure(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return mistralChat.toError({ status, headers, body: text });
}

const flat = (message: string, type: string, code: string | null): object => ({
  object: "error",
  message,
  type,
  param: null,
  code,
});

const failures: readonly (readonly [string, number, unknown, Reason, string | undefined])[] = [
  ["a key", 401, { detail: "Invalid API Key" }, "PROVIDER_CREDENTIAL_INVALID", undefined],
  [
    "the gateway",
    401,
    { message: "Unauthorized", request_id: "r" },
    "PROVIDER_CREDENTIAL_INVALID",
    undefined,
  ],
  [
    "an unpaid account",
    401,
    { message: "Inactive subscription or usage limit reached" },
    "PROVIDER_BILLING_EXHAUSTED",
    undefined,
  ],
  [
    "the same as 403",
    403,
    { message: "Inactive subscription or usage limit reached" },
    "PROVIDER_BILLING_EXHAUSTED",
    undefined,
  ],
  [
    "a guardrail",
    403,
    { ...flat("Blocked by guardrail", "guardrail", null), guardrails: [] },
    "CONTENT_FILTERED",
    "guardrail",
  ],
  [
    "permission",
    403,
    flat("Not allowed", "forbidden", null),
    "PROVIDER_PERMISSION_DENIED",
    "forbidden",
  ],
  [
    "an order",
    400,
    flat("Unexpected role 'user' after role 'tool'", "invalid_request_message_order", "3230"),
    "PROVIDER_INVALID_REQUEST",
    "3230",
  ],
  [
    "a model",
    400,
    flat("Invalid model: mistral-huge", "invalid_model", "1500"),
    "MODEL_NOT_FOUND",
    "1500",
  ],
  [
    "a model that is gone",
    404,
    flat("Model mistral-tiny not found", "not_found", null),
    "MODEL_NOT_FOUND",
    "not_found",
  ],
  [
    "a path",
    404,
    { message: "no Route matched with those values" },
    "PROVIDER_ENDPOINT_NOT_FOUND",
    undefined,
  ],
  [
    "a long prompt",
    400,
    flat(
      "Prompt contains 300000 tokens and 0 draft tokens, too large for model with 131072 maximum context length",
      "invalid_request_prompt",
      "3051",
    ),
    "CONTEXT_LENGTH_EXCEEDED",
    "3051",
  ],
  [
    "a rate",
    429,
    flat("Rate limit exceeded", "rate_limited", "1300"),
    "PROVIDER_RATE_LIMITED",
    "1300",
  ],
  [
    "a rate at the gateway",
    429,
    { message: "Requests rate limit exceeded" },
    "PROVIDER_RATE_LIMITED",
    undefined,
  ],
  [
    "capacity",
    429,
    flat(
      "Service tier capacity exceeded for this model.",
      "service_tier_capacity_exceeded",
      "3505",
    ),
    "PROVIDER_RATE_LIMITED",
    "3505",
  ],
  [
    "a fault",
    500,
    flat("Internal server error", "internal_server_error", null),
    "PROVIDER_INTERNAL",
    "internal_server_error",
  ],
  ["HTML", 503, "<html><body>Service Unavailable</body></html>", "PROVIDER_UNAVAILABLE", undefined],
  ["nothing", 502, "", "PROVIDER_UNAVAILABLE", undefined],
  ["a body of a foreign shape", 418, "[1]", "PROVIDER_INVALID_REQUEST", undefined],
];

describe("a failure of", () => {
  it.each(failures)("%s has its reason and code", (_, status, body, reason, code) => {
    const error = failure(status, body);
    expect([error.reason, error.fields.metadata?.provider_code]).toEqual([reason, code]);
    expect(error.fields.metadata?.http_status).toBe(String(status));
  });
});

describe("an error names", () => {
  it("every field that the API refused", () => {
    const detail = [
      { loc: ["body", "temperature"], msg: "Input should be at most 1.5", type: "less_than_equal" },
      { loc: ["body", "messages", 0, "role"], msg: "Field required", type: "missing" },
    ];
    for (const body of [
      { detail },
      { object: "error", message: { detail }, type: "invalid_request_error" },
    ]) {
      const { reason, fields, message } = failure(422, body);
      expect(reason).toBe("PROVIDER_INVALID_REQUEST");
      expect(fields.violations).toEqual([
        { field: "temperature", description: "Input should be at most 1.5" },
        { field: "messages.0.role", description: "Field required" },
      ]);
      expect(message).toBe("Input should be at most 1.5; Field required");
    }
  });

  it("the model, and the sizes of a prompt", () => {
    const gone = failure(400, flat("Invalid model: mistral-huge", "invalid_model", "1500"));
    expect(gone.fields.resource).toEqual({ type: "model", name: "mistral-huge" });
    const long =
      "Prompt contains 300000 tokens, too large for model with 131072 maximum context length";
    expect(failure(400, flat(long, "x", null)).fields.metadata).toMatchObject({
      requested: "300000",
      limit: "131072",
    });
  });

  const limit = (headers: Record<string, string>, type = "rate_limited") =>
    failure(429, flat("Rate limit exceeded", type, "1300"), headers);

  it("the limits that were met", () => {
    const left = {
      "x-ratelimit-remaining-req-minute": "0",
      "x-ratelimit-remaining-tokens-minute": "12",
      "x-ratelimit-remaining-req-second": "0",
    };
    expect(limit(left).fields.quotaSubjects).toEqual([
      "requests_per_minute",
      "requests_per_second",
    ]);
    expect(limit({}, "service_tier_capacity_exceeded").fields.quotaSubjects).toEqual([
      "service_tier_capacity",
    ]);
    expect(limit({}).fields.quotaSubjects).toBeUndefined();
  });

  it("a month's tokens that are spent", () => {
    const { reason, fields } = limit({ "x-ratelimit-remaining-tokens-month": "0" });
    expect([reason, fields.quotaSubjects]).toEqual([
      "PROVIDER_QUOTA_EXHAUSTED",
      ["tokens_per_month"],
    ]);
  });
});
