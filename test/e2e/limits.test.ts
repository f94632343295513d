// Proves that limits and timeouts hold through the whole server: what a streamed answer adds up to,
// answers that break off, times of an attempt and between deltas, heartbeats; and that each ends
// the provider's connection and says how far the answer had come.
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { rawUpstream } from "../support/http.ts";
import {
  clientOver,
  completeError,
  connectError,
  receivedError,
  wires,
} from "../support/rpc-client.ts";
import { oneTarget, serverForTest } from "../support/running-server.ts";
import {
  deltaChunk,
  eventChunk,
  hello,
  messageBody,
  streamEnd,
  streamHead,
  streamStart,
} from "./messages-upstream.ts";

const chosen = wires.filter(({ name }) =>
  ["gRPC", "gRPC-Web, HTTP/1.1", "Connect, HTTP/1.1"].includes(name),
);
const mebibyte = 1024 * 1024;
const chunkHead =
  "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9999\r\n\r\n";

/** A stream's events and the error at its end. */
async function streamed(stream: AsyncIterable<StreamCallResponse>) {
  const events: StreamCallResponse["event"][] = [];
  const read = async (): Promise<void> => {
    for await (const { event } of stream) events.push(event);
  };
  return { events, error: completeError(await connectError(read())) };
}

function textOf(events: readonly StreamCallResponse["event"][]): string {
  return events.map((event) => (event.case === "textDelta" ? event.value.text : "")).join("");
}

/** A provider that streams what it is given for ever. */
async function endless(chunk: Buffer) {
  let bytes = 0;
  const upstream = await rawUpstream(async (connection) => {
    await connection.request();
    await connection.send(streamHead, streamStart);
    while (!connection.socket.destroyed) {
      if (!connection.socket.write(chunk)) {
        await Promise.race([once(connection.socket, "drain"), connection.closed]);
      }
      bytes += chunk.length;
    }
  });
  return { url: upstream.url, bytes: () => bytes };
}

describe.each(chosen)("over $name", (wire) => {
  const small = "limits: { provider_response_bytes: 1MiB }";

  it("an endless text ends at the limit of an answer", async () => {
    const provider = await endless(deltaChunk("x".repeat(1024)));
    const server = await serverForTest({ yaml: oneTarget(provider.url, small) });
    const { events, error } = await streamed(clientOver(wire, server.url).streamCall(hello));
    expect([error.reason, error.status]).toEqual(["PROVIDER_RESPONSE_TOO_LARGE", "INTERNAL"]);
    const { length } = textOf(events);
    expect(error.fields.progress?.outputChars).toBe(BigInt(length));
    expect(length).toBeGreaterThan(mebibyte / 2);
    expect(length).toBeLessThanOrEqual(mebibyte);
  });

  it("so do endless events that nobody knows", async () => {
    const provider = await endless(eventChunk("simulated", { note: "x".repeat(1024) }));
    const server = await serverForTest({ yaml: oneTarget(provider.url, small) });
    const { error } = await streamed(clientOver(wire, server.url).streamCall(hello));
    expect(error.reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
  });

  it("a stream of many small deltas may be longer than the limit", async () => {
    const delta = deltaChunk("tiny");
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      const deltas = Buffer.concat(Array.from({ length: 20_000 }, () => delta));
      await connection.send(streamHead, streamStart, deltas, streamEnd);
    });
    const server = await serverForTest({ yaml: oneTarget(upstream.url, small) });
    let last: StreamCallResponse["event"] | undefined;
    for await (const { event } of clientOver(wire, server.url).streamCall(hello)) last = event;
    if (last?.case !== "finished") throw new Error(`it ended with ${last?.case}`);
    expect(last.value.response?.content?.message.length).toBe(80_000);
  });

  it("JSON in place of a stream is malformed when it breaks off, as for Call", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkHead, messageBody("Hello").slice(0, 40));
      connection.halfClose();
    });
    const server = await serverForTest({ yaml: oneTarget(upstream.url) });
    const client = clientOver(wire, server.url);
    const { error } = await streamed(client.streamCall(hello));
    const unary = await receivedError(client.call(hello));
    for (const { reason, status } of [error, unary]) {
      expect([reason, status]).toEqual(["PROVIDER_MALFORMED_RESPONSE", "INTERNAL"]);
    }
  });

  it("times of an attempt hold, and say which", async () => {
    const upstream = await rawUpstream(async (connection) => {
      const { body } = await connection.request();
      if (!body.includes('"stream":true')) return;
      await connection.send(streamHead, streamStart);
      if (body.includes("idle")) await connection.send(deltaChunk("Hel"));
    });
    const server = await serverForTest({ yaml: oneTarget(upstream.url) });
    const client = clientOver(wire, server.url);
    const short = { seconds: 0n, nanos: 100_000_000 };
    const idle = { ...hello.request, endUserId: "idle" } as typeof hello.request;
    const [attempt, first, gap] = await Promise.all([
      receivedError(client.call({ ...hello, options: { attemptTimeout: short } })),
      streamed(client.streamCall({ ...hello, options: { firstDeltaTimeout: short } })),
      streamed(client.streamCall({ request: idle, options: { idleTimeout: short } })),
    ]);
    expect([attempt.reason, attempt.status]).toEqual(["ATTEMPT_TIMEOUT", "UNAVAILABLE"]);
    expect(attempt.fields.attempts?.[0]?.reason).toBe("ATTEMPT_TIMEOUT");
    expect(first.error.reason).toBe("ATTEMPT_TIMEOUT");
    expect(first.events).toEqual([]);
    expect(gap.error.reason).toBe("STREAM_STALLED");
    expect([textOf(gap.events), gap.error.fields.progress?.outputChars]).toEqual(["Hel", 3n]);
    await Promise.all(upstream.connections.map(({ closed }) => closed));
  });

  it("what cannot be sent was no attempt", async () => {
    const upstream = await rawUpstream(() => {});
    const server = await serverForTest({ yaml: oneTarget(upstream.url) });
    const request = { ...hello.request, seed: 7n } as typeof hello.request;
    const call = clientOver(wire, server.url).call({ request, options: { strict: true } });
    const error = await receivedError(call);
    expect([error.reason, error.fields.metadata?.attempts]).toEqual(["UNSUPPORTED_FIELD", "0"]);
    expect(error.fields.attempts).toBeUndefined();
    expect(upstream.connections).toEqual([]);
  });

  it("heartbeats come while nothing else does, and a cancel reaches the provider", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(streamHead, streamStart, deltaChunk("Hel"));
    });
    const server = await serverForTest({ yaml: oneTarget(upstream.url) });
    const streamOptions = { heartbeatInterval: { seconds: 1n, nanos: 0 } };
    const leaving = new AbortController();
    const client = clientOver(wire, server.url);
    const stream = client.streamCall({ ...hello, streamOptions }, { signal: leaving.signal });
    const read = async (): Promise<void> => {
      for await (const { event } of stream) if (event.case === "heartbeat") leaving.abort();
    };
    expect((await connectError(read())).code).toBe(1);
    await Promise.all(upstream.connections.map(({ closed }) => closed));
  });
});
