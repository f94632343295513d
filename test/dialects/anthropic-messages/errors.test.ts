// Proves which reason each failure of the wire gets, from its code, words, type and status, and
// what it carries; bodies of any shape are read without a fault.
import { describe, expect, it } from "vitest";
import type { Reason } from "../../../src/contract/reasons.ts";
import { anthropicMessages } from "../../../src/dialects/anthropic-messages/dialect.ts";
import { cleanText } from "../../../src/dialects/provider-error.ts";

const errorFor = (status: number, body: string, headers: Record<string, string> = {}) =>
  anthropicMessages.toError({ status, headers, body });
const bodyOf = (type: string, message: string, rest: object = {}) =>
  JSON.stringify({ type: "error", error: { type, message, ...rest }, request_id: "req_1" });

describe("the API's own errors", () => {
  const rows: [number, string, string, Reason][] = [
    [400, "invalid_request_error", "messages: field required", "PROVIDER_INVALID_REQUEST"],
    [
      400,
      "invalid_request_error",
      "prompt is too long: 210000 tokens > 200000 maximum",
      "CONTEXT_LENGTH_EXCEEDED",
    ],
    [
      400,
      "invalid_request_error",
      "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease one",
      "CONTEXT_LENGTH_EXCEEDED",
    ],
    [
      413,
      "invalid_request_error",
      "Request size exceeds model context window",
      "CONTEXT_LENGTH_EXCEEDED",
    ],
    [
      400,
      "invalid_request_error",
      "max_tokens: 9 > 8, which is the maximum allowed number of output tokens",
      "PROVIDER_INVALID_REQUEST",
    ],
    [
      400,
      "invalid_request_error",
      "Output blocked by content filtering policy",
      "CONTENT_FILTERED",
    ],
    [
      400,
      "invalid_request_error",
      "Your credit balance is too low to access the API.",
      "PROVIDER_BILLING_EXHAUSTED",
    ],
    [
      400,
      "invalid_request_error",
      "You have reached your specified API usage limits.",
      "PROVIDER_BILLING_EXHAUSTED",
    ],
    [
      400,
      "invalid_request_error",
      "This organization has been disabled.",
      "PROVIDER_PERMISSION_DENIED",
    ],
    [401, "authentication_error", "invalid x-api-key", "PROVIDER_CREDENTIAL_INVALID"],
    [402, "billing_error", "pay", "PROVIDER_BILLING_EXHAUSTED"],
    [403, "permission_error", "no access", "PROVIDER_PERMISSION_DENIED"],
    [403, "forbidden", "Request not allowed", "PROVIDER_REGION_BLOCKED"],
    [404, "not_found_error", "model: claude-9", "MODEL_NOT_FOUND"],
    [404, "not_found_error", "Not Found", "PROVIDER_ENDPOINT_NOT_FOUND"],
    [404, "not_found_error", "File not found: file_1", "PROVIDER_INVALID_REQUEST"],
    [409, "conflict_error", "busy", "PROVIDER_CONFLICT"],
    [413, "request_too_large", "Request exceeds the maximum size", "REQUEST_TOO_LARGE"],
    [429, "rate_limit_error", "slow", "PROVIDER_RATE_LIMITED"],
    [
      429,
      "rate_limit_error",
      "would exceed your organization's maximum usage increase rate",
      "PROVIDER_RAMP_LIMITED",
    ],
    [500, "api_error", "Internal server error", "PROVIDER_INTERNAL"],
    [500, "overloaded_error", "Overloaded", "PROVIDER_OVERLOADED"],
    [504, "timeout_error", "late", "PROVIDER_TIMEOUT"],
    [529, "overloaded_error", "Overloaded", "PROVIDER_OVERLOADED"],
  ];

  it.each(rows)("%i %s: %s", (status, type, message, reason) => {
    const error = errorFor(status, bodyOf(type, message));
    expect(error.reason).toBe(reason);
    expect(error.message).toBe(message);
    expect(error.fields.metadata).toMatchObject({
      provider_code: type,
      http_status: String(status),
      provider_request_id: "req_1",
    });
  });

  it.each<[string, number, Reason]>([
    ["enforced_spend_limit_reached", 429, "PROVIDER_BILLING_EXHAUSTED"],
    ["contract_spend_limit_reached", 429, "PROVIDER_BILLING_EXHAUSTED"],
    ["linked_organization_spend_limit_reached", 402, "PROVIDER_BILLING_EXHAUSTED"],
    ["ramp_limit_exceeded", 429, "PROVIDER_RAMP_LIMITED"],
    ["organization_on_hold", 400, "PROVIDER_PERMISSION_DENIED"],
    ["request_body_too_large_after_decoding", 413, "REQUEST_TOO_LARGE"],
  ])("are told apart by the code %s", (error_code, status, reason) => {
    const error = errorFor(status, bodyOf("rate_limit_error", "m", { details: { error_code } }));
    expect(error.reason).toBe(reason);
    expect(error.fields.metadata?.provider_code).toBe(error_code);
  });

  it("never prove by words alone that money is spent, under 429", () => {
    const words = "insufficient quota: your credit balance is too low";
    expect(errorFor(429, bodyOf("rate_limit_error", words)).reason).toBe("PROVIDER_RATE_LIMITED");
  });

  it("of a rate that is only reset hours later are a quota", () => {
    const body = bodyOf("rate_limit_error", "m");
    expect(errorFor(429, body, { "retry-after": "7200" }).reason).toBe("PROVIDER_QUOTA_EXHAUSTED");
    expect(errorFor(429, body, { "retry-after": "30" }).reason).toBe("PROVIDER_RATE_LIMITED");
  });
});

describe("what an error carries", () => {
  it("the numbers of a context", () => {
    const one = errorFor(
      400,
      bodyOf("invalid_request_error", "prompt is too long: 12 tokens > 10 maximum"),
    );
    expect(one.fields.metadata).toMatchObject({ requested: "12", limit: "10" });
    const sum = "input length and `max_tokens` exceed context limit: 7 + 5 > 10";
    expect(errorFor(400, bodyOf("invalid_request_error", sum)).fields.metadata).toMatchObject({
      requested: "12",
      limit: "10",
    });
    const local =
      '{"error":{"code":400,"message":"request (12 tokens) exceeds the available context size (10 tokens)","type":"exceed_context_size_error","n_prompt_tokens":12,"n_ctx":10}}';
    expect(errorFor(400, local)).toMatchObject({
      reason: "CONTEXT_LENGTH_EXCEEDED",
      fields: { metadata: { requested: "12", limit: "10" } },
    });
  });

  it.each([
    [bodyOf("not_found_error", "model: claude-9"), "claude-9"],
    [bodyOf("not_found_error", "model 'nope:1b' not found"), "nope:1b"],
  ])("the model that is missing: %s", (body, name) => {
    const error = errorFor(404, body);
    expect(error.reason).toBe("MODEL_NOT_FOUND");
    expect(error.fields.resource).toEqual({ type: "model", name });
  });

  it("the field that is named, and the limit that was met", () => {
    const field = "tools.0.custom.input_schema.type";
    const error = errorFor(400, bodyOf("invalid_request_error", `${field}: Field required`));
    expect(error.fields.violations).toMatchObject([{ field }]);
    const rate = "This request would exceed the rate limit of 20,000 input tokens per minute.";
    expect(errorFor(429, bodyOf("rate_limit_error", rate)).fields.quotaSubjects).toEqual([
      "input tokens per minute",
    ]);
    const many = "Number of concurrent connections has exceeded your rate limit";
    expect(errorFor(429, bodyOf("rate_limit_error", many)).fields.quotaSubjects).toEqual([
      "concurrent connections",
    ]);
  });
});

describe("bodies of any shape", () => {
  const statuses: [number, Reason][] = [
    [302, "PROVIDER_REDIRECT_REFUSED"],
    [400, "PROVIDER_INVALID_REQUEST"],
    [401, "PROVIDER_CREDENTIAL_INVALID"],
    [404, "PROVIDER_ENDPOINT_NOT_FOUND"],
    [405, "PROVIDER_UNSUPPORTED"],
    [408, "PROVIDER_REQUEST_TIMEOUT"],
    [413, "REQUEST_TOO_LARGE"],
    [418, "PROVIDER_INVALID_REQUEST"],
    [429, "PROVIDER_RATE_LIMITED"],
    [500, "PROVIDER_INTERNAL"],
    [502, "PROVIDER_UNAVAILABLE"],
    [520, "PROVIDER_EDGE_ERROR"],
    [529, "PROVIDER_OVERLOADED"],
    [599, "PROVIDER_INTERNAL"],
  ];
  const bodies = [
    ["empty", ""],
    ["a page", "<!doctype html><title>Bad gateway</title>"],
    ["plain text", "upstream connect error"],
    ["no object", "[1]"],
    ["a text", '"nothing"'],
    ["null", "null"],
    ["cut JSON", '{"error":{"type"'],
    ["nothing known", '{"a":1}'],
    ["odd members", '{"error":{"type":7,"message":["x"],"details":"y"},"request_id":{}}'],
    ["large", "x".repeat(64 * 1024)],
    ["bytes that were no text", "\u0000\ufffd\u2028\ud800"],
  ] as const;

  it.each(bodies)("%s: the status decides", (_, body) => {
    for (const [status, reason] of statuses) {
      const error = errorFor(status, body);
      expect(error.reason, String(status)).toBe(reason);
      expect(error.message).not.toBe("");
      expect(error.message.length).toBeLessThanOrEqual(4096);
      expect(error.message).toBe(cleanText(error.message));
      expect(error.message).not.toContain("<!doctype");
    }
  });

  it.each([
    [
      '{"error":{"message":"m","type":"authentication_error","code":401}}',
      401,
      "authentication_error",
    ],
    ['{"type":"error","message":"m"}', 400, undefined],
    ['{"message":"m"}', 400, undefined],
    ['[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]', 400, undefined],
    ['{"error":"m"}', 400, undefined],
  ])("of other servers are read: %s", (body, status, code) => {
    const error = errorFor(status, body);
    expect(error.message).toBe("m");
    expect(error.fields.metadata?.provider_code).toBe(code);
  });

  it("are classified by their error inside a success", () => {
    expect(errorFor(200, bodyOf("rate_limit_error", "m")).reason).toBe("PROVIDER_RATE_LIMITED");
    expect(errorFor(200, '{"error":{"code":503,"message":"m"}}').reason).toBe(
      "PROVIDER_UNAVAILABLE",
    );
    expect(errorFor(200, '{"error":{}}')).toMatchObject({
      reason: "PROVIDER_INTERNAL",
      message: "the provider reported an error",
    });
  });
});
