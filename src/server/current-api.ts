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
import type { Connectors } from "../connectors.ts";
import type {
  BatchContext,
  BatchEvent,
  CallContext,
  ConnectorApi,
} from "../contract/connector-api.ts";
import { pulledMessages } from "../contract/iterated-messages.ts";
import { MessageStream } from "../contract/message-stream.ts";
import { WatchedMessages } from "../contract/watched-messages.ts";

/** One configuration in force, and the calls that began under it. */
interface Generation {
  readonly connectors: Connectors;
  openCalls: number;
  retired: boolean;
}

/**
 * The api of the configuration in force. A call stays with the configuration it began under; what a
 * replaced one holds is closed after its last call.
 */
export class CurrentApi implements ConnectorApi {
  #current: Generation;

  constructor(connectors: Connectors) {
    this.#current = { connectors, openCalls: 0, retired: false };
  }

  /** Puts another configuration in force. */
  replace(connectors: Connectors): void {
    const old = this.#current;
    this.#current = { connectors, openCalls: 0, retired: false };
    old.retired = true;
    closeIfUnused(old);
  }

  /** The configuration in force. */
  get connectors(): Connectors {
    return this.#current.connectors;
  }

  call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    return this.#during((api) => api.call(request, context));
  }

  streamCall(request: StreamCallRequest, context: CallContext): MessageStream<StreamCallResponse> {
    return this.#throughout((api) => api.streamCall(request, context));
  }

  batch(
    request: BatchCallRequest | StreamBatchCallRequest,
    context: BatchContext,
  ): MessageStream<BatchEvent> {
    return this.#throughout((api) => api.batch(request, context));
  }

  countTokens(request: CountTokensRequest, context: CallContext): Promise<CountTokensResponse> {
    return this.#during((api) => api.countTokens(request, context));
  }

  resolveModel(request: ResolveModelRequest, context: CallContext): Promise<ResolveModelResponse> {
    return this.#during((api) => api.resolveModel(request, context));
  }

  listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse> {
    return this.#during((api) => api.listModels(request, context));
  }

  #throughout<T>(open: (api: ConnectorApi) => AsyncIterable<T>): MessageStream<T> {
    return new MessageStream(
      new WatchedMessages(() => {
        const generation = this.#current;
        const messages = pulledMessages(open(generation.connectors.api));
        generation.openCalls++;
        return { messages, onOver: () => ended(generation) };
      }),
    );
  }

  async #during<T>(run: (api: ConnectorApi) => Promise<T>): Promise<T> {
    const generation = this.#current;
    generation.openCalls++;
    try {
      return await run(generation.connectors.api);
    } finally {
      ended(generation);
    }
  }
}

function ended(generation: Generation): void {
  generation.openCalls--;
  closeIfUnused(generation);
}

function closeIfUnused({ retired, openCalls, connectors }: Generation): void {
  if (retired && openCalls === 0) void connectors.close();
}
