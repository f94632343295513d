import { type JsonObject, toJson } from "@bufbuild/protobuf";
import { LLMResponseSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { BatchItemResult } from "../contract/connector-api.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import { isRetryable, retryAfterMsOf } from "../rpc/error-details.ts";

/** How every line of the output begins. */
export const recordStart = '{"id":';

/** A result as a line of the output. `id` and `index` are those of the input. */
export function recordLine(id: string, index: number, outcome: BatchItemResult["outcome"]): string {
  const told =
    outcome.kind === "response"
      ? { response: toJson(LLMResponseSchema, outcome.response) }
      : { error: errorRecord(outcome.error) };
  return `${JSON.stringify({ id, index, ...told })}\n`;
}

/** What a line of the output tells of its id. Undefined: it is no such line. */
export function readRecord(
  text: string,
): { readonly id: string; readonly isAnswer: boolean } | undefined {
  try {
    const { id, response, error } = JSON.parse(text);
    if (typeof id !== "string" || (response ?? error) === undefined) return undefined;
    return { id, isAnswer: response !== undefined };
  } catch {
    return undefined;
  }
}

function errorRecord(error: ConnectorError): JsonObject {
  const { status, reason, message, fields } = error;
  const retryAfterMs = retryAfterMsOf(error);
  return {
    code: status,
    reason,
    message,
    retryable: isRetryable(error),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(fields.violations?.length && {
      violations: fields.violations.map(({ field, description }) => ({ field, description })),
    }),
    ...(fields.metadata && { metadata: { ...fields.metadata } }),
  };
}
