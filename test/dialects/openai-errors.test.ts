// Proves that every shape in which servers of the OpenAI family report a failure is read, and that
// each failure gets the reason of the error table: by its structured code first, then its status,
// then words.
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { reasons } from "../../src/contract/reasons.ts";
import { openAIError, openAIStreamError } from "../../src/dialects/openai-errors.ts";
import { enveloped, type OpenAIFailure, openAIFailures } from "../support/openai-failures.ts";

function failure({ status, body, headers = {} }: Omit<OpenAIFailure, "name" | "reason">) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return openAIError({ status, headers, body: text });
}

describe("openAIError", () => {
  it.each(openAIFailures)("classifies $name under $status", ({ reason, ...given }) => {
    expect(failure(given).reason).toBe(reason);
  });

  it("names the field that the provider names", () => {
    const body = { error: { message: "no", param: "tools[0].function.parameters", code: "x" } };
    const { fields } = failure({ status: 400, body });
    expect(fields.violations).toEqual([
      { field: "tools[0].function.parameters", description: "no" },
    ]);
    expect(fields.metadata).toEqual({ provider_code: "x", http_status: "400" });
  });

  it("reads the list of violations that FastAPI servers send", () => {
    const detail = [
      { type: "missing", loc: ["body", "messages", 0, "content"], msg: "Field required" },
      { type: "extra_forbidden", loc: ["body", "top_k"], msg: "Extra inputs are not permitted" },
    ];
    const flat = failure({ status: 422, body: { detail } });
    const nested = failure({ status: 422, body: { object: "error", message: { detail } } });
    for (const { reason, message, fields } of [flat, nested]) {
      expect(reason).toBe("PROVIDER_INVALID_REQUEST");
      expect(message).toBe("Field required; Extra inputs are not permitted");
      expect(fields.violations).toEqual([
        { field: "messages.0.content", description: "Field required" },
        { field: "top_k", description: "Extra inputs are not permitted" },
      ]);
    }
  });

  it("tells the wait that an error names in seconds", () => {
    const body = { error: { type: "usage_limit_reached", resets_in_seconds: 90 } };
    expect(failure({ status: 429, body }).fields.retryAfterMs).toBe(90_000);
  });

  it("tells a type in place of a code that only repeats the status", () => {
    const { fields } = failure({ status: 400, body: enveloped(400, "no", "exceed_size") });
    expect(fields.metadata?.provider_code).toBe("exceed_size");
  });

  it("tells the sizes of a context that is full", () => {
    const words = "maximum context length is 8192 tokens. However, you requested 9001 tokens";
    expect(failure({ status: 400, body: enveloped(null, words) }).fields.metadata).toMatchObject({
      limit: "8192",
      requested: "9001",
    });
    const body = {
      error: { code: 400, type: "exceed_context_size_error", n_prompt_tokens: 1531, n_ctx: 1024 },
    };
    const { reason, fields } = failure({ status: 400, body });
    expect(reason).toBe("CONTEXT_LENGTH_EXCEEDED");
    expect(fields.metadata).toMatchObject({ limit: "1024", requested: "1531" });
  });

  it("tells what Azure's filter found", () => {
    const found = { hate: { filtered: false }, jailbreak: { filtered: true, detected: true } };
    const innererror = { code: "ResponsibleAIPolicyViolation", content_filter_result: found };
    const { reason, fields } = failure({ status: 400, body: { error: { innererror } } });
    expect(reason).toBe("CONTENT_FILTERED");
    expect(fields.metadata?.category).toBe("jailbreak");
  });

  it("tells what Azure's filter found on the Responses wire", () => {
    const results = { hate: { filtered: true }, violence: { filtered: false } };
    const body = {
      error: {
        code: "content_filter",
        content_filters: [
          { source_type: "prompt", content_filter_results: results },
          { source_type: "prompt", content_filter_results: { hate: { filtered: true } } },
        ],
      },
    };
    const { reason, fields } = failure({ status: 400, body });
    expect(reason).toBe("CONTENT_FILTERED");
    expect(fields.metadata?.category).toBe("hate");
  });

  it("names the model that is missing", () => {
    const body = enveloped("model_not_found", "The model `gpt-x` does not exist");
    expect(failure({ status: 404, body }).fields.resource).toEqual({
      type: "model",
      name: "gpt-x",
    });
  });

  it.each([
    ["Rate limit reached on tokens per min (TPM): Limit 1", "", {}, ["tokens_per_minute"]],
    ["limited to 1 requests per day", "", {}, ["requests_per_day"]],
    ["slow", "tokens", {}, ["tokens"]],
    ["slow", "", { "x-ratelimit-remaining-requests": "0" }, ["requests"]],
    ["slow", "", { "x-ratelimit-remaining-requests": "7" }, undefined],
  ])("names the limit of %j", (message, type, headers, subjects) => {
    const body = enveloped("rate_limit_exceeded", message, type);
    expect(failure({ status: 429, body, headers }).fields.quotaSubjects).toEqual(subjects);
  });

  it.each([
    ["Please try again in 6m0s.", 360_000],
    ["Please try again in 50.597142857s. Visit", 50_598],
    ["Please try again in 120ms.", 120],
    ["Please retry after 20 seconds.", 20_000],
    ["try again in 1h2m3s", 3_723_000],
    ["try again later", undefined],
  ])("reads the wait of %j", (message, waitMs) => {
    expect(failure({ status: 429, body: enveloped(null, message) }).fields.retryAfterMs).toBe(
      waitMs,
    );
  });

  it("gives only a short, clean text of the provider's words", () => {
    const { message } = failure({
      status: 400,
      body: enveloped(null, `a\n\u0000b${"x".repeat(9_999)}`),
    });
    expect(message).toHaveLength(4096);
    expect(message.startsWith("a bxx")).toBe(true);
    expect(failure({ status: 503, body: "<html>" }).message).toBe(
      "the provider answered with status 503",
    );
  });

  property.prop([fc.integer({ min: 300, max: 599 }), fc.oneof(fc.string(), fc.json())])(
    "classifies any status and body",
    (status, body) => {
      const error = failure({ status, body });
      expect(reasons[error.reason]).toBeDefined();
      expect(error.message.length).toBeGreaterThan(0);
      expect(error.message.length).toBeLessThanOrEqual(4096);
    },
  );
});

describe("openAIStreamError", () => {
  it.each([
    [{ error: { code: 400, message: "Token limit reached" } }, "PROVIDER_INVALID_REQUEST"],
    [{ error: { status_code: 400, code: "tool_use_failed" } }, "PROVIDER_INVALID_REQUEST"],
    [{ error: { code: 500, type: "server_error", message: "grammar" } }, "PROVIDER_INTERNAL"],
    [{ code: 503, message: "down" }, "PROVIDER_UNAVAILABLE"],
    [{ type: "error", code: "rate_limit_exceeded", message: "slow" }, "PROVIDER_RATE_LIMITED"],
    [{ code: "server_error", message: "sorry" }, "PROVIDER_INTERNAL"],
    [{ code: "invalid_image_format", message: "no" }, "PROVIDER_INVALID_REQUEST"],
    [{ code: "insufficient_quota" }, "PROVIDER_BILLING_EXHAUSTED"],
    [{ type: "overloaded_error" }, "PROVIDER_OVERLOADED"],
    [{ code: "slow_down" }, "PROVIDER_OVERLOADED"],
    [{ error: "something broke" }, "PROVIDER_INTERNAL"],
    [{}, "PROVIDER_INTERNAL"],
  ])("classifies %j by what it says itself", (error, reason) => {
    const found = openAIStreamError(error, 200);
    expect(found.reason).toBe(reason);
    expect(found.fields.metadata?.http_status).toBe("200");
  });

  it("has words of its own where the provider has none", () => {
    expect(openAIStreamError({}, 200).message).toBe("the provider reported an error");
  });
});
