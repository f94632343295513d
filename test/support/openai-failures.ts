/** A failure as a server of the OpenAI family reports it, and what it means. */
export interface OpenAIFailure {
  readonly name: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reason: string;
}

/** An error in OpenAI's own envelope. */
export function enveloped(code: string | number | null, message = "words", type = ""): object {
  return { error: { message, type, param: null, code } };
}

/** One failure of each class, in the shapes of the servers that send it. */
export const openAIFailures: readonly OpenAIFailure[] = [
  {
    name: "a wrong key",
    status: 401,
    body: enveloped("invalid_api_key"),
    reason: "PROVIDER_CREDENTIAL_INVALID",
  },
  {
    name: "a wrong key under 400 (xAI)",
    status: 400,
    body: { code: "invalid-argument", error: "Incorrect API key provided." },
    reason: "PROVIDER_CREDENTIAL_INVALID",
  },
  {
    name: "a wrong key as detail",
    status: 401,
    body: { detail: "Invalid API Key" },
    reason: "PROVIDER_CREDENTIAL_INVALID",
  },
  {
    name: "the limit of a subscription (Codex)",
    status: 429,
    body: { error: { type: "usage_limit_reached", message: "words", resets_in_seconds: 90 } },
    reason: "PROVIDER_QUOTA_EXHAUSTED",
  },
  {
    name: "a code under another name (Databricks)",
    status: 400,
    body: { error_code: "content_filter", message: "words" },
    reason: "CONTENT_FILTERED",
  },
  {
    name: "no permission",
    status: 403,
    body: enveloped(null, "You may not sample"),
    reason: "PROVIDER_PERMISSION_DENIED",
  },
  {
    name: "a model the project may not use",
    status: 403,
    body: enveloped("model_not_found"),
    reason: "PROVIDER_PERMISSION_DENIED",
  },
  {
    name: "a country",
    status: 403,
    body: enveloped("unsupported_country_region_territory"),
    reason: "PROVIDER_REGION_BLOCKED",
  },
  {
    name: "an address",
    status: 403,
    body: enveloped("ip_not_authorized"),
    reason: "PROVIDER_REGION_BLOCKED",
  },
  {
    name: "another residency",
    status: 400,
    body: enveloped("data_residency_mismatch"),
    reason: "PROVIDER_REGION_BLOCKED",
  },
  {
    name: "an unknown model",
    status: 404,
    body: enveloped("model_not_found", "The model `gpt-x` does not exist"),
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "an unknown model under 400",
    status: 400,
    body: enveloped("model_not_found"),
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "an unknown model without a code",
    status: 404,
    body: enveloped(null, 'model "qwen9:1b" not found, try pulling it first'),
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "a retired model",
    status: 404,
    body: enveloped(null, "The model `gpt-3.5-turbo-0301` has been deprecated"),
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "a model for another endpoint",
    status: 404,
    body: enveloped(null, "This is not a chat model and thus not supported"),
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "an unknown model (Mistral, flat)",
    status: 400,
    body: { object: "error", message: "Invalid model: nope", type: "invalid_model", code: "1500" },
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "an unknown deployment",
    status: 404,
    body: enveloped("DeploymentNotFound"),
    reason: "MODEL_NOT_FOUND",
  },
  {
    name: "a wrong path",
    status: 404,
    body: enveloped(null, "Invalid URL (POST /v1/chat)"),
    reason: "PROVIDER_ENDPOINT_NOT_FOUND",
  },
  {
    name: "a wrong path (llama.cpp)",
    status: 404,
    body: enveloped(404, "File Not Found", "not_found_error"),
    reason: "PROVIDER_ENDPOINT_NOT_FOUND",
  },
  {
    name: "a wrong path as plain text",
    status: 404,
    body: "404 page not found",
    reason: "PROVIDER_ENDPOINT_NOT_FOUND",
  },
  {
    name: "a missing file",
    status: 404,
    body: { error: { message: "No such File object: file-1", param: "id", code: null } },
    reason: "PROVIDER_INVALID_REQUEST",
  },
  {
    name: "a context that is full",
    status: 400,
    body: enveloped("context_length_exceeded"),
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    name: "a context that is full, in words",
    status: 400,
    body: enveloped(null, "This model's maximum context length is 8192 tokens."),
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    name: "a context that is full (Ollama)",
    status: 400,
    body: { error: "prompt too long; exceeded max context length by 7 tokens" },
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    name: "a context that is full (old vLLM)",
    status: 400,
    body: { object: "error", message: "max_tokens must be at least 1, got -186." },
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    name: "a body for too small a model",
    status: 413,
    body: enveloped("tokens_limit_reached"),
    reason: "CONTEXT_LENGTH_EXCEEDED",
  },
  {
    name: "a prompt that is filtered",
    status: 400,
    body: enveloped("content_filter"),
    reason: "CONTENT_FILTERED",
  },
  {
    name: "a prompt that is flagged",
    status: 400,
    body: enveloped(
      "invalid_prompt",
      "Your prompt was flagged as potentially violating our usage policy",
    ),
    reason: "CONTENT_FILTERED",
  },
  {
    name: "a prompt that is moderated (OpenRouter)",
    status: 403,
    body: { error: { code: 403, message: "no", metadata: { flagged_input: "x", reasons: ["y"] } } },
    reason: "CONTENT_FILTERED",
  },
  { name: "a body that is too large", status: 413, body: "", reason: "REQUEST_TOO_LARGE" },
  {
    name: "a parameter",
    status: 400,
    body: enveloped("unsupported_parameter"),
    reason: "PROVIDER_INVALID_REQUEST",
  },
  {
    name: "an invalid prompt",
    status: 400,
    body: enveloped("invalid_prompt"),
    reason: "PROVIDER_INVALID_REQUEST",
  },
  {
    name: "no credit",
    status: 402,
    body: enveloped(402, "more credits"),
    reason: "PROVIDER_BILLING_EXHAUSTED",
  },
  {
    name: "no quota",
    status: 429,
    body: enveloped("insufficient_quota", "words", "insufficient_quota"),
    reason: "PROVIDER_BILLING_EXHAUSTED",
  },
  {
    name: "no quota by type",
    status: 429,
    body: enveloped(null, "words", "insufficient_quota"),
    reason: "PROVIDER_BILLING_EXHAUSTED",
  },
  {
    name: "a spend limit",
    status: 429,
    body: enveloped("project_spend_limit_exceeded"),
    reason: "PROVIDER_BILLING_EXHAUSTED",
  },
  {
    name: "quota in words alone",
    status: 429,
    body: enveloped(null, "insufficient quota: You exceeded your current quota"),
    reason: "PROVIDER_RATE_LIMITED",
  },
  {
    name: "traffic that grows too fast",
    status: 429,
    body: enveloped("slow_down"),
    reason: "PROVIDER_RAMP_LIMITED",
  },
  {
    name: "a rate",
    status: 429,
    body: enveloped("rate_limit_exceeded"),
    reason: "PROVIDER_RATE_LIMITED",
  },
  { name: "an unknown 429", status: 429, body: "", reason: "PROVIDER_RATE_LIMITED" },
  {
    name: "a quota of a day by header",
    status: 429,
    headers: { "retry-after": "86400" },
    body: enveloped("429"),
    reason: "PROVIDER_QUOTA_EXHAUSTED",
  },
  {
    name: "a quota of a day in words",
    status: 429,
    body: enveloped("429", "Please retry after 86400 seconds."),
    reason: "PROVIDER_QUOTA_EXHAUSTED",
  },
  {
    name: "flex capacity (Groq)",
    status: 498,
    body: enveloped("capacity_exceeded"),
    reason: "PROVIDER_OVERLOADED",
  },
  {
    name: "a fault",
    status: 500,
    body: enveloped(null, "sorry", "server_error"),
    reason: "PROVIDER_INTERNAL",
  },
  {
    name: "a bad gateway in HTML",
    status: 502,
    body: "<html><body>502 Bad Gateway</body></html>",
    reason: "PROVIDER_UNAVAILABLE",
  },
  {
    name: "an overload by code",
    status: 503,
    body: enveloped("server_is_overloaded"),
    reason: "PROVIDER_OVERLOADED",
  },
  {
    name: "an overload by slow_down",
    status: 503,
    body: enveloped("slow_down"),
    reason: "PROVIDER_OVERLOADED",
  },
  {
    name: "an overload in words",
    status: 503,
    body: enveloped(null, "That model is currently overloaded"),
    reason: "PROVIDER_OVERLOADED",
  },
  {
    name: "a model that loads (llama.cpp)",
    status: 503,
    body: enveloped(503, "Loading model", "unavailable_error"),
    reason: "PROVIDER_UNAVAILABLE",
  },
  { name: "a gateway's timeout", status: 504, body: "", reason: "PROVIDER_TIMEOUT" },
  { name: "an edge", status: 524, body: "<!DOCTYPE html>", reason: "PROVIDER_EDGE_ERROR" },
  { name: "a redirect", status: 302, body: "", reason: "PROVIDER_REDIRECT_REFUSED" },
  {
    name: "a list with one error",
    status: 400,
    body: [{ error: { code: 400, message: "Value not valid" } }],
    reason: "PROVIDER_INVALID_REQUEST",
  },
  {
    name: "an error inside 200",
    status: 200,
    body: enveloped(429, "slow"),
    reason: "PROVIDER_RATE_LIMITED",
  },
  {
    name: "a code that is a member of every object",
    status: 400,
    body: enveloped("constructor", "w", "toString"),
    reason: "PROVIDER_INVALID_REQUEST",
  },
];
