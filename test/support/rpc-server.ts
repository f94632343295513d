import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { onTestFinished } from "vitest";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type Clock, systemClock } from "../../src/contract/clock.ts";
import type { ConnectorApi } from "../../src/contract/connector-api.ts";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import { Secret } from "../../src/contract/secret.ts";
import { HealthRegistry } from "../../src/rpc/health-service.ts";
import { type ListenTLS, listen } from "../../src/rpc/listener.ts";
import { connectorNodeHandler } from "../../src/rpc/routes.ts";
import { ValidatedApi } from "../../src/rpc/validated-api.ts";
import { FakeApi } from "./fake-api.ts";

/** What a test wants other than an open server with a fake behind it. */
export interface RPCServerOptions {
  readonly api?: ConnectorApi;
  readonly limits?: Partial<Limits>;
  /** Tokens by name of their callers. Default: everybody may call. */
  readonly tokens?: Readonly<Record<string, string>>;
  readonly clientCertificates?: boolean;
  readonly reflection?: boolean;
  readonly health?: HealthRegistry;
  readonly tls?: ListenTLS;
  readonly clock?: Clock;
}

/** A server on a free port, closed when the test ends. */
export interface RPCServer {
  readonly url: string;
  readonly port: number;
  readonly health: HealthRegistry;
  readonly shutdown: AbortController;
  /** What its handler and its listener reported. */
  readonly faults: unknown[];
}

/** Starts a server for one test. */
export async function startRPCServer(options: RPCServerOptions = {}): Promise<RPCServer> {
  const limits = { ...defaultLimits, ...options.limits };
  const { health = new HealthRegistry(), clock = systemClock, tls } = options;
  const shutdown = new AbortController();
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const handler = connectorNodeHandler({
    api: new ValidatedApi(options.api ?? new FakeApi(), limits),
    limits,
    clock,
    health,
    callers: Object.entries(options.tokens ?? {}).map(([name, token]) => ({
      name,
      token: new Secret(token),
    })),
    clientCertificates: options.clientCertificates ?? false,
    reflection: options.reflection ?? true,
    shutdownSignal: shutdown.signal,
    onFault: onFault satisfies (error: ConnectorError) => void,
  });
  const listening = await listen({
    host: "127.0.0.1",
    port: 0,
    limits,
    handler,
    onFault,
    clock,
    ...(tls && { tls }),
  });
  onTestFinished(() => listening.close());
  return { url: listening.url, port: listening.port, health, shutdown, faults };
}

/** A protocol over a version of HTTP, as connect-node's clients speak it. */
export interface Wire {
  readonly name: string;
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly httpVersion: "1.1" | "2";
  readonly json: boolean;
}

/** Every protocol over every version of HTTP it knows, in binary; Connect and gRPC-Web also in JSON. */
export const wires: readonly Wire[] = [
  { name: "gRPC", protocol: "grpc", httpVersion: "2", json: false },
  { name: "gRPC in JSON", protocol: "grpc", httpVersion: "2", json: true },
  { name: "gRPC-Web, HTTP/1.1", protocol: "grpc-web", httpVersion: "1.1", json: false },
  { name: "gRPC-Web, HTTP/2", protocol: "grpc-web", httpVersion: "2", json: false },
  { name: "Connect, HTTP/1.1", protocol: "connect", httpVersion: "1.1", json: false },
  { name: "Connect, HTTP/2", protocol: "connect", httpVersion: "2", json: false },
  { name: "Connect in JSON, HTTP/1.1", protocol: "connect", httpVersion: "1.1", json: true },
];

/** A transport that speaks a wire; further options are those of connect-node. */
export function transportOver(
  { protocol, httpVersion, json }: Wire,
  url: string,
  options: Partial<Parameters<typeof createConnectTransport>[0]> = {},
): Transport {
  const common = { baseUrl: url, useBinaryFormat: !json, ...options };
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
