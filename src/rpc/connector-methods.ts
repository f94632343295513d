import type {
  BatchCallRequest,
  BatchCallResponse,
  StreamBatchCallRequest,
  StreamBatchCallResponse,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import type { BatchEvent, CallContext, ConnectorApi } from "../contract/connector-api.ts";
import { type ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { BatchAnswer } from "./batch-answer.ts";
import type { SizeOf } from "./batch-results.ts";
import { batchStream } from "./batch-stream.ts";
import type { EdgeSettings } from "./call-context.ts";
import type { ServerAdmission } from "./server-admission.ts";

/** What the methods are made of. */
export interface ConnectorMethodsOptions extends EdgeSettings {
  /** Carries the calls out; it validates requests itself. */
  readonly api: ConnectorApi;
  /** Lets calls in; here it is told how many came at once in a batch. */
  readonly admission: Pick<ServerAdmission, "charge">;
  readonly limits: Pick<Limits, "responseBytes">;
  /** Told of every fault of this server, with its cause. Must not throw. */
  onFault(error: ConnectorError): void;
}

/** What ConnectorService does beyond its api, whatever carries its calls. */
export class ConnectorMethods {
  readonly #options: ConnectorMethodsOptions;

  constructor(options: ConnectorMethodsOptions) {
    this.#options = options;
  }

  /** A batch as one message. `sizeOf` measures its results as they are sent. */
  async batchCall(
    request: BatchCallRequest,
    context: CallContext,
    sizeOf: SizeOf,
  ): Promise<BatchCallResponse> {
    const { api, admission, limits, clock } = this.#options;
    admission.charge(context.caller, request.items.length - 1);
    const answer = new BatchAnswer(request, { bytesMax: limits.responseBytes, sizeOf, clock });
    return await answer.gather((own) => this.#watched(api.batch(request, own)), context);
  }

  /** A batch as it is done. `sizeOf` measures its results as they are sent. */
  streamBatchCall(
    request: StreamBatchCallRequest,
    context: CallContext,
    sizeOf: SizeOf,
  ): AsyncIterable<StreamBatchCallResponse> {
    const { api, admission, limits } = this.#options;
    admission.charge(context.caller, request.items.length - 1);
    return batchStream(this.#watched(api.batch(request, context)), limits.responseBytes, sizeOf);
  }

  /** Whatever a call failed with, as it leaves. Faults of this server are told. */
  outgoing(thrown: unknown): ConnectorError {
    const error = toConnectorError(thrown, "INTERNAL_FAULT", "this server failed; see its log");
    this.#tellFault(error);
    return error;
  }

  /** The same events; faults of this server among them are told. */
  async *#watched(events: AsyncIterable<BatchEvent>): AsyncGenerator<BatchEvent> {
    for await (const event of events) {
      if (event.kind === "result" && event.outcome.kind === "error") {
        this.#tellFault(event.outcome.error);
      }
      yield event;
    }
  }

  #tellFault(error: ConnectorError): void {
    const isFault = error.reason === "INTERNAL_FAULT" || error.reason === "ADAPTER_FAULT";
    if (isFault) this.#options.onFault(error);
  }
}
