import {
  create,
  type DescMessage,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { type Code, ConnectError } from "@connectrpc/connect";
import {
  type CallOptions,
  Client,
  type ClientOptions,
  type ClientReadableStream,
  credentials,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { onTestFinished } from "vitest";
import { StatusSchema } from "../../gen/ts/google/rpc/status_pb.ts";

/** Metadata of a call by grpc-js, by name. */
export type MetadataInit = Readonly<Record<string, string | Buffer>>;

/** A client of grpc-js for generated methods, closed when the test ends. */
export class GrpcJsClient {
  readonly #client: Client;

  constructor(port: number, options: ClientOptions = {}) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    onTestFinished(() => this.#client.close());
  }

  /** One request, one answer. Rejects with grpc-js's own ServiceError. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    init: MessageInitShape<I>,
    headers: MetadataInit = {},
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
    this.#client.makeUnaryRequest(
      `/${method.parent.typeName}/${method.name}`,
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      create(method.input, init),
      metadataOf(headers),
      options,
      (error, answer) => (answer === undefined ? reject(error) : resolve(answer)),
    );
    return promise;
  }

  /** One request, many answers: an object stream of grpc-js, which can be cancelled and read. */
  stream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    init: MessageInitShape<I>,
    headers: MetadataInit = {},
    options: CallOptions = {},
  ): ClientReadableStream<MessageShape<O>> {
    return this.#client.makeServerStreamRequest(
      `/${method.parent.typeName}/${method.name}`,
      (message: MessageShape<I>) => Buffer.from(toBinary(method.input, message)),
      (bytes: Buffer) => fromBinary(method.output, bytes),
      create(method.input, init),
      metadataOf(headers),
      options,
    );
  }
}

/**
 * What grpc-js received as an error, as Connect's clients see it: code, message, details, trailers.
 */
export function connectErrorOf(error: ServiceError): ConnectError {
  const trailers = new Headers();
  for (const [name, value] of Object.entries(error.metadata.getMap())) {
    if (typeof value === "string") trailers.append(name, value);
  }
  const received = new ConnectError(error.details, error.code as number as Code, trailers);
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const status = bytes instanceof Buffer ? fromBinary(StatusSchema, bytes) : undefined;
  received.details = (status?.details ?? []).map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return received;
}

/** The ServiceError that grpc-js rejects with. Fails if it does not. */
export async function serviceError(promise: Promise<unknown>): Promise<ServiceError> {
  return promise.then(
    () => Promise.reject(new Error("the call succeeded")),
    (error: ServiceError) => error,
  );
}

function metadataOf(headers: MetadataInit): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}
