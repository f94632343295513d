import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import type {
  BatchResult,
  StreamBatchCallResponse,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { BatchEvent, BatchItemResult, CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { defaultLimits } from "../contract/limits.ts";
import { connectorErrorOfStatus } from "../rpc/batch-status.ts";
import { connectorErrorFrom } from "../rpc/error-status.ts";

/** Silence during a call after which the server is asked whether it is still there, ms. */
const pingIntervalMs = 30_000;
/** Time it has to answer, ms; then calls end with SERVER_UNREACHABLE. */
const pingTimeoutMs = 10_000;

/** A gRPC connection to a server. */
export class ServerConnection {
  readonly client: Client<typeof ConnectorService>;
  readonly #sessions: Http2SessionManager;

  constructor(url: string) {
    this.#sessions = new Http2SessionManager(url, { pingIntervalMs, pingTimeoutMs });
    const transport = createGrpcTransport({
      baseUrl: url,
      sessionManager: this.#sessions,
      readMaxBytes: defaultLimits.responseBytes,
    });
    this.client = createClient(ConnectorService, transport);
  }

  /**
   * What a call failed with. The caller's signal wins: a cancelled call is CALLER_CANCELLED
   * wherever it was. One that the caller did not cancel was cut off: HTTP/2 has the same word for
   * both.
   */
  errorOf(thrown: unknown, { signal }: CallContext): ConnectorError {
    if (signal.aborted && signal.reason instanceof ConnectorError) return signal.reason;
    const error = connectorErrorFrom(ConnectError.from(thrown));
    if (error.reason !== "CALLER_CANCELLED") return error;
    const message = "the connection to the server was lost during the call";
    return new ConnectorError("SERVER_UNREACHABLE", message, { cause: thrown });
  }

  /** What a server tells of a batch. Undefined: this version does not know it. */
  batchEventOf({ event }: StreamBatchCallResponse): BatchEvent | undefined {
    switch (event.case) {
      case "result":
        return {
          kind: "result",
          id: event.value.id,
          index: event.value.index,
          outcome: outcomeOf(event.value),
        };
      case "summary":
        return { kind: "summary", summary: event.value };
      default:
        return undefined;
    }
  }

  /** Ends at once, and every call with it. */
  close(): void {
    this.#sessions.abort();
  }
}

function outcomeOf({ outcome }: BatchResult): BatchItemResult["outcome"] {
  switch (outcome.case) {
    case "response":
      return { kind: "response", response: outcome.value };
    case "error":
      return { kind: "error", error: connectorErrorOfStatus(outcome.value) };
    default: {
      const message = "the server sent a result without an answer or error";
      return { kind: "error", error: new ConnectorError("INTERNAL_FAULT", message) };
    }
  }
}
