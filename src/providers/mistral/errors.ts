import type { ProviderFailure } from "../../contract/adapter.ts";
import type { ConnectorError } from "../../contract/connector-error.ts";
import type { Reason } from "../../contract/reasons.ts";
import { type OpenAIErrorBody, readErrorText } from "../../dialects/openai-error-body.ts";
import { openAIError } from "../../dialects/openai-errors.ts";
import { cleanText, providerError } from "../../dialects/provider-error.ts";

/**
 * A failure of Mistral's API. Its bodies are `{object: "error", …}`, `{detail: …}` (text, or a
 * list of fields), or only `{message: …}` from the gateway before it; all are read as the OpenAI
 * family's.
 */
export function mistralError(failure: ProviderFailure): ConnectorError {
  const body = readErrorText(failure.body);
  const error = openAIError(failure);
  const own = ownReason(body, failure, error.reason);
  if (own !== undefined) {
    const quotaSubjects = own === "PROVIDER_QUOTA_EXHAUSTED" ? { quotaSubjects: [monthly] } : {};
    return providerError(own, body, failure.status, quotaSubjects);
  }
  switch (error.reason) {
    case "PROVIDER_RATE_LIMITED": {
      const quotaSubjects = quotaSubjectsOf(body, failure);
      return quotaSubjects.length === 0 ? error : error.with({ quotaSubjects });
    }
    case "CONTEXT_LENGTH_EXCEEDED":
      return error.with({ metadata: contextNumbers(body.message) });
    case "MODEL_NOT_FOUND": {
      const name = /^invalid model: (\S{1,256})/i.exec(body.message)?.[1];
      return name === undefined
        ? error
        : error.with({ resource: { type: "model", name: cleanText(name) } });
    }
    default:
      return error;
  }
}

const monthly = "tokens_per_month";
const billingWords = /inactive subscription|usage limit reached|payment required/i;
const guardrailWords = /guardrail|moderation/i;

/** What only this API's own words and headers tell. */
function ownReason(
  { message, type, code, raw }: OpenAIErrorBody,
  { status, headers }: ProviderFailure,
  reason: Reason,
): Reason | undefined {
  if ([401, 403, 429].includes(status) && billingWords.test(message)) {
    return "PROVIDER_BILLING_EXHAUSTED";
  }
  const isBlocked =
    raw.guardrails !== undefined || guardrailWords.test(`${type} ${code} ${message}`);
  if (status === 403 && isBlocked) return "CONTENT_FILTERED";
  const isSpent = headers["x-ratelimit-remaining-tokens-month"]?.trim() === "0";
  if (reason === "PROVIDER_RATE_LIMITED" && isSpent) return "PROVIDER_QUOTA_EXHAUSTED";
  return undefined;
}

/** The limits that the headers or the words name. */
function quotaSubjectsOf(
  { type, message }: OpenAIErrorBody,
  { headers }: ProviderFailure,
): readonly string[] {
  if (type === "service_tier_capacity_exceeded" || /capacity exceeded/i.test(message)) {
    return ["service_tier_capacity"];
  }
  return Object.entries(headers).flatMap(([header, left]) => {
    const [, unit, period] = /^x-ratelimit-remaining-(req|tokens)-(\w+)$/.exec(header) ?? [];
    if (unit === undefined || left.trim() !== "0") return [];
    return [`${unit === "req" ? "requests" : unit}_per_${period}`];
  });
}

/** "Prompt contains 300000 tokens … too large for model with 131072 maximum context length". */
function contextNumbers(message: string): Record<string, string> {
  const requested = /contains (\d{1,12}) tokens/i.exec(message)?.[1];
  const limit = /model with (\d{1,12}) maximum/i.exec(message)?.[1];
  return { ...(requested && { requested }), ...(limit && { limit }) };
}
