/** The public face of the library. */

export type { BatchSummary } from "../gen/ts/nexen/connectors/v1/batch_pb.ts";
export type { CountTokensResponse } from "../gen/ts/nexen/connectors/v1/catalog_pb.ts";
export type { StreamProgress } from "../gen/ts/nexen/connectors/v1/error_pb.ts";
export * from "../gen/ts/nexen/connectors/v1/llm_pb.ts";
export * from "../gen/ts/nexen/connectors/v1/stream_pb.ts";
export { newLLM } from "./connectors.ts";
export {
  ConnectorError,
  type ErrorFields,
  type FieldViolation,
} from "./contract/connector-error.ts";
export type {
  ContentInput,
  LLM,
  LLMAnswer,
  LLMBatchEntry,
  LLMBatchInput,
  LLMBatchResult,
  LLMBatchSettings,
  LLMBatchStream,
  LLMCallSettings,
  LLMRequestInput,
  LLMStream,
  RoleWord,
} from "./contract/llm.ts";
export {
  type LLMOption,
  type LLMSettings,
  type ServerSettings,
  withAPIKey,
  withAttemptTimeout,
  withBaseURL,
  withFallbacks,
  withFirstDeltaTimeout,
  withHeaders,
  withHedging,
  withIdleTimeout,
  withRegions,
  withRetry,
  withServer,
  withStrict,
  withTarget,
  withTimeout,
} from "./contract/options.ts";
export { isReason, type Reason } from "./contract/reasons.ts";
