// Proves that one port serves HTTP/1.1 and HTTP/2 however their bytes arrive, and that what is
// neither is answered cleanly or dropped, without harm to anyone else and without a fault.
import { once } from "node:events";
import { connect as connectHTTP2 } from "node:http2";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/contract/clock.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { listen } from "../../src/rpc/listener.ts";
import { RawHTTP1Client } from "../support/raw-http1.ts";
import {
  frame,
  frameFlags,
  frameTypes,
  postHeaders,
  preface,
  RawHTTP2Client,
} from "../support/raw-http2.ts";
import { startListener } from "../support/started-listener.ts";

const get = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

async function sendByteByByte(
  client: RawHTTP1Client | RawHTTP2Client,
  bytes: Buffer,
): Promise<void> {
  for (const byte of bytes) {
    client.socket.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("one port", () => {
  it("speaks HTTP/1.1", async () => {
    const { listening } = await startListener();
    const response = await fetch(listening.url);
    expect(await response.text()).toBe("1.1");
  });

  it("speaks HTTP/2 with prior knowledge", async () => {
    const { listening } = await startListener();
    const session = connectHTTP2(listening.url);
    const stream = session.request({ ":path": "/" });
    stream.setEncoding("utf8");
    const [text] = await once(stream, "data");
    expect(text).toBe("2.0");
    session.close();
  });

  it("says where it is", async () => {
    const { listening } = await startListener();
    expect(listening.port).toBeGreaterThan(0);
    expect(listening.url).toBe(`http://127.0.0.1:${listening.port}`);
  });

  it("recognises a preface that comes byte by byte", async () => {
    const { port } = await startListener();
    const client = await RawHTTP2Client.connect(port);
    const headers = frame(
      frameTypes.headers,
      frameFlags.endHeaders | frameFlags.endStream,
      1,
      postHeaders("/"),
    );
    await sendByteByByte(
      client,
      Buffer.concat([preface, frame(frameTypes.settings, 0, 0), headers]),
    );
    const data = await client.next(({ type }) => type === frameTypes.data);
    expect(data.payload.toString()).toBe("2.0");
  });

  it("recognises an HTTP/1.1 request that comes byte by byte", async () => {
    const { port } = await startListener();
    const client = await RawHTTP1Client.connect(port);
    await sendByteByByte(client, Buffer.from(get));
    await client.received(/^HTTP\/1.1 200 OK\r\n.*1\.1/s);
  });

  test.prop([fc.array(fc.integer({ min: 1, max: get.length - 1 }), { maxLength: 4 })], {
    numRuns: 25,
  })("does not care where a request is cut", async (cuts) => {
    const { port, listening } = await startListener();
    const client = await RawHTTP1Client.connect(port);
    const ends = [...new Set(cuts), get.length].sort((a, b) => a - b);
    let start = 0;
    for (const end of ends) {
      client.send(get.slice(start, end));
      start = end;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.received(/200 OK/);
    await listening.close();
  });

  it("keeps an HTTP/1.1 connection for the next request", async () => {
    const { port, listening } = await startListener();
    const client = await RawHTTP1Client.connect(port);
    for (const count of [1, 2, 3]) {
      client.send(get);
      await client.received(new RegExp(`(200 OK.*){${count}}`, "s"));
    }
    expect(listening.openSessions).toBe(1);
  });

  it("rejects when the port is taken", async () => {
    const { port } = await startListener();
    const second = listen({
      host: "127.0.0.1",
      port,
      limits: defaultLimits,
      handler: () => {},
      onFault: () => {},
      clock: systemClock,
    });
    await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("what is not HTTP", () => {
  it.each([
    ["garbage", "\x00\x01\x02 garbage\r\n\r\n"],
    ["a preface that goes wrong", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"],
    ["a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["a request without a host", "GET / HTTP/1.1\r\n\r\n"],
    ["two lengths", "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n"],
    [
      "a length and chunks",
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    ],
    ["a header with a zero byte", "GET / HTTP/1.1\r\nhost: a\r\nx: a\x00b\r\n\r\n"],
  ])("is answered with 400: %s", async (_title, text) => {
    const { port, faults, listening } = await startListener();
    const client = await RawHTTP1Client.connect(port);
    client.send(text);
    const answer = await client.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
    expect(faults).toEqual([]);
    expect(await (await fetch(listening.url)).text()).toBe("1.1");
  });

  it("is answered with 431 when its headers are too many bytes", async () => {
    const { port } = await startListener({ limits: { headerBytes: 2048 } });
    const client = await RawHTTP1Client.connect(port);
    client.send(`GET / HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(4096)}\r\n\r\n`);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("is answered with 431 when its headers are too many", async () => {
    const { port } = await startListener({ limits: { headerPairs: 10 } });
    const client = await RawHTTP1Client.connect(port);
    const headers = Array.from({ length: 10 }, (_, index) => `x-${index}: 1\r\n`).join("");
    client.send(`GET / HTTP/1.1\r\nhost: a\r\n${headers}\r\n`);
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe("a handler that throws at once", () => {
  const fault = new Error("broken");
  const throwing = (): never => {
    throw fault;
  };

  it("is reported, and the caller gets 500", async () => {
    const { listening, faults } = await startListener({ handler: throwing });
    expect((await fetch(listening.url)).status).toBe(500);
    expect(faults).toEqual([fault]);
  });

  it("is the caller's doing where host and path make no URL", async () => {
    const { port, faults } = await startListener({ handler: throwing });
    const client = await RawHTTP1Client.connect(port);
    client.send("GET / HTTP/1.0\r\n\r\n");
    await client.received(/^HTTP\/1.1 400 /);
    const second = await RawHTTP1Client.connect(port);
    second.send("GET / HTTP/1.1\r\nhost: [\r\n\r\n");
    await second.received(/^HTTP\/1.1 400 /);
    expect(faults).toEqual([]);
  });
});
