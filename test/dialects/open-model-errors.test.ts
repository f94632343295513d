// Proves that what hosts and servers of open models say of a failure in shapes and statuses of
// their own gets the reason of the error table: words of the host behind a gateway, faults of the
// caller under 500, limits under 413.
import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import { openAIError, openAIStreamError } from "../../src/dialects/openai-errors.ts";
import { enveloped } from "../support/openai-failures.ts";

function failure(status: number, body: unknown) {
  return openAIError({ status, headers: {}, body: JSON.stringify(body) });
}

/** A failure of a host behind OpenRouter. */
function behind(raw: unknown, code = 400, rest: object = {}): object {
  const metadata = { provider_name: "Anthropic", raw, ...rest };
  return { error: { code, message: "Provider returned error", metadata } };
}

const invalid = "PROVIDER_INVALID_REQUEST";
const full = "CONTEXT_LENGTH_EXCEEDED";

const failures: readonly (readonly [string, number, object, Reason])[] = [
  [
    "a request over the limit of a minute (Groq)",
    413,
    enveloped("rate_limit_exceeded", "on tokens per minute (TPM): Limit 6000"),
    "PROVIDER_RATE_LIMITED",
  ],
  ["a body that is too large (Groq)", 413, enveloped("request_too_large"), "REQUEST_TOO_LARGE"],
  [
    "a call that fits no tool (Groq)",
    400,
    enveloped("tool_use_failed", "no fit", "invalid_request_error"),
    invalid,
  ],
  ["a retired model (Groq)", 400, enveloped("model_decommissioned"), "MODEL_NOT_FOUND"],
  [
    "a model that loads (Hugging Face)",
    503,
    { error: "Model m is currently loading", estimated_time: 20.5 },
    "PROVIDER_UNAVAILABLE",
  ],
  [
    "a full context (Text Generation Inference)",
    422,
    {
      error: "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9",
      error_type: "validation",
    },
    full,
  ],
  [
    "a long prompt (Text Generation Inference)",
    422,
    { error: "Input validation error: `inputs` must have less than 1024 tokens. Given: 9999" },
    full,
  ],
  [
    "a full context behind a gateway",
    400,
    behind('{"error":{"message":"prompt is too long: 9 > 8"}}'),
    full,
  ],
  [
    "a full context behind a gateway, as an object",
    400,
    behind({ message: "prompt is too long" }),
    full,
  ],
  ["a full context behind a gateway, in plain text", 400, behind("prompt is too long"), full],
  [
    "a full context by its class",
    400,
    behind("", 400, { error_type: "context_length_exceeded" }),
    full,
  ],
  [
    "no credit by its class",
    402,
    behind("", 402, { error_type: "payment_required" }),
    "PROVIDER_BILLING_EXHAUSTED",
  ],
  ["a page of a proxy behind a gateway", 502, behind("<html>", 502), "PROVIDER_UNAVAILABLE"],
  [
    "an overload behind a gateway",
    502,
    behind('{"error":"overloaded"}', 502),
    "PROVIDER_OVERLOADED",
  ],
  [
    "a guard of the gateway",
    403,
    { error: { code: 403, message: "Request blocked", metadata: { patterns: ["a"] } } },
    "CONTENT_FILTERED",
  ],
  [
    "a picture for a model of text (llama.cpp)",
    500,
    enveloped(500, "image input is not supported - hint: …", "server_error"),
    invalid,
  ],
  [
    "arguments that are no JSON (llama.cpp)",
    500,
    enveloped(500, "Failed to parse tool call arguments as JSON: …", "server_error"),
    invalid,
  ],
  [
    "no messages (llama.cpp)",
    500,
    enveloped(500, "'messages' is required", "server_error"),
    invalid,
  ],
  [
    "a fault of the model (llama.cpp)",
    500,
    enveloped(500, "The model produced output that does not match", "server_error"),
    "PROVIDER_INTERNAL",
  ],
  [
    "a wrong body (llama-cpp-python)",
    500,
    enveloped(
      null,
      '7 validation errors:\n  {…}\n\n  File "/a.py", line 1',
      "internal_server_error",
    ),
    invalid,
  ],
  [
    "a wrong option (Ollama)",
    500,
    enveloped(null, 'option "seed" must be of type int', "api_error"),
    invalid,
  ],
  [
    "a full queue (Ollama)",
    503,
    enveloped(
      null,
      "server busy, please try again.  maximum pending requests exceeded",
      "api_error",
    ),
    "PROVIDER_OVERLOADED",
  ],
  [
    "a missing model (vLLM)",
    404,
    {
      object: "error",
      message: "The model `m` does not exist.",
      type: "NotFoundError",
      param: "model",
      code: 404,
    },
    "MODEL_NOT_FOUND",
  ],
  [
    "a missing model (Ollama)",
    404,
    enveloped(null, "model 'nope:1b' not found", "api_error"),
    "MODEL_NOT_FOUND",
  ],
];

describe("a failure", () => {
  it.each(failures)("%s under %i", (_, status, body, reason) => {
    expect(failure(status, body).reason).toBe(reason);
  });

  it("says who failed behind a gateway, and in which words", () => {
    const { message, fields } = failure(400, behind('{"error":{"message":"no such tool"}}'));
    expect(message).toBe("Provider returned error: no such tool");
    expect(fields.metadata).toEqual({
      provider_code: "400",
      http_status: "400",
      upstream_provider: "Anthropic",
    });
    expect(failure(400, behind(null)).message).toBe("Provider returned error");
    expect(failure(502, behind("<html>")).message).toBe("Provider returned error");
  });

  it("says how long a model still loads, if that can be believed", () => {
    const loading = (estimated_time: unknown) =>
      failure(503, { error: "loading", estimated_time }).fields.retryAfterMs;
    expect([20.5, 0].map(loading)).toEqual([20_500, 0]);
    expect([-1, 1e9, "20", null].map(loading)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("names the limit of a minute", () => {
    const words = "Request too large on tokens per minute (TPM): Limit 6000, Requested 9000";
    const { fields } = failure(413, enveloped("rate_limit_exceeded", words, "tokens"));
    expect(fields.quotaSubjects).toEqual(["tokens_per_minute"]);
  });

  it("leaves the stack of a server out", () => {
    const words = '1 validation error:\n  {"a": 1}\n\n  File "/secret/path.py", line 376, in x';
    expect(failure(500, enveloped(null, words)).message).toBe('1 validation error:   {"a": 1}');
  });
});

describe("an error inside a success", () => {
  it.each([
    [{ error: "model 'm' not found" }, "MODEL_NOT_FOUND"],
    [behind("", 0, { error_type: "rate_limit_exceeded" }), "PROVIDER_RATE_LIMITED"],
    [behind("", 0, { error_type: "provider_overloaded" }), "PROVIDER_OVERLOADED"],
    [behind("prompt is too long", 400), "CONTEXT_LENGTH_EXCEEDED"],
    [{ error: "it broke" }, "PROVIDER_INTERNAL"],
  ])("%j is told", (error, reason) => {
    expect(openAIStreamError(error as never, 200).reason).toBe(reason);
  });
});
