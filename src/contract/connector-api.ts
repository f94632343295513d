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
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";

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
}

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
  countTokens(request: CountTokensRequest, context: CallContext): Promise<CountTokensResponse>;
  resolveModel(request: ResolveModelRequest, context: CallContext): Promise<ResolveModelResponse>;
  listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse>;
}
