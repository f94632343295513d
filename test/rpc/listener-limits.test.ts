// Proves each limit of a listener in virtual time: connections, silent and slow clients, headers,
// concurrent calls and idle time (O04, O05).
import { once } from "node:events";
import { connect as connectHTTP2 } from "node:http2";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import { RawHTTP1Client } from "../support/raw-http1.ts";
import {
  errorCodes,
  frame,
  frameFlags,
  frameTypes,
  headerBlock,
  postHeaders,
  preface,
  RawHTTP2Client,
} from "../support/raw-http2.ts";
import { holdingHandler, startInVirtualTime, startListener } from "../support/started-listener.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const get = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const { endHeaders, endStream } = frameFlags;

function call(streamId: number): Buffer {
  return frame(frameTypes.headers, endHeaders | endStream, streamId, postHeaders("/"));
}

/** A call whose message does not come. */
function halfCall(streamId: number): Buffer {
  return frame(frameTypes.headers, endHeaders, streamId, postHeaders("/"));
}

describe("connections", () => {
  it("over the limit are refused until one closes", async () => {
    const { port, listening } = await startListener({ limits: { sessions: 2 } });
    const clients = [await RawHTTP1Client.connect(port), await RawHTTP1Client.connect(port)];
    for (const client of clients) {
      client.send(get);
      await client.received(/200 OK/);
    }
    const third = await RawHTTP1Client.connect(port);
    expect(await third.closed()).toBe("");
    expect(listening.openSessions).toBe(2);

    clients[0]?.socket.destroy();
    let answered = false;
    while (!answered) {
      const next = await RawHTTP1Client.connect(port);
      next.send(get);
      answered = await next.received(/200 OK/).then(
        () => true,
        () => false,
      );
    }
  });
});

describe("a slow client of HTTP/1.1", () => {
  it("that says nothing is dropped", async () => {
    const { port, clock } = await startInVirtualTime();
    const client = await RawHTTP1Client.connect(port);
    const witness = await RawHTTP1Client.connect(port);
    witness.send(get);
    await witness.received(/200 OK/);
    clock.advance(defaultLimits.headersMs);
    expect(await client.closed()).toBe("");
  });

  it("that does not finish its headers gets 408", async () => {
    const { port, clock } = await startInVirtualTime();
    const client = await RawHTTP1Client.connect(port);
    client.send("GET / HTTP/1.1\r\nhost: a\r\nx: ");
    const witness = await RawHTTP1Client.connect(port);
    witness.send(get);
    await witness.received(/200 OK/);
    clock.advance(defaultLimits.headersMs);
    await client.received(/^HTTP\/1.1 408 /);
  });

  it("that does not finish the headers of its second request gets 408", async () => {
    const { port, clock } = await startInVirtualTime();
    const client = await RawHTTP1Client.connect(port);
    client.send(get);
    await client.received(/200 OK/);
    client.send("GET / HT");
    const witness = await RawHTTP1Client.connect(port);
    witness.send(get);
    await witness.received(/200 OK/);
    clock.advance(2 * defaultLimits.headersMs);
    await client.received(/HTTP\/1.1 408 /);
  });

  it("that does not finish its body gets 408", async () => {
    const arrived = Promise.withResolvers<void>();
    const { port, clock } = await startInVirtualTime(() => arrived.resolve());
    const client = await RawHTTP1Client.connect(port);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc");
    await arrived.promise;
    clock.advance(defaultLimits.requestMs);
    await client.received(/^HTTP\/1.1 408 /);
  });

  it("may wait for a slow answer", async () => {
    const answers = holdingHandler();
    const arrived = Promise.withResolvers<void>();
    const { port, clock } = await startInVirtualTime((request, response) => {
      answers.handler(request, response);
      request.resume().once("end", arrived.resolve);
    });
    const client = await RawHTTP1Client.connect(port);
    client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc");
    await arrived.promise;
    clock.advance(defaultLimits.callTimeoutMsMax);
    answers.release();
    await client.received(/^HTTP\/1.1 200 OK/);
  });

  it("keeps its connection between requests for the idle time and no longer", async () => {
    const { port, clock, listening } = await startInVirtualTime();
    const client = await RawHTTP1Client.connect(port);
    client.send(get);
    await client.received(/200 OK/);
    clock.advance(defaultLimits.sessionIdleMs - 1);
    expect(listening.openSessions).toBe(1);
    client.send(get);
    await client.received(/200 OK.*200 OK/s);
    clock.advance(defaultLimits.sessionIdleMs + defaultLimits.headersMs);
    await client.closed();
  });

  it("cannot have more calls open than a connection of HTTP/2", async () => {
    const answers = holdingHandler();
    const { port } = await startListener({
      handler: answers.handler,
      limits: { concurrentStreams: 3 },
    });
    const client = await RawHTTP1Client.connect(port);
    client.send(get.repeat(4));
    while (answers.held < 3) await new Promise((resolve) => setImmediate(resolve));
    answers.release();
    const text = await client.closed();
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual([
      ...["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 200"],
      "HTTP/1.1 503",
    ]);
  });
});

describe("a slow client of HTTP/2", () => {
  it("that does not finish its preface is dropped", async () => {
    const { port, clock } = await startInVirtualTime();
    const client = await RawHTTP2Client.connect(port);
    client.send(preface.subarray(0, 20));
    const witness = await RawHTTP2Client.handshake(port);
    clock.advance(defaultLimits.headersMs);
    await client.closed();
    await witness.roundTrip();
  });

  it("that does not finish a request loses that stream only", async () => {
    const answers = holdingHandler();
    const { port, clock } = await startInVirtualTime(answers.handler);
    const client = await RawHTTP2Client.handshake(port);
    client.send(halfCall(1), call(3));
    await client.roundTrip();
    clock.advance(defaultLimits.requestMs);
    const reset = await client.next(({ type }) => type === frameTypes.reset);
    expect(reset.streamId).toBe(1);
    expect(reset.payload.readUInt32BE()).toBe(errorCodes.enhanceYourCalm);
    answers.release();
    await client.next(({ type, streamId }) => type === frameTypes.headers && streamId === 3);
  });

  it("may converse for as long as its handler likes once the answer has begun", async () => {
    const { port, clock } = await startInVirtualTime((_request, response) => {
      response.writeHead(200);
      response.write("begun");
    });
    const client = await RawHTTP2Client.handshake(port);
    client.send(halfCall(1));
    await client.next(({ type }) => type === frameTypes.data);
    clock.advance(defaultLimits.requestMs);
    await client.roundTrip();
    expect(client.frames.filter(({ type }) => type === frameTypes.reset)).toEqual([]);
  });

  it("keeps its session while it has a call, and for the idle time after it", async () => {
    const answers = holdingHandler();
    const clock = new VirtualClock();
    const idleMs = 30_000;
    const { port } = await startListener({
      clock,
      handler: answers.handler,
      limits: { sessionIdleMs: idleMs },
    });
    const client = await RawHTTP2Client.handshake(port);
    client.send(call(1));
    await client.roundTrip();
    for (const round of [1, 2, 3]) {
      clock.advance(idleMs);
      await client.roundTrip();
      expect(
        client.frames.filter(({ type }) => type === frameTypes.goaway),
        `${round}`,
      ).toEqual([]);
    }
    answers.release();
    await client.next(({ flags, streamId }) => streamId === 1 && (flags & endStream) !== 0);
    await client.roundTrip();
    clock.advance(idleMs - 1);
    await client.roundTrip();
    // Looked at once in `keepAliveMs`.
    clock.advance(idleMs + 1);
    expect(await client.goawayCode()).toBe(errorCodes.noError);
    clock.advance(defaultLimits.headersMs);
    await client.closed();
  });

  it("cannot have more streams open than the limit", async () => {
    const answers = holdingHandler();
    const limits = { concurrentStreams: 2 };
    const { port } = await startListener({ handler: answers.handler, limits });
    const hasty = await RawHTTP2Client.connect(port);
    hasty.send(preface, frame(frameTypes.settings, 0, 0), call(1), call(3), call(5));
    const reset = await hasty.next(({ type }) => type === frameTypes.reset);
    expect(reset.streamId).toBe(5);
    expect(reset.payload.readUInt32BE()).toBe(errorCodes.refusedStream);
    expect(answers.held).toBe(2);

    const deaf = await RawHTTP2Client.handshake(port);
    deaf.send(call(1), call(3), call(5));
    expect(await deaf.goawayCode()).toBe(errorCodes.protocol);
    await deaf.closed();
  });
});

it("a large answer on its way does not keep other calls from its session", async () => {
  const { listening } = await startListener({
    handler: (request, response) => {
      response.writeHead(200);
      response.end(Buffer.alloc(request.url === "/large" ? defaultLimits.responseBytes : 1));
    },
  });
  const session = connectHTTP2(listening.url, { maxSessionMemory: 1000 });
  const large = session.request({ ":path": "/large" });
  await once(large, "response");
  const small = session.request({ ":path": "/small" });
  const [piece] = await once(small, "data");
  expect(piece.length).toBe(1);
  session.destroy();
});

describe("headers of HTTP/2", () => {
  const many = Array.from({ length: 100 }, (_, index) => [`x-${index}`, "1"] as const);
  const long = [["x", "a".repeat(12_000)] as const, ["y", "b".repeat(12_000)] as const];

  it.each([
    ["too many", many, { headerPairs: 64 }],
    ["too long", long, {}],
  ])("that are %s cost the stream, not the session", async (_title, headers, limits) => {
    let calls = 0;
    const { port } = await startListener({
      limits,
      handler: (_request, response) => {
        calls += 1;
        response.writeHead(200);
        response.end();
      },
    });
    const client = await RawHTTP2Client.handshake(port);
    const block = postHeaders("/", headers);
    const half = Math.min(16_384, Math.ceil(block.length / 2));
    client.send(
      frame(frameTypes.headers, endStream, 1, block.subarray(0, half)),
      frame(frameTypes.continuation, endHeaders, 1, block.subarray(half)),
    );
    const reset = await client.next(({ type }) => type === frameTypes.reset);
    expect(reset.payload.readUInt32BE()).toBe(errorCodes.enhanceYourCalm);
    client.send(call(3));
    await client.next(({ type, streamId }) => type === frameTypes.headers && streamId === 3);
    expect(calls).toBe(1);
  });

  it("that make no request are refused without a call", async () => {
    const { port, faults } = await startListener();
    const client = await RawHTTP2Client.handshake(port);
    const block = headerBlock([[":method", "POST"]]);
    client.send(frame(frameTypes.headers, endHeaders | endStream, 1, block));
    const reset = await client.next(({ type }) => type === frameTypes.reset);
    expect(reset.streamId).toBe(1);
    expect(faults).toEqual([]);
  });
});
