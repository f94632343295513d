import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { sizeOfResults } from "./batch-results.ts";
import { type EdgeSettings, incomingCall, OpenCall } from "./call-context.ts";
import { placeKey } from "./call-door.ts";
import { ConnectorMethods, type ConnectorMethodsOptions } from "./connector-methods.ts";
import { connectErrorOf } from "./error-status.ts";

/** ConnectorService over Connect: every error leaves with its details, and every call ends. */
export function connectorService(
  options: ConnectorMethodsOptions,
): ServiceImpl<typeof ConnectorService> {
  const { api } = options;
  const methods = new ConnectorMethods(options);
  const edge = new Edge(options, methods);
  return {
    call: (request, handler) => edge.unary(handler, (context) => api.call(request, context)),
    countTokens: (request, handler) =>
      edge.unary(handler, (context) => api.countTokens(request, context)),
    resolveModel: (request, handler) =>
      edge.unary(handler, (context) => api.resolveModel(request, context)),
    listModels: (request, handler) =>
      edge.unary(handler, (context) => api.listModels(request, context)),
    streamCall: (request, handler) =>
      edge.stream(handler, (context) => api.streamCall(request, context)),
    batchCall: (request, handler) =>
      edge.unary(handler, (context) =>
        methods.batchCall(request, context, sizeOfResults(contentTypeOf(handler))),
      ),
    streamBatchCall: (request, handler) =>
      edge.stream(handler, (context) =>
        methods.streamBatchCall(request, context, sizeOfResults(contentTypeOf(handler))),
      ),
  };
}

function contentTypeOf(handler: HandlerContext): string | null {
  return handler.requestHeader.get("content-type");
}

class Edge {
  readonly #settings: EdgeSettings;
  readonly #methods: ConnectorMethods;

  constructor(settings: EdgeSettings, methods: ConnectorMethods) {
    this.#settings = settings;
    this.#methods = methods;
  }

  async unary<T>(handler: HandlerContext, work: (context: CallContext) => Promise<T>): Promise<T> {
    const call = this.#open(handler);
    try {
      return await call.wait(() => work(call.context));
    } catch (thrown) {
      throw this.#outgoing(thrown);
    } finally {
      call.close();
      handler.values.get(placeKey)?.leave();
    }
  }

  async *stream<T>(
    handler: HandlerContext,
    work: (context: CallContext) => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const call = this.#open(handler);
    let events: AsyncIterator<T> | undefined;
    // Only what the api throws is an error of the call. What Connect throws into this generator (a
    // socket that could not be written to) goes back as it came.
    const next = async (): Promise<IteratorResult<T>> => {
      try {
        return await call.wait(async () => {
          events ??= work(call.context)[Symbol.asyncIterator]();
          return await events.next();
        });
      } catch (thrown) {
        throw this.#outgoing(thrown);
      }
    };
    let isDone = false;
    try {
      for (;;) {
        const { done, value } = await next();
        isDone = done === true;
        if (isDone) return;
        yield value;
      }
    } finally {
      call.close();
      handler.values.get(placeKey)?.leave();
      // Whoever leaves early has aborted the call; its end is the api's affair and not waited for.
      if (!isDone) events?.return?.().catch(() => {});
    }
  }

  #open(handler: HandlerContext): OpenCall {
    return new OpenCall(incomingCall(handler, this.#settings.clock), this.#settings);
  }

  #outgoing(thrown: unknown): Error {
    return connectErrorOf(this.#methods.outgoing(thrown));
  }
}
