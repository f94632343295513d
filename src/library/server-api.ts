import type { CallOptions } from "@connectrpc/connect";
import type {
  BatchCallRequest,
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
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type {
  BatchContext,
  BatchEvent,
  CallContext,
  ConnectorApi,
} from "../contract/connector-api.ts";
import type { ServerSettings } from "../contract/options.ts";
import type { ServerConnection } from "./server-connection.ts";

/** A ConnectorApi that a server carries out over gRPC, with the connection that it holds. */
export class ServerApi implements ConnectorApi {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #clock: Clock;
  #connection: Promise<ServerConnection> | undefined;

  constructor({ url, token }: ServerSettings, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    return this.#unary(context, (client, options) => client.call(request, options));
  }

  async *streamCall(
    request: StreamCallRequest,
    context: CallContext,
  ): AsyncGenerator<StreamCallResponse> {
    const connection = await this.#connect();
    try {
      yield* connection.client.streamCall(request, this.#options(context));
    } catch (thrown) {
      throw connection.errorOf(thrown, context);
    }
  }

  async *batch(
    request: BatchCallRequest | StreamBatchCallRequest,
    context: BatchContext,
  ): AsyncGenerator<BatchEvent> {
    const connection = await this.#connect();
    const { items, defaultOptions, maxConcurrency } = request;
    const message = { items, maxConcurrency, ...(defaultOptions && { defaultOptions }) };
    try {
      for await (const told of connection.client.streamBatchCall(message, this.#options(context))) {
        const event = connection.batchEventOf(told);
        if (event !== undefined) yield event;
      }
    } catch (thrown) {
      throw connection.errorOf(thrown, context);
    }
  }

  countTokens(request: CountTokensRequest, context: CallContext): Promise<CountTokensResponse> {
    return this.#unary(context, (client, options) => client.countTokens(request, options));
  }

  resolveModel(request: ResolveModelRequest, context: CallContext): Promise<ResolveModelResponse> {
    return this.#unary(context, (client, options) => client.resolveModel(request, options));
  }

  listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse> {
    return this.#unary(context, (client, options) => client.listModels(request, options));
  }

  /** Closes the connection; calls under way end with SERVER_UNREACHABLE. */
  async close(): Promise<void> {
    (await this.#connection)?.close();
  }

  async #unary<T>(
    context: CallContext,
    run: (client: ServerConnection["client"], options: CallOptions) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#connect();
    try {
      return await run(connection.client, this.#options(context));
    } catch (thrown) {
      throw connection.errorOf(thrown, context);
    }
  }

  /** Connect is loaded by the first call: who calls in process does without it. */
  #connect(): Promise<ServerConnection> {
    this.#connection ??= import("./server-connection.ts").then(
      ({ ServerConnection }) => new ServerConnection(this.#url),
    );
    return this.#connection;
  }

  #options({ signal, deadlineMs }: CallContext): CallOptions {
    return {
      signal,
      headers: this.#headers,
      ...(deadlineMs !== undefined && { timeoutMs: deadlineMs - this.#clock.now() }),
    };
  }
}
