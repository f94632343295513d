// The server under test of the conformance suite: the product's own listener and handler around the
// suite's service. It is started by connectconformance, once for each combination of protocol,
// version of HTTP and TLS, with one message on standard input, and ends on SIGTERM. With --connect
// Connect's own handler takes the place of the product's, which adds details to errors. With --lane
// the fast lane goes before it.
import { stdin, stdout } from "node:process";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ConnectRouter } from "@connectrpc/connect";
import { compressionGzip, connectNodeAdapter } from "@connectrpc/connect-node";
import { systemClock } from "../../src/contract/clock.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { Authenticator } from "../../src/rpc/authentication.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { FastLane } from "../../src/rpc/fast-lane.ts";
import { type ListenTLS, listen } from "../../src/rpc/listener.ts";
import { createNodeHandler } from "../../src/rpc/node-handler.ts";
import { conformanceLane } from "./conformance-lane.ts";
import { conformanceService } from "./conformance-service.ts";
import { ConformanceProtos, type ServerCompatRequest } from "./messages.ts";

const lengthBytes = 4;

async function readRequest(protos: ConformanceProtos): Promise<ServerCompatRequest> {
  let bytes: Buffer = Buffer.alloc(0);
  for await (const chunk of stdin) {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.length < lengthBytes ? undefined : lengthBytes + bytes.readUInt32BE();
    if (end !== undefined && bytes.length >= end) {
      const message = fromBinary(
        protos.message("ServerCompatRequest"),
        bytes.subarray(lengthBytes, end),
      );
      return message as object as ServerCompatRequest;
    }
  }
  throw new Error("standard input ended before the request was whole");
}

function tlsOptions({ serverCreds, clientTlsCert }: ServerCompatRequest): ListenTLS | undefined {
  if (!serverCreds) return undefined;
  return {
    certificate: Buffer.from(serverCreds.cert),
    privateKey: Buffer.from(serverCreds.key),
    ...(clientTlsCert.length > 0 && { clientCA: Buffer.from(clientTlsCert) }),
  };
}

const protos = new ConformanceProtos(
  process.env.CONFORMANCE_DESCRIPTORS ?? "build/conformance/descriptors.binpb",
);
const request = await readRequest(protos);
const tls = tlsOptions(request);
const limits = {
  ...defaultLimits,
  ...(request.messageReceiveLimit > 0 && { requestBytes: request.messageReceiveLimit }),
};
const onFault = (error: unknown): void => console.error(error);

const routes = (router: ConnectRouter): void => {
  const jsonOptions = { registry: protos.registry };
  router.service(protos.service, conformanceService(protos), { jsonOptions });
};
const settings = {
  limits,
  clock: systemClock,
  authenticator: new Authenticator({
    callers: [],
    clientCertificates: tls?.clientCA !== undefined,
  }),
  shutdownSignal: new AbortController().signal,
  onFault: () => {},
};
const connectHandler = (): RequestHandler =>
  connectNodeAdapter({
    routes,
    readMaxBytes: limits.requestBytes,
    writeMaxBytes: limits.responseBytes,
    acceptCompression: [compressionGzip],
  });
const handler = process.argv.includes("--connect")
  ? connectHandler()
  : createNodeHandler({ ...settings, routes });
const fastLane = new FastLane({ ...settings, ...conformanceLane(protos) });
const listening = await listen({
  host: "127.0.0.1",
  port: 0,
  tls,
  limits,
  handler: process.argv.includes("--lane") ? Object.assign(handler, { fastLane }) : handler,
  onFault,
  clock: systemClock,
});

const answer = create(protos.message("ServerCompatResponse"), {
  host: "127.0.0.1",
  port: listening.port,
  ...(request.serverCreds && { pemCert: request.serverCreds.cert }),
} as Record<string, unknown>);
const bytes = toBinary(protos.message("ServerCompatResponse"), answer);
const length = Buffer.alloc(lengthBytes);
length.writeUInt32BE(bytes.length);
stdout.write(Buffer.concat([length, bytes]));

process.once("SIGTERM", () => {
  void listening.close().then(() => process.exit(0));
});
