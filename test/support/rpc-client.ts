import { createRegistry, type DescService } from "@bufbuild/protobuf";
import { type Client, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import {
  ErrorInfoSchema,
  file_google_rpc_error_details,
} from "../../gen/ts/google/rpc/error_details_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { file_nexen_connectors_v1_error } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectorErrorFrom } from "../../src/rpc/error-status.ts";

/** A protocol over a version of HTTP, as connect-node's clients speak it. */
export interface Wire {
  readonly name: string;
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly httpVersion: "1.1" | "2";
  readonly json: boolean;
}

/**
 * Every protocol over every version of HTTP it knows, in binary; Connect and gRPC-Web also in JSON.
 */
export const wires: readonly Wire[] = [
  { name: "gRPC", protocol: "grpc", httpVersion: "2", json: false },
  { name: "gRPC in JSON", protocol: "grpc", httpVersion: "2", json: true },
  { name: "gRPC-Web, HTTP/1.1", protocol: "grpc-web", httpVersion: "1.1", json: false },
  { name: "gRPC-Web, HTTP/2", protocol: "grpc-web", httpVersion: "2", json: false },
  { name: "Connect, HTTP/1.1", protocol: "connect", httpVersion: "1.1", json: false },
  { name: "Connect, HTTP/2", protocol: "connect", httpVersion: "2", json: false },
  { name: "Connect in JSON, HTTP/1.1", protocol: "connect", httpVersion: "1.1", json: true },
];

// Errors inside results hold their details as Any.
const registry = createRegistry(file_google_rpc_error_details, file_nexen_connectors_v1_error);

/** A transport that speaks a wire; further options are those of connect-node. */
export function transportOver(
  { protocol, httpVersion, json }: Wire,
  url: string,
  options: Partial<Parameters<typeof createConnectTransport>[0]> = {},
): Transport {
  const common = { baseUrl: url, useBinaryFormat: !json, jsonOptions: { registry }, ...options };
  if (protocol === "grpc") return createGrpcTransport(common as never);
  const web = { ...common, httpVersion } as Parameters<typeof createConnectTransport>[0];
  return protocol === "connect" ? createConnectTransport(web) : createGrpcWebTransport(web);
}

/** A client of ConnectorService, or of another service. */
export function clientOver<S extends DescService = typeof ConnectorService>(
  wire: Wire,
  url: string,
  service: S = ConnectorService as DescService as S,
): Client<S> {
  return createClient(service, transportOver(wire, url));
}

/** The texts of a stream in order; other events as their names in brackets. */
export async function textsOf(
  stream: AsyncIterable<StreamCallResponse>,
): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { event } of stream) {
    texts.push(event.case === "textDelta" ? event.value.text : `(${event.case})`);
  }
  return texts;
}

/** The ConnectError that a call fails with. Fails if it succeeds. */
export async function connectError(call: Promise<unknown>): Promise<ConnectError> {
  const thrown: unknown = await call.then(
    () => new Error("the call succeeded"),
    (error: unknown) => error,
  );
  if (thrown instanceof ConnectError) return thrown;
  throw thrown;
}

/** The error that a call fails with, as the server threw it. */
export async function receivedError(call: Promise<unknown>): Promise<ConnectorError> {
  return completeError(await connectError(call));
}

/**
 * An error of the server. Fails unless it carries exactly one ErrorInfo, and that of the project.
 */
export function completeError(error: ConnectError): ConnectorError {
  const infos = error.findDetails(ErrorInfoSchema);
  if (infos.length === 1 && infos[0]?.domain === "connectors.nexen")
    return connectorErrorFrom(error);
  throw new Error(`${infos.length} ErrorInfo in: ${error.message}`);
}

/** Headers that give a call this long, in the words of a protocol. */
export function timeoutHeader(
  { protocol }: Wire,
  timeoutMs: number,
): Readonly<Record<string, string>> {
  return protocol === "connect"
    ? { "connect-timeout-ms": String(timeoutMs) }
    : { "grpc-timeout": `${timeoutMs}m` };
}
