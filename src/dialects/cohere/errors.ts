import type { JsonObject } from "@bufbuild/protobuf";
import type { ProviderFailure } from "../../contract/adapter.ts";
import type { ConnectorError, ErrorFields } from "../../contract/connector-error.ts";
import type { Reason } from "../../contract/reasons.ts";
import { textOf } from "../json.ts";
import { type OpenAIErrorBody, readErrorObject, readErrorText } from "../openai-error-body.ts";
import { openAIError } from "../openai-errors.ts";
import { cleanText, providerError } from "../provider-error.ts";

const contextWords = /^too many tokens\b|context length/i;
const modelWords = /\bmodel '[^']*' (?:not found|was removed|is not available)/i;
/** Trial keys have a number of calls a month: waiting a minute does not help. */
const monthWords = /\bcalls? ?\/ ?month\b|per month/i;

/** A failure: `{message}` with an id and, in newer answers, an `error_type`. */
export function cohereError(failure: ProviderFailure): ConnectorError {
  const body = readErrorText(failure.body);
  const reason = reasonOf(body, failure.status);
  return reason === undefined
    ? openAIError(failure)
    : providerError(reason, body, failure.status, fieldsOf(reason, body));
}

/**
 * An error inside a success: an object like a failure's body, as an event or in place of an answer.
 */
export function cohereEventError(error: JsonObject): ConnectorError {
  const body = readErrorObject(error);
  const reason = reasonOf(body, body.status || 400) ?? "PROVIDER_INTERNAL";
  return providerError(reason, body, 200, fieldsOf(reason, body));
}

/** Answers that ended with a fault of the provider, by their `finish_reason`. */
const failedEnds: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ["ERROR", "PROVIDER_INTERNAL"],
  ["TIMEOUT", "PROVIDER_TIMEOUT"],
]);

/** The error that an answer ended with. Undefined: it ended well. `end` has its `finish_reason`. */
export function failedEnd(end: JsonObject): ConnectorError | undefined {
  const word = textOf(end.finish_reason);
  const reason = failedEnds.get(word);
  if (reason === undefined) return undefined;
  const told = readErrorObject({ error: end.error ?? null });
  const message = told.message || "the provider ended the answer with an error";
  return providerError(reason, { ...told, code: told.code || word, message }, 200);
}

function reasonOf({ code, message }: OpenAIErrorBody, status: number): Reason | undefined {
  // A word of the request or of the answer is on the provider's list of forbidden ones.
  if (status === 498) return "CONTENT_FILTERED";
  if (status === 429) return monthWords.test(message) ? "PROVIDER_QUOTA_EXHAUSTED" : undefined;
  if (code === "TOO_MANY_TOKENS" || contextWords.test(message)) return "CONTEXT_LENGTH_EXCEEDED";
  return modelWords.test(message) ? "MODEL_NOT_FOUND" : undefined;
}

function fieldsOf(reason: Reason, { message }: OpenAIErrorBody): ErrorFields {
  switch (reason) {
    case "CONTEXT_LENGTH_EXCEEDED": {
      const limit = /\blimit for this model is (\d{1,12})/i.exec(message)?.[1];
      return limit === undefined ? {} : { metadata: { limit } };
    }
    case "MODEL_NOT_FOUND": {
      const name = /'([^']{1,256})'/.exec(message)?.[1];
      return name === undefined ? {} : { resource: { type: "model", name: cleanText(name) } };
    }
    case "PROVIDER_QUOTA_EXHAUSTED":
      return { quotaSubjects: ["requests_per_month"] };
    default:
      return {};
  }
}
