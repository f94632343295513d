import type {
  BatchCallRequest,
  BatchSummary,
  StreamBatchCallRequest,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import type {
  CountTokensRequest,
  CountTokensResponse,
  ListModelsRequest,
  ListModelsResponse,
  ResolveModelRequest,
  ResolveModelResponse,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type {
  CallRequest,
  CallResponse,
  StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { ConnectorError } from "./connector-error.ts";

/** What is known of a call besides its message. */
export interface CallContext {
  /**
   * The caller's cancellation. Its reason is a ConnectorError: CALLER_CANCELLED,
   * CALLER_DEADLINE_EXCEEDED or SERVER_DRAINING.
   */
  readonly signal: AbortSignal;
  /** When the call arrived, on the clock's monotonic scale, ms. */
  readonly receivedMs: number;
  /** The protocol's deadline on the same scale, ms. Unset: none. */
  readonly deadlineMs: number | undefined;
  /** Name of the authenticated caller. Empty: none. */
  readonly caller: string;
  /** How often the caller's own client has tried this call before. Default: 0. */
  readonly previousAttempts?: number;
}

/** What is known of a batch besides its message. */
export interface BatchContext extends CallContext {
  /**
   * When it is aborted, no other item begins; those under way go on, and the summary counts the
   * rest as not started. Default: never. A server cannot be told.
   */
  readonly stopSignal?: AbortSignal;
}

/** What became of one item of a batch. */
export interface BatchItemResult {
  readonly kind: "result";
  /** Id of the item: the caller's, or its index. */
  readonly id: string;
  /** Index of the item in the request. */
  readonly index: number;
  readonly outcome:
    | { readonly kind: "response"; readonly response: LLMResponse }
    | { readonly kind: "error"; readonly error: ConnectorError };
}

/** One thing that a batch tells. */
export type BatchEvent =
  | BatchItemResult
  | { readonly kind: "summary"; readonly summary: BatchSummary };

/**
 * The service, wherever it runs: what the RPC edge serves, what the library calls, and what a
 * client of a server looks like. Every method throws ConnectorError and nothing else.
 */
export interface ConnectorApi {
  call(request: CallRequest, context: CallContext): Promise<CallResponse>;
  /**
   * Ends with `finished`, or throws, at once or in the loop. Leaving the loop early aborts the
   * provider's call; nothing is sent before the first event is asked for.
   */
  streamCall(request: StreamCallRequest, context: CallContext): AsyncIterable<StreamCallResponse>;
  /**
   * The results of a batch as they are done, then its summary. One failed item is one result. Items
   * begin only while results are read: those under way and those that wait are never more than
   * `max_concurrency`. Takes the items out of `request`, so that each can be let go with its result.
   *
   * Throws, at once or in the loop, where the whole cannot be (INVALID_REQUEST), or where the
   * context's signal or deadline ends it; the error's metadata then counts `total`, `succeeded`,
   * `failed` and `not_started`. Leaving the loop early aborts what is under way.
   */
  batch(
    request: BatchCallRequest | StreamBatchCallRequest,
    context: BatchContext,
  ): AsyncIterable<BatchEvent>;
  countTokens(request: CountTokensRequest, context: CallContext): Promise<CountTokensResponse>;
  resolveModel(request: ResolveModelRequest, context: CallContext): Promise<ResolveModelResponse>;
  listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse>;
}

/** What carries single calls out; batches are made of them. */
export type SingleCallApi = Omit<ConnectorApi, "batch">;
