// Proves that an answer which comes before its request is whole reaches the client, whole, trailers
// included, and that neither side waits for the rest: the hang that the conformance suite found.
import { once } from "node:events";
import { connect as connectHTTP2, constants } from "node:http2";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { until } from "../support/http.ts";
import { RawHTTP1Client } from "../support/raw-http1.ts";
import {
  errorCodes,
  type Frame,
  frame,
  frameFlags,
  frameTypes,
  postHeaders,
  RawHTTP2Client,
} from "../support/raw-http2.ts";
import { startListener } from "../support/started-listener.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** Reads one piece, leaves the loop, and answers with a body and a trailer. */
const answerEarly: RequestHandler = (request, response) => {
  void (async () => {
    for await (const _piece of request) break;
    response.writeHead(200, { trailer: "grpc-status" });
    response.write("early");
    response.addTrailers({ "grpc-status": "8" });
    response.end();
  })();
};

/** Answers when the headers are there, and reads nothing. */
const answerAtOnce: RequestHandler = (_request, response) => {
  setImmediate(() => {
    response.writeHead(403);
    response.end("no");
  });
};

const { endHeaders, endStream } = frameFlags;
const post = "POST / HTTP/1.1\r\nhost: a\r\n";

describe("over HTTP/2", () => {
  it.each([
    ["that read a part", answerEarly],
    ["that read nothing", answerAtOnce],
  ])("a handler %s ends the stream after its trailers", async (_title, handler) => {
    const { port } = await startListener({ handler });
    const client = await RawHTTP2Client.handshake(port);
    client.send(
      frame(frameTypes.headers, endHeaders, 1, postHeaders("/")),
      frame(frameTypes.data, 0, 1, Buffer.alloc(100)),
    );
    const reset = await client.next(({ type }) => type === frameTypes.reset);
    expect(reset.payload.readUInt32BE()).toBe(errorCodes.noError);
    const ofStream = client.frames.filter(({ streamId }) => streamId === 1);
    const lastButOne = ofStream.at(-2);
    expect(lastButOne && (lastButOne.flags & endStream) !== 0).toBe(true);
    expect(ofStream.at(-1)).toBe(reset);
    await client.roundTrip();
  });

  it("a client that is still sending reads its answer, and its session goes on", async () => {
    const { listening } = await startListener({ handler: answerEarly });
    // Node's client counts what it never sent, long after.
    const session = connectHTTP2(listening.url, { maxSessionMemory: 100 });
    for (let round = 0; round < 3; round += 1) {
      const stream = session.request({ ":path": "/", ":method": "POST" });
      const trailers = once(stream, "trailers");
      const closed = once(stream, "close");
      stream.setEncoding("utf8");
      // More than the window: without the reset this would never end.
      stream.write(Buffer.alloc(8 * 1024 * 1024));
      const [text] = await once(stream, "data");
      expect(text).toBe("early");
      expect((await trailers)[0]["grpc-status"]).toBe("8");
      await closed;
      expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
    }
    session.close();
    await until(() => listening.openSessions === 0);
  });

  it("a request that is whole is left alone", async () => {
    const { port } = await startListener({ handler: answerEarly });
    const client = await RawHTTP2Client.handshake(port);
    client.send(
      frame(frameTypes.headers, endHeaders, 1, postHeaders("/")),
      frame(frameTypes.data, endStream, 1, Buffer.alloc(100)),
    );
    const isEnd = ({ flags, streamId }: Frame): boolean =>
      streamId === 1 && (flags & endStream) !== 0;
    await client.next(isEnd);
    await client.roundTrip();
    expect(client.frames.some(({ type }) => type === frameTypes.reset)).toBe(false);
  });
});

describe("over HTTP/1.1", () => {
  it.each([
    ["that read a part", answerEarly, /200 OK.*early/s],
    ["that read nothing", answerAtOnce, /403 Forbidden.*no/s],
  ])("a handler %s is heard, and the connection ends", async (_title, handler, answer) => {
    const { port, listening } = await startListener({ handler });
    const client = await RawHTTP1Client.connect(port);
    client.send(`${post}content-length: 1000000\r\n\r\n${"x".repeat(1000)}`);
    await client.received(answer);
    expect(client.text).toMatch(/\r\nconnection: close\r\n/i);
    // The rest is still taken, so that no reset can overtake the answer.
    const reset = once(client.socket, "error");
    client.send("x".repeat(999_000));
    await client.closed();
    client.socket.destroy();
    await expect(Promise.race([reset, Promise.resolve("none")])).resolves.toBe("none");
    await until(() => listening.openSessions === 0);
  });

  it("a whole request that was not read keeps its connection", async () => {
    const { port } = await startListener({ handler: answerAtOnce });
    const client = await RawHTTP1Client.connect(port);
    for (const count of [1, 2, 3]) {
      client.send(`${post}content-length: 5\r\n\r\nhello`);
      await client.received(new RegExp(`(403 Forbidden.*?\r\n\r\n.*?no.*?){${count}}`, "s"));
    }
    expect(client.text).not.toMatch(/connection: close/i);
  });

  it("a request without an end is dropped by its size", async () => {
    const limits = { requestBytes: 10_000 };
    const { port, listening } = await startListener({ handler: answerEarly, limits });
    const client = await RawHTTP1Client.connect(port, true);
    client.send(`${post}content-length: 1000000\r\n\r\n${"x".repeat(1000)}`);
    await client.received(/early/);
    client.send("x".repeat(100_000));
    await until(() => listening.openSessions === 0);
    client.socket.destroy();
  });

  it("a request without an end is dropped by its time", async () => {
    const clock = new VirtualClock();
    const { port, listening } = await startListener({ handler: answerEarly, clock });
    const client = await RawHTTP1Client.connect(port, true);
    client.send(`${post}content-length: 1000000\r\n\r\n${"x".repeat(1000)}`);
    await client.received(/early/);
    clock.advance(defaultLimits.requestMs);
    await until(() => listening.openSessions === 0);
    client.socket.destroy();
  });
});
