// Proves that a client that floods its HTTP/2 connection loses it, that memory and CPU come back,
// and that everyone else is served (O01, O02, O03).
import { once } from "node:events";
import { connect as connectTLS } from "node:tls";
import { describe, expect, it } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { RequestHandler } from "../../src/rpc/connection.ts";
import { createCertificate } from "../support/certificate.ts";
import {
  errorCodes,
  type Frame,
  frame,
  frameFlags,
  frameTypes,
  headerBlock,
  postHeaders,
  RawHTTP2Client,
  uint32,
} from "../support/raw-http2.ts";
import { type StartedListener, startListener } from "../support/started-listener.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const { endHeaders, endStream } = frameFlags;
const ping = frame(frameTypes.ping, 0, 0, Buffer.alloc(8));
const settings = frame(frameTypes.settings, 0, 0);

function call(streamId: number): Buffer {
  return frame(frameTypes.headers, endHeaders | endStream, streamId, postHeaders("/"));
}

async function expectCalmDown(client: RawHTTP2Client, started: StartedListener): Promise<void> {
  expect(await client.goawayCode()).toBe(errorCodes.enhanceYourCalm);
  await client.closed();
  await expectOthersServed(started);
}

async function expectOthersServed({ port, listening, faults }: StartedListener): Promise<void> {
  const other = await RawHTTP2Client.handshake(port);
  other.send(call(1));
  await other.next(({ type }) => type === frameTypes.data);
  expect(listening.openSessions).toBe(1);
  expect(faults).toEqual([]);
}

describe("pings", () => {
  it("over the limit end the session", async () => {
    const started = await startListener({ limits: { pingsPer10s: 5 } });
    const client = await RawHTTP2Client.handshake(started.port);
    client.send(Buffer.concat(Array.from({ length: 7 }, () => ping)));
    await expectCalmDown(client, started);
  });

  async function floodOneByOne(client: RawHTTP2Client): Promise<void> {
    for (let count = 0; count < 2 * defaultLimits.pingsPer10s; count += 1) {
      await client.roundTrip();
    }
  }

  it("one by one over the limit end the session", async () => {
    const { port } = await startListener({ clock: new VirtualClock() });
    const client = await RawHTTP2Client.handshake(port);
    await expect(floodOneByOne(client)).rejects.toThrow("the server closed the connection");
    expect(await client.goawayCode()).toBe(errorCodes.enhanceYourCalm);
  });

  it("one by one over the limit end the session inside TLS too", async () => {
    const { cert, key } = createCertificate({ name: "localhost" });
    const tls = { certificate: cert, privateKey: key };
    const { port } = await startListener({ clock: new VirtualClock(), tls });
    const options = { host: "127.0.0.1", port, ca: cert, ALPNProtocols: ["h2"] };
    const socket = connectTLS({ ...options, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const client = new RawHTTP2Client(socket);
    await client.exchangeSettings();
    await expect(floodOneByOne(client)).rejects.toThrow("the server closed the connection");
    expect(await client.goawayCode()).toBe(errorCodes.enhanceYourCalm);
  });

  it("under the limit in each ten seconds do not", async () => {
    const clock = new VirtualClock();
    const { port } = await startListener({ clock, limits: { pingsPer10s: 5 } });
    const client = await RawHTTP2Client.handshake(port);
    for (let window = 0; window < 4; window += 1) {
      for (let count = 0; count < 5; count += 1) await client.roundTrip();
      clock.advance(10_000);
    }
    await client.roundTrip();
  });

  it("that measure a busy stream are free, as clients send one for each message", async () => {
    const messages = 50;
    const state: { write: (() => void) | undefined } = { write: undefined };
    const handler: RequestHandler = (_request, response) => {
      response.writeHead(200);
      state.write = () => response.write("delta");
      state.write();
    };
    const { port } = await startListener({ handler, limits: { pingsPer10s: 5 } });
    const client = await RawHTTP2Client.handshake(port);
    client.send(call(1));
    const isData = ({ type }: Frame): boolean => type === frameTypes.data;
    for (let count = 1; count <= messages; count += 1) {
      await client.nextOf(isData, count);
      await client.roundTrip();
      state.write?.();
    }
  });
});

describe("SETTINGS", () => {
  it("over the limit end the session", async () => {
    const started = await startListener();
    const client = await RawHTTP2Client.handshake(started.port);
    const count = defaultLimits.settingsPer10s + 2;
    client.send(Buffer.concat(Array.from({ length: count }, () => settings)));
    await expectCalmDown(client, started);
  });

  it("under the limit do not", async () => {
    const { port } = await startListener();
    const client = await RawHTTP2Client.handshake(port);
    const count = defaultLimits.settingsPer10s - 1;
    client.send(Buffer.concat(Array.from({ length: count }, () => settings)));
    await client.roundTrip();
  });
});

describe("resets", () => {
  function opensAndResets(count: number): Buffer {
    const pairs: Buffer[] = [];
    for (let index = 0; index < count; index += 1) {
      const id = 2 * index + 1;
      pairs.push(call(id), frame(frameTypes.reset, 0, id, uint32(errorCodes.cancel)));
    }
    return Buffer.concat(pairs);
  }

  it("of 100,000 streams end the session, and few of them reach the handler", async () => {
    let calls = 0;
    const started = await startListener({
      handler: (_request, response) => {
        calls += 1;
        response.writeHead(200);
        response.end("served");
      },
    });
    const client = await RawHTTP2Client.handshake(started.port);
    client.send(opensAndResets(100_000));
    await expectCalmDown(client, started);
    expect(calls).toBeLessThanOrEqual(2 * defaultLimits.resetsPer10s);
  });

  it("one by one over the limit end the session calmly", async () => {
    const started = await startListener({ limits: { resetsPer10s: 20 } });
    const client = await RawHTTP2Client.handshake(started.port);
    const flood = async (): Promise<void> => {
      for (let id = 1; id < 100; id += 2) {
        client.send(call(id), frame(frameTypes.reset, 0, id, uint32(errorCodes.cancel)));
        await client.roundTrip();
      }
    };
    await expect(flood()).rejects.toThrow("the server closed the connection");
    await expectCalmDown(client, started);
  });

  it("that the client makes the server send count too", async () => {
    const started = await startListener({ limits: { resetsPer10s: 5 } });
    const client = await RawHTTP2Client.handshake(started.port);
    const lie = [["content-length", "5"]] as const;
    for (let id = 1; id < 30; id += 2) {
      client.send(
        frame(frameTypes.headers, endHeaders, id, postHeaders("/", lie)),
        frame(frameTypes.data, endStream, id, Buffer.alloc(1)),
      );
    }
    await expectCalmDown(client, started);
  });

  it("under the limit in each ten seconds do not", async () => {
    const clock = new VirtualClock();
    const { port } = await startListener({ clock, limits: { resetsPer10s: 20 } });
    const client = await RawHTTP2Client.handshake(port);
    for (let id = 1; id < 60; id += 2) {
      client.send(call(id), frame(frameTypes.reset, 0, id, uint32(errorCodes.cancel)));
      await client.roundTrip();
      clock.advance(1_000);
    }
  });
});

describe("frames that cost memory", () => {
  it("CONTINUATION without an end ends the session", async () => {
    const started = await startListener();
    const client = await RawHTTP2Client.handshake(started.port);
    const block = postHeaders("/");
    const more = headerBlock([["x", "a".repeat(1000)]]);
    client.send(frame(frameTypes.headers, 0, 1, block));
    for (let count = 0; count < 100; count += 1) {
      client.send(frame(frameTypes.continuation, 0, 1, more));
    }
    await client.closed();
    await expectOthersServed(started);
  });

  it("small blocks that unpack to large headers cost their streams", async () => {
    const started = await startListener();
    const client = await RawHTTP2Client.handshake(started.port);
    // A literal with indexing puts 4,000 bytes into the table; one byte each calls them up again.
    const entry = Buffer.from(headerBlock([["x", "a".repeat(3_900)]]));
    entry[0] = 0x40;
    const bomb = Buffer.concat([postHeaders("/"), entry, Buffer.alloc(10_000, 0xbe)]);
    client.send(frame(frameTypes.headers, endHeaders | endStream, 1, bomb));
    const reset = await client.next(({ type }) => type === frameTypes.reset);
    expect(reset.payload.readUInt32BE()).toBe(errorCodes.enhanceYourCalm);
    await client.roundTrip();
    client.socket.destroy();
    await client.closed();
  });

  it("answers that the client does not let through hold no more streams than the limit", async () => {
    const handler: RequestHandler = (_request, response) => {
      response.writeHead(200);
      response.end(Buffer.alloc(100_000));
    };
    const started = await startListener({ handler, limits: { concurrentStreams: 16 } });
    const noWindow = Buffer.from([0, 4, 0, 0, 0, 0]);
    const client = await RawHTTP2Client.handshake(started.port, noWindow);
    for (let id = 1; id < 200; id += 2) client.send(call(id));
    expect(await client.goawayCode()).toBe(errorCodes.protocol);
    await client.closed();
    expect(started.faults).toEqual([]);
  });

  it("a window that overflows ends the session", async () => {
    const started = await startListener();
    const client = await RawHTTP2Client.handshake(started.port);
    const most = uint32(2 ** 31 - 1);
    client.send(frame(frameTypes.windowUpdate, 0, 0, most));
    client.send(frame(frameTypes.windowUpdate, 0, 0, most));
    expect(await client.goawayCode()).toBe(errorCodes.flowControl);
    await client.closed();
    await expectOthersServed(started);
  });
});
