import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  Client,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { ErrorInfoSchema } from "../../gen/ts/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";
import {
  CallRequestSchema,
  CallResponseSchema,
  ConnectorService,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";

/** How a call ended: OK, or a status with the reason in its details. */
export interface CallEnd {
  readonly code: string;
  readonly reason: string;
  readonly details: string;
  /** The text of the answer, as far as it came. */
  readonly text: string;
  /** Whether the answer is said to be whole. */
  readonly isWhole: boolean;
}

/**
 * What an operator writes into the service configuration of any gRPC client in front of two
 * servers: both are used in turn, and a call that was refused is tried again.
 */
const serviceConfig = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 5,
        initialBackoff: "0.1s",
        maxBackoff: "1s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};

/** A stock client of gRPC for two servers, its channel and connections its own. */
export class GrpcLoad {
  readonly #client: Client;

  constructor(ports: readonly number[]) {
    const address = `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(",")}`;
    this.#client = new Client(address, credentials.createInsecure(), {
      "grpc.service_config": JSON.stringify(serviceConfig),
      // A server is back in a third of a second here; the usual second would be most of a restart.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 200,
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  /** A unary call. */
  call(message: string, deadlineMs: number): Promise<CallEnd> {
    const request = create(CallRequestSchema, requestFor(message));
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        `/${ConnectorService.typeName}/Call`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => fromBinary(CallResponseSchema, bytes),
        Buffer.from(toBinary(CallRequestSchema, request)),
        waiting(),
        { deadline: Date.now() + deadlineMs },
        (error, answer) => {
          const parts = answer?.response?.content?.parts ?? [];
          const text = parts.map(({ kind }) => (kind.case === "text" ? kind.value.text : ""));
          resolve(callEnd(error, text.join(""), answer !== undefined));
        },
      );
    });
  }

  /** A stream, read to its end. */
  stream(message: string, deadlineMs: number): Promise<CallEnd> {
    const request = create(StreamCallRequestSchema, requestFor(message));
    const stream: ClientReadableStream<StreamCallResponse> = this.#client.makeServerStreamRequest(
      `/${ConnectorService.typeName}/StreamCall`,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => fromBinary(StreamCallResponseSchema, bytes),
      Buffer.from(toBinary(StreamCallRequestSchema, request)),
      waiting(),
      { deadline: Date.now() + deadlineMs },
    );
    let text = "";
    let isWhole = false;
    stream.on("data", ({ event }: StreamCallResponse) => {
      if (event.case === "textDelta") text += event.value.text;
      if (event.case === "finished") isWhole = true;
    });
    return new Promise((resolve) => {
      stream.once("error", (error: ServiceError) => resolve(callEnd(error, text, isWhole)));
      stream.once("end", () => resolve(callEnd(null, text, isWhole)));
    });
  }

  close(): void {
    this.#client.close();
  }
}

/** A call waits for a server that can be reached, within its deadline. */
function waiting(): Metadata {
  return new Metadata({ waitForReady: true });
}

function requestFor(message: string) {
  return { request: { model: "custom/steady", contents: [{ role: Role.USER, message }] } };
}

function callEnd(error: ServiceError | null, text: string, isWhole: boolean): CallEnd {
  if (error === null) return { code: "OK", reason: "", details: "", text, isWhole };
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const details = bytes instanceof Buffer ? fromBinary(StatusSchema, bytes).details : [];
  const info = details.find(({ typeUrl }) => typeUrl.endsWith(ErrorInfoSchema.typeName));
  const reason = info ? fromBinary(ErrorInfoSchema, info.value).reason : "";
  return { code: status[error.code] ?? "", reason, details: error.details, text, isWhole };
}
