import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { BatchEvent, CallContext, ConnectorApi } from "../contract/connector-api.ts";
import { type ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { BatchAnswer } from "./batch-answer.ts";
import { sizeOfResults } from "./batch-results.ts";
import { batchStream } from "./batch-stream.ts";
import { type EdgeSettings, incomingCall, OpenCall } from "./call-context.ts";
import { placeKey } from "./call-door.ts";
import { connectErrorOf } from "./error-status.ts";
import type { ServerAdmission } from "./server-admission.ts";

/** What the service is made of. */
export interface ConnectorServiceOptions extends EdgeSettings {
  /** Carries the calls out; it validates requests itself. */
  readonly api: ConnectorApi;
  /** Lets calls in; here it is told how many came at once in a batch. */
  readonly admission: Pick<ServerAdmission, "charge">;
  readonly limits: Pick<Limits, "responseBytes">;
  /** Told of every fault of this server, with its cause. Must not throw. */
  onFault(error: ConnectorError): void;
}

/** ConnectorService over Connect: every error leaves with its details, and every call ends. */
export function connectorService(
  options: ConnectorServiceOptions,
): ServiceImpl<typeof ConnectorService> {
  const { api, admission, clock, limits } = options;
  const bytesMax = limits.responseBytes;
  const edge = new Edge(options);
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
      edge.unary(handler, async (context) => {
        admission.charge(context.caller, request.items.length - 1);
        const sizeOf = sizeOfResults(handler.requestHeader.get("content-type"));
        const answer = new BatchAnswer(request, { bytesMax, sizeOf, clock });
        return await answer.gather((own) => edge.watched(api.batch(request, own)), context);
      }),
    streamBatchCall: (request, handler) =>
      edge.stream(handler, (context) => {
        admission.charge(context.caller, request.items.length - 1);
        const sizeOf = sizeOfResults(handler.requestHeader.get("content-type"));
        return batchStream(edge.watched(api.batch(request, context)), bytesMax, sizeOf);
      }),
  };
}

class Edge {
  readonly #options: ConnectorServiceOptions;

  constructor(options: ConnectorServiceOptions) {
    this.#options = options;
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

  /** The same events; faults of this server among them are told. */
  async *watched(events: AsyncIterable<BatchEvent>): AsyncGenerator<BatchEvent> {
    for await (const event of events) {
      if (event.kind === "result" && event.outcome.kind === "error") {
        this.#tellFault(event.outcome.error);
      }
      yield event;
    }
  }

  #open(handler: HandlerContext): OpenCall {
    return new OpenCall(incomingCall(handler, this.#options.clock), this.#options);
  }

  #outgoing(thrown: unknown): Error {
    const error = toConnectorError(thrown, "INTERNAL_FAULT", "this server failed; see its log");
    this.#tellFault(error);
    return connectErrorOf(error);
  }

  #tellFault(error: ConnectorError): void {
    const isFault = error.reason === "INTERNAL_FAULT" || error.reason === "ADAPTER_FAULT";
    if (isFault) this.#options.onFault(error);
  }
}
