// Proves that a reader that stops stops the api too (S22): nothing is produced for it, nothing
// piles up, other callers are served, and all of it arrives when it reads on.

import { once } from "node:events";
import { request as requestHTTP1 } from "node:http";
import { type ClientHttp2Session, connect as connectHTTP2 } from "node:http2";
import type { Readable } from "node:stream";
import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { StreamCallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { FakeApi, finished, goodRequest, textDelta } from "../support/fake-api.ts";
import { until } from "../support/http.ts";
import { clientOver, wires } from "../support/rpc-client.ts";
import { type RPCServer, startRPCServer } from "../support/rpc-server.ts";

const events = 20_000;
const text = "x".repeat(2_000);
const path = "/nexen.connectors.v1.ConnectorService/StreamCall";
const body = encodeEnvelope(
  0,
  toBinary(StreamCallRequestSchema, create(StreamCallRequestSchema, goodRequest)),
);

/** An api that counts what it produces. */
class CountingApi extends FakeApi {
  produced = 0;
  released = false;

  override async *streamCall(request: Parameters<FakeApi["streamCall"]>[0]) {
    try {
      for (; this.produced < events; this.produced += 1) yield textDelta(text);
      yield finished(request);
    } finally {
      this.released = true;
    }
  }
}

type Open = (server: RPCServer) => Promise<Readable>;

/** Opens a stream over HTTP/2 as gRPC that is not read. */
const openGRPC: Open = async ({ url }) => {
  const session: ClientHttp2Session = connectHTTP2(url);
  onTestFinished(() => session.destroy());
  const headers = { "content-type": "application/grpc", te: "trailers" };
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  stream.end(body);
  await once(stream, "response");
  return stream;
};

/** Opens a stream over HTTP/1.1 as Connect that is not read. */
const openConnect: Open = async ({ port }) => {
  const headers = { "content-type": "application/connect+proto" };
  const request = requestHTTP1({ port, host: "127.0.0.1", method: "POST", path, headers });
  onTestFinished(() => void request.destroy());
  request.end(body);
  const [response] = await once(request, "response");
  return response as Readable;
};

/** Resolves when a count has stood still for so many turns of the event loop. */
async function standstill(count: () => number): Promise<number> {
  let last = -1;
  let turns = 0;
  await until(() => {
    turns = count() === last ? turns + 1 : 0;
    last = count();
    return turns > 500 && last > 0;
  });
  return last;
}

describe.each([
  ["gRPC over HTTP/2", openGRPC],
  ["Connect over HTTP/1.1", openConnect],
])("a reader that stops, %s", (_, open) => {
  it("stops the api, costs no memory, hinders nobody, and gets everything when it reads on", async () => {
    const api = new CountingApi();
    const server = await startRPCServer({ api });
    const before = process.memoryUsage();
    const stream = await open(server);
    const produced = await standstill(() => api.produced);
    // Sockets of the system hold some; what is left of 40 MB is not even made.
    expect(produced).toBeLessThan(events / 2);
    const after = process.memoryUsage();
    const grownBytes = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(grownBytes).toBeLessThan(32 * 1024 * 1024);

    const [wire] = wires;
    const { response } = await clientOver(wire!, server.url).call(goodRequest);
    expect(response?.content?.message).toBe("hello");
    expect(api.produced).toBe(produced);

    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(stream, "end");
    expect(api.produced).toBe(events);
    expect(bytes).toBeGreaterThan(events * text.length);
    expect(api.released).toBe(true);
  });

  it("and goes away without reading releases the api", async () => {
    const api = new CountingApi();
    const server = await startRPCServer({ api });
    const stream = await open(server);
    await standstill(() => api.produced);
    stream.destroy();
    await until(() => api.released);
    expect(api.produced).toBeLessThan(events);
    expect(server.faults).toEqual([]);
  });
});
