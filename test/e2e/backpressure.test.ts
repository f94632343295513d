// Proves that a caller that does not read stops the provider (S22): its socket takes a bounded
// number of bytes, memory stays flat, other calls are served, and the caller gets everything when
// it reads on; and that neither a cancel nor a deadline waits for a caller that does not read. The
// numbers are printed.
import { once } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { rawUpstream, until } from "../support/http.ts";
import type { RawConnection, RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, completeError, type Wire, wires } from "../support/rpc-client.ts";
import { oneTarget, serverForTest } from "../support/running-server.ts";
import { openUnread, rawWires } from "./envelope-reader.ts";
import {
  deltaChunk,
  hello,
  messageBody,
  streamEnd,
  streamHead,
  streamStart,
} from "./messages-upstream.ts";

const mebibyte = 1024 * 1024;
const text = "x".repeat(32 * 1024);
const deltas = 512;
/** A deadline in the words of every protocol. */
const timeout = { "grpc-timeout": "400m", "connect-timeout-ms": "400" };

/** A provider that streams as fast as it may, and counts what its socket took. */
class FastProvider {
  bytesTaken = 0;
  closed = false;
  readonly upstream: Promise<RawUpstream>;

  constructor() {
    this.upstream = rawUpstream((connection) => this.#serve(connection));
  }

  async #serve(connection: RawConnection): Promise<void> {
    const request = await connection.request();
    if (!request.body.includes('"stream":true')) {
      const body = messageBody("served");
      const head = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
      await connection.send(head, body);
      return;
    }
    void connection.closed.then(() => {
      this.closed = true;
    });
    const { socket } = connection;
    await connection.send(streamHead, streamStart);
    const chunk = deltaChunk(text);
    for (let sent = 0; sent < deltas && !socket.destroyed; sent += 1) {
      if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), connection.closed]);
      this.bytesTaken += chunk.length;
    }
    await connection.send(streamEnd);
  }

  /** Resolves when the provider could write nothing for many turns of the event loop. */
  async stopped(): Promise<number> {
    let last = -1;
    let turns = 0;
    await until(() => {
      turns = this.bytesTaken === last ? turns + 1 : 0;
      last = this.bytesTaken;
      return turns > 1_000 && last > 0;
    });
    return last;
  }
}

const told: string[] = [];
afterAll(() => console.info(told.join("\n")));

describe.each(rawWires)("a caller that does not read, $name", (wire) => {
  it("stops the provider, costs no memory, hinders nobody, and gets everything at last", async () => {
    const provider = new FastProvider();
    const server = await serverForTest({ yaml: oneTarget((await provider.upstream).url) });
    const before = process.memoryUsage().rss;
    const stream = await openUnread(wire, server.url);
    const taken = await provider.stopped();
    const grown = process.memoryUsage().rss - before;
    told.push(
      `${wire.name}: the provider's socket took ${(taken / mebibyte).toFixed(1)} MiB of ` +
        `${((deltas * text.length) / mebibyte).toFixed(0)}, RSS grew by ${(grown / mebibyte).toFixed(1)} MiB`,
    );
    expect(taken).toBeLessThan(16 * mebibyte);
    expect(grown).toBeLessThan(96 * mebibyte);
    const others = wires.map((other) => clientOver(other, server.url).call(hello));
    for (const { response } of await Promise.all(others)) {
      expect(response?.content?.message).toBe("served");
    }
    let length = 0;
    let last: StreamCallResponse | undefined;
    for await (const message of stream.events()) {
      last = message;
      if (message.event.case === "textDelta") length += message.event.value.text.length;
    }
    expect(length).toBe(deltas * text.length);
    if (last?.event.case !== "finished") throw new Error(`it ended with ${last?.event.case}`);
    expect(last.event.value.response?.content?.message.length).toBe(length);
  }, 60_000);

  it("and leaves, closes the provider's socket", async () => {
    const provider = new FastProvider();
    const server = await serverForTest({ yaml: oneTarget((await provider.upstream).url) });
    const stream = await openUnread(wire, server.url);
    await provider.stopped();
    const leftAt = performance.now();
    stream.destroy();
    await until(() => provider.closed);
    told.push(
      `${wire.name}: closed ${(performance.now() - leftAt).toFixed(1)} ms after the caller left`,
    );
    expect(performance.now() - leftAt).toBeLessThan(1_000);
  });

  it("and is late, closes the provider's socket, and is told how far it came", async () => {
    const provider = new FastProvider();
    const server = await serverForTest({ yaml: oneTarget((await provider.upstream).url) });
    const stream = await openUnread(wire, server.url, timeout);
    await until(() => provider.closed);
    let length = 0;
    for await (const { event } of stream.events()) {
      if (event.case === "textDelta") length += event.value.text.length;
    }
    const error = completeError(stream.error());
    expect(error.reason).toBe("CALLER_DEADLINE_EXCEEDED");
    expect(length).toBeGreaterThan(0);
    expect(error.fields.progress?.outputChars).toBe(BigInt(length));
    expect(error.fields.attempts).toHaveLength(1);
  });
});

const oneOfEachHTTP = rawWires.filter(({ name }) => ["gRPC", "Connect, HTTP/1.1"].includes(name));
it.each(oneOfEachHTTP)(
  "a caller that does not read after its deadline does not keep its place, $name",
  async (wire) => {
    const provider = new FastProvider();
    const limits = "limits: { open_calls: 1 }";
    const server = await serverForTest({ yaml: oneTarget((await provider.upstream).url, limits) });
    await openUnread(wire, server.url, timeout);
    await until(() => provider.closed);
    const closedAt = performance.now();
    const client = clientOver(wires[0] as Wire, server.url);
    const isServed = () =>
      client.call(hello).then(
        () => true,
        () => false,
      );
    while (!(await isServed())) expect(performance.now() - closedAt).toBeLessThan(5_000);
  },
);
