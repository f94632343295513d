import type { JsonObject } from "@bufbuild/protobuf";
import type { ProviderFailure } from "../../contract/adapter.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { openAIError, openAIStreamError } from "../openai-errors.ts";

/** A failure: `{"error": "text"}`, plain text of the server's router, or nothing at all. */
export function ollamaError(failure: ProviderFailure): ConnectorError {
  return corrected(openAIError(failure));
}

/** An error that came as a line of a stream, or in a body, under a success. */
export function ollamaStreamError(line: JsonObject): ConnectorError {
  // A hosted model's error names its status in Go's spelling.
  const { StatusCode: status, ...rest } = line;
  return corrected(openAIStreamError(status === undefined ? rest : { status, ...rest }, 200));
}

/** Faults of the caller that the server puts under 500: an option of a wrong type, a wrong format. */
const callerWords =
  /^(?:option "|invalid (?:option|format|JSON schema|message)|json: cannot unmarshal)/i;

function corrected(error: ConnectorError): ConnectorError {
  if (error.reason !== "PROVIDER_INTERNAL" || !callerWords.test(error.message)) return error;
  return new ConnectorError("PROVIDER_INVALID_REQUEST", error.message, error.fields);
}
