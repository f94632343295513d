import { create, createRegistry, type Registry, toBinary, toJsonString } from "@bufbuild/protobuf";
import { file_google_rpc_error_details } from "../../gen/ts/google/rpc/error_details_pb.ts";
import {
  type BatchResult,
  BatchResultSchema,
  type BatchSummary,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { file_nexen_connectors_v1_error } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { BatchItemResult } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { statusOf } from "./error-status.ts";

/** Bytes of a result as it is sent. */
export type SizeOf = (result: BatchResult) => number;

// Details of errors travel as Any, which JSON can only write for types that it knows.
const registry: Registry = createRegistry(
  file_google_rpc_error_details,
  file_nexen_connectors_v1_error,
);

/** How large results are in the codec of a call, by its content type. */
export function sizeOfResults(contentType: string | null): SizeOf {
  if (!contentType?.includes("json")) {
    return (result) => toBinary(BatchResultSchema, result).length;
  }
  return (result) => Buffer.byteLength(toJsonString(BatchResultSchema, result, { registry }));
}

/** A result as it is sent; an error with the details that a Call would have carried. */
export function batchResult({ id, index, outcome }: BatchItemResult): BatchResult {
  return create(BatchResultSchema, { id, index, outcome: sentOutcome(outcome) });
}

/** A result that is an error of this side. */
export function failedResult(id: string, index: number, error: ConnectorError): BatchResult {
  return batchResult({ kind: "result", id, index, outcome: { kind: "error", error } });
}

/** The error of an answer that fits into no message. */
export function tooLarge(message: string, bytesMax: number): ConnectorError {
  return new ConnectorError("MESSAGE_TOO_LARGE", message, {
    metadata: { limit: "response_bytes", max: String(bytesMax) },
  });
}

/** The summary of a batch after some of its answers became errors. */
export function withFailed(summary: BatchSummary, count: number): BatchSummary {
  summary.succeeded -= count;
  summary.failed += count;
  return summary;
}

function sentOutcome(outcome: BatchItemResult["outcome"]): BatchResult["outcome"] {
  return outcome.kind === "response"
    ? { case: "response", value: outcome.response }
    : { case: "error", value: statusOf(outcome.error) };
}
