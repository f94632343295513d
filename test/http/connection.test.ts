// Proves, over real sockets, what a connection does beside sending and receiving: early answers,
// unused ones that grow old in virtual time, one notice for each read, and a pause that ends with
// the answer it was for.
import { describe, expect, it } from "vitest";
import { pulledBody } from "../../src/http/pulled-body.ts";
import { answering, httpClient, post, rawUpstream, textOf, until } from "../support/http.ts";
import { chunkedHead, httpChunk } from "../support/raw-upstream.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("an early answer", () => {
  it("is given while the request is still being written, whose connection is not used again", async () => {
    const upstream = await rawUpstream(async (connection) => {
      connection.socket.pause();
      await connection.send("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nbig");
      await connection.closed;
    });
    const client = httpClient();
    // More than the kernel's buffers of both ends hold.
    const body = "x".repeat(32 * 1024 * 1024);
    const response = await client.send(post(upstream.url, { body }));
    expect(response.status).toBe(413);
    expect(await textOf(response.body)).toBe("big");
    await until(() => client.openSockets === 0);
  });
});

describe("unused connections", () => {
  it("are closed when they are too old, each by its own time, and no timer is left", async () => {
    const clock = new VirtualClock();
    const upstream = await rawUpstream(async (connection) => {
      for (;;) {
        const request = await connection.request().catch(() => undefined);
        if (request === undefined) return;
        const keep = request.path === "/short" ? "keep-alive: timeout=3\r\n" : "";
        await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${keep}\r\n`);
      }
    });
    const client = httpClient({ providerKeepAliveMs: 4000 }, { clock });
    const both = ["/long", "/short"].map((path) => client.send(post(upstream.url + path)));
    for (const { body } of await Promise.all(both)) await textOf(body);
    clock.advance(1999);
    expect(client.openSockets).toBe(2);
    clock.advance(1);
    await until(() => client.openSockets === 1);
    clock.advance(1999);
    expect(client.openSockets).toBe(1);
    clock.advance(1);
    await until(() => client.openSockets === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  it("share one timer, however many calls there are", async () => {
    const clock = new VirtualClock();
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient({}, { clock });
    for (let count = 0; count < 20; count += 1) {
      const calls = [post(upstream.url), post(upstream.url)].map((each) => client.send(each));
      for (const { body } of await Promise.all(calls)) await textOf(body);
      expect(clock.pendingTimers).toBe(1);
    }
  });
});

describe("a reader that pulls", () => {
  it("is told once of all that one read brought, the end included", async () => {
    let write = (_text: string): void => undefined;
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      write = (text) => void connection.socket.write(text);
      await connection.send(chunkedHead());
      await connection.closed;
    });
    const client = httpClient();
    const body = pulledBody((await client.send(post(upstream.url))).body);
    const heard: [text: string, ended: boolean][] = [];
    const piece = (): string => Buffer.from(body.read() ?? []).toString();
    body.onReadable = () => heard.push([piece(), body.ended]);
    expect(body.read()).toBeUndefined();
    write(`${httpChunk("a")}${httpChunk("b")}${httpChunk("c")}`);
    await until(() => heard.length > 0);
    write(`${httpChunk("d")}${httpChunk("")}`);
    await until(() => body.ended);
    expect(heard).toEqual([
      ["abc", false],
      ["d", true],
    ]);
  });

  it("has a whole answer of one packet in one piece, without waiting", async () => {
    const upstream = await rawUpstream(answering("whole"));
    const body = pulledBody((await httpClient().send(post(upstream.url))).body);
    expect(Buffer.from(body.read() ?? []).toString()).toBe("whole");
    expect(body.ended).toBe(true);
  });
});

it("a body that filled its memory with its last read does not stop the next answer", async () => {
  const large = "x".repeat(200 * 1024);
  const upstream = await rawUpstream(answering(large));
  const client = httpClient();
  for (let count = 0; count < 20; count += 1) {
    const { body } = await client.send(post(upstream.url));
    expect(await textOf(body)).toHaveLength(large.length);
  }
  expect(upstream.connections).toHaveLength(1);
});
