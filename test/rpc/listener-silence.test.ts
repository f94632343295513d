// Proves that clients which vanished without a word, or do not close their side, cost nothing for
// long, and that clients which answer pings, or ping in moderation, are kept (S21, O25).
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import { lingerMs } from "../../src/rpc/connection.ts";
import { until } from "../support/http.ts";
import { RawHTTP1Client } from "../support/raw-http1.ts";
import {
  errorCodes,
  frame,
  frameFlags,
  frameTypes,
  postHeaders,
  preface,
  RawHTTP2Client,
} from "../support/raw-http2.ts";
import { holdingHandler, startInVirtualTime } from "../support/started-listener.ts";

const { endHeaders, endStream } = frameFlags;

function call(streamId: number): Buffer {
  return frame(frameTypes.headers, endHeaders | endStream, streamId, postHeaders("/"));
}

describe("a silent client of HTTP/2", () => {
  /** Holds a call and answers nothing, pings least of all. */
  async function vanish(port: number): Promise<Socket> {
    const socket = connectSocket(port, "127.0.0.1");
    socket.on("error", () => {});
    const settings = frame(frameTypes.settings, 0, 0);
    const ack = frame(frameTypes.settings, frameFlags.ack, 0);
    socket.write(Buffer.concat([preface, settings, ack, call(1)]));
    socket.resume();
    await once(socket, "connect");
    return socket;
  }

  it("that has vanished loses its connection, and its call is aborted", async () => {
    const closed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { port, clock } = await startInVirtualTime((request) => {
      request.once("close", closed.resolve);
      arrived.resolve();
    });
    await vanish(port);
    await arrived.promise;
    clock.advance(defaultLimits.keepAliveMs);
    clock.advance(defaultLimits.keepAliveTimeoutMs);
    await closed.promise;
  });

  it("that does not close its side is not waited for, idle or after its last call", async () => {
    const answers = holdingHandler();
    const { port, clock, listening } = await startInVirtualTime(answers.handler);
    const idle = await RawHTTP2Client.connect(port, true);
    await idle.exchangeSettings();
    const busy = await RawHTTP2Client.connect(port, true);
    await busy.exchangeSettings();
    busy.send(call(1));
    await busy.roundTrip();
    void listening.drain(defaultLimits.drainGraceMs);
    expect(await idle.goawayCode()).toBe(errorCodes.noError);
    clock.advance(lingerMs);
    await until(() => listening.openSessions === 1);
    answers.release();
    await busy.next(({ type }) => type === frameTypes.headers);
    await once(busy.socket, "end");
    clock.advance(lingerMs);
    await until(() => listening.openSessions === 0);
    idle.socket.destroy();
    busy.socket.destroy();
  });

  it("that answers pings keeps it", async () => {
    const answers = holdingHandler();
    const { port, clock } = await startInVirtualTime(answers.handler);
    const client = await RawHTTP2Client.handshake(port);
    client.send(call(1));
    await client.roundTrip();
    for (let round = 1; round <= 5; round += 1) {
      clock.advance(defaultLimits.keepAliveMs);
      const isPing = ({ type, flags }: (typeof client.frames)[number]): boolean =>
        type === frameTypes.ping && flags === 0;
      while (client.frames.filter(isPing).length < round) await client.roundTrip();
      const ping = client.frames.findLast(isPing);
      client.send(frame(frameTypes.ping, frameFlags.ack, 0, ping?.payload));
      await client.roundTrip();
    }
    answers.release();
    await client.next(({ type }) => type === frameTypes.headers);
  });

  it("may ping every ten seconds for ever", async () => {
    const { port, clock } = await startInVirtualTime();
    const client = await RawHTTP2Client.handshake(port);
    for (let count = 0; count < 50; count += 1) {
      await client.roundTrip();
      clock.advance(10_000);
    }
    await client.roundTrip();
  });
});

describe("a client of HTTP/1.1", () => {
  const headers = Array.from({ length: 200 }, (_, index) => `x-${index}: 1\r\n`).join("");

  it.each([
    ["after its last answer", "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"],
    ["after bytes that make no request", "garbage\r\n\r\n"],
    ["after a request without a host", "GET / HTTP/1.1\r\n\r\n"],
    [
      "after a request that was refused before it was whole",
      `POST / HTTP/1.1\r\nhost: a\r\n${headers}content-length: 9\r\n\r\nabc`,
    ],
  ])("is not waited for to close its side %s", async (_title, bytes) => {
    const { port, clock, listening } = await startInVirtualTime();
    const client = await RawHTTP1Client.connect(port, true);
    client.send(bytes);
    await once(client.socket, "end");
    expect(listening.openSessions).toBe(1);
    clock.advance(lingerMs);
    await until(() => listening.openSessions === 0);
    client.socket.destroy();
  });
});

describe("a client that resets its connection", () => {
  const request = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc";
  const http2 = Buffer.concat([preface, frame(frameTypes.settings, 0, 0), call(1)]);

  it.each([
    ["before it said a word", ""],
    ["in the middle of its first word", "PRI * HTT"],
    ["in the middle of a request of HTTP/1.1", request],
    ["during a call of HTTP/2", http2.toString("latin1")],
  ])("%s harms nobody", async (_title, bytes) => {
    const { port, listening, faults } = await startInVirtualTime(holdingHandler().handler);
    const client = await RawHTTP1Client.connect(port);
    client.send(bytes);
    await until(() => listening.openSessions === 1);
    const witness = await RawHTTP2Client.handshake(port);
    client.socket.resetAndDestroy();
    await until(() => listening.openSessions === 1);
    await witness.roundTrip();
    expect(faults).toEqual([]);
  });
});
