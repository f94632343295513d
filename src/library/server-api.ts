import { type CallOptions, type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type {
  CountTokensRequest,
  CountTokensResponse,
  ListModelsRequest,
  ListModelsResponse,
  ResolveModelRequest,
  ResolveModelResponse,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import {
  type CallRequest,
  type CallResponse,
  ConnectorService,
  type StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { CallContext, ConnectorApi } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { defaultLimits } from "../contract/limits.ts";
import type { ServerSettings } from "../contract/options.ts";
import { connectorErrorFrom } from "../rpc/error-status.ts";

/** Silence during a call after which the server is asked whether it is still there, ms. */
const pingIntervalMs = 30_000;
/** Time it has to answer, ms; then calls end with SERVER_UNREACHABLE. */
const pingTimeoutMs = 10_000;

/** A ConnectorApi that a server carries out over gRPC, with the connection that it holds. */
export class ServerApi implements ConnectorApi {
  readonly #client: Client<typeof ConnectorService>;
  readonly #sessions: Http2SessionManager;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clock: Clock;

  constructor({ url, token }: ServerSettings, clock: Clock) {
    this.#sessions = new Http2SessionManager(url, { pingIntervalMs, pingTimeoutMs });
    this.#clock = clock;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const transport = createGrpcTransport({
      baseUrl: url,
      sessionManager: this.#sessions,
      readMaxBytes: defaultLimits.responseBytes,
    });
    this.#client = createClient(ConnectorService, transport);
  }

  call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    return this.#unary(context, (options) => this.#client.call(request, options));
  }

  async *streamCall(
    request: StreamCallRequest,
    context: CallContext,
  ): AsyncGenerator<StreamCallResponse> {
    try {
      yield* this.#client.streamCall(request, this.#options(context));
    } catch (thrown) {
      throw errorOf(thrown, context);
    }
  }

  countTokens(request: CountTokensRequest, context: CallContext): Promise<CountTokensResponse> {
    return this.#unary(context, (options) => this.#client.countTokens(request, options));
  }

  resolveModel(request: ResolveModelRequest, context: CallContext): Promise<ResolveModelResponse> {
    return this.#unary(context, (options) => this.#client.resolveModel(request, options));
  }

  listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse> {
    return this.#unary(context, (options) => this.#client.listModels(request, options));
  }

  /** Closes the connection; calls under way end with CALLER_CANCELLED or SERVER_UNREACHABLE. */
  close(): void {
    this.#sessions.abort();
  }

  async #unary<T>(context: CallContext, run: (options: CallOptions) => Promise<T>): Promise<T> {
    try {
      return await run(this.#options(context));
    } catch (thrown) {
      throw errorOf(thrown, context);
    }
  }

  #options({ signal, deadlineMs }: CallContext): CallOptions {
    return {
      signal,
      headers: this.#headers,
      ...(deadlineMs !== undefined && { timeoutMs: deadlineMs - this.#clock.now() }),
    };
  }
}

/**
 * What the caller's signal says wins: a cancelled call is CALLER_CANCELLED wherever it was. One that the
 * caller did not cancel was cut off: HTTP/2 has the same word for both.
 */
function errorOf(thrown: unknown, { signal }: CallContext): ConnectorError {
  if (signal.aborted && signal.reason instanceof ConnectorError) return signal.reason;
  const error = connectorErrorFrom(ConnectError.from(thrown));
  if (error.reason !== "CALLER_CANCELLED") return error;
  const message = "the connection to the server was lost during the call";
  return new ConnectorError("SERVER_UNREACHABLE", message, { cause: thrown });
}
