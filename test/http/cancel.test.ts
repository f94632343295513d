// Proves that an abort in any phase rejects with its reason and closes the socket within a few
// turns of the event loop (no time passes for it, however busy the machine is), that nothing of it
// stays behind, and that a reader that stops stops the provider with memory flat.
import { describe, expect, it } from "vitest";
import type { HttpClient } from "../../src/http/http-client.ts";
import {
  answering,
  httpClient,
  piecesOf,
  post,
  rawUpstream,
  rejection,
  textOf,
  until,
} from "../support/http.ts";
import { chunkedHead, httpChunk } from "../support/raw-upstream.ts";

const reason = new Error("The caller has left.");

const turnsMax = 5;

/** How many turns of the event loop the client needs to close all of its sockets after an abort. */
async function turnsToClose(client: HttpClient, controller: AbortController): Promise<number> {
  let turns = 0;
  controller.abort(reason);
  await until(() => client.openSockets === 0 || turns++ === 1000);
  return turns;
}

describe("an abort", () => {
  it("while the name is being resolved", async () => {
    const resolving: string[] = [];
    const client = httpClient({}, { resolve: (hostname) => void resolving.push(hostname) });
    const controller = new AbortController();
    const failed = rejection(
      client.send(post("http://slow.example/", { signal: controller.signal })),
    );
    await until(() => resolving.length === 1);
    expect(client.openSockets).toBe(1);
    expect(await turnsToClose(client, controller)).toBeLessThanOrEqual(turnsMax);
    expect(await failed).toBe(reason);
  });

  it("in the same turn as the request", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient();
    const controller = new AbortController();
    const failed = rejection(client.send(post(upstream.url, { signal: controller.signal })));
    expect(await turnsToClose(client, controller)).toBeLessThanOrEqual(turnsMax);
    expect(await failed).toBe(reason);
  });

  it("as a request is handed to a used connection", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient();
    await textOf((await client.send(post(upstream.url))).body);
    const controller = new AbortController();
    const failed = rejection(client.send(post(upstream.url, { signal: controller.signal })));
    expect(await turnsToClose(client, controller)).toBeLessThanOrEqual(turnsMax);
    expect(await failed).toBe(reason);
    expect(upstream.connections).toHaveLength(1);
  });

  it("while the headers are awaited", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.closed;
    });
    const client = httpClient();
    const controller = new AbortController();
    const failed = rejection(client.send(post(upstream.url, { signal: controller.signal })));
    await until(() => upstream.connections[0]?.received.length === 0);
    expect(await turnsToClose(client, controller)).toBeLessThanOrEqual(turnsMax);
    expect(await failed).toBe(reason);
    await upstream.connections[0]?.closed;
  });

  it("in the body, whether the reader waits or has bytes to read", async () => {
    for (const waits of [true, false]) {
      const upstream = await rawUpstream(async (connection) => {
        await connection.request();
        await connection.send(chunkedHead(), httpChunk("a"));
        await connection.closed;
      });
      const client = httpClient();
      const controller = new AbortController();
      const { body } = await client.send(post(upstream.url, { signal: controller.signal }));
      const reader = body[Symbol.asyncIterator]();
      if (waits) await reader.next();
      const next = rejection(waits ? reader.next() : until(() => false));
      expect(await turnsToClose(client, controller)).toBeLessThanOrEqual(turnsMax);
      if (waits) expect(await next).toBe(reason);
      else expect(await rejection(reader.next())).toBe(reason);
      await upstream.connections[0]?.closed;
    }
  });

  it("while all connections are busy takes the caller off the queue", async () => {
    const upstream = await rawUpstream(async (connection) => {
      for (;;) {
        const { path } = await connection.request();
        expect(path).not.toBe("/left");
        if (path === "/first") await firstMayEnd;
        await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`);
      }
    });
    const { promise: firstMayEnd, resolve: endFirst } = Promise.withResolvers<void>();
    const client = httpClient({ providerConnections: 1 });
    const first = client.send(post(`${upstream.url}/first`));
    const controller = new AbortController();
    const left = rejection(
      client.send(post(`${upstream.url}/left`, { signal: controller.signal })),
    );
    const last = client.send(post(`${upstream.url}/last`));
    controller.abort(reason);
    expect(await left).toBe(reason);
    endFirst();
    expect(await textOf((await first).body)).toBe("ok");
    expect(await textOf((await last).body)).toBe("ok");
    expect(upstream.connections).toHaveLength(1);
  });

  it("after the end does nothing to the connection", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient();
    const controller = new AbortController();
    const response = await client.send(post(upstream.url, { signal: controller.signal }));
    expect(await textOf(response.body)).toBe("ok");
    controller.abort(reason);
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("ok");
    expect(upstream.connections).toHaveLength(1);
  });

  it("leaves no listener on the signal, however the request went", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.answer("ok");
      await connection.request();
      connection.reset();
    });
    const client = httpClient();
    const signal = new AbortController().signal;
    let listeners = 0;
    const counted = new Proxy(signal, {
      get(target, name) {
        if (name === "addEventListener") listeners += 1;
        if (name === "removeEventListener") listeners -= 1;
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await textOf((await client.send(post(upstream.url, { signal: counted }))).body);
    const replaced = await client.send(post(upstream.url, { signal: counted }));
    expect(await textOf(replaced.body)).toBe("ok");
    await rejection(client.send(post("http://127.0.0.1:1/", { signal: counted })));
    expect(listeners).toBe(0);
  });

  it("of a thousand streams at once closes them all", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkedHead(), httpChunk("a"));
      await connection.closed;
    });
    const client = httpClient();
    const streams = Array.from({ length: 1000 }, async () => {
      const controller = new AbortController();
      const { body } = await client.send(post(upstream.url, { signal: controller.signal }));
      const reader = body[Symbol.asyncIterator]();
      await reader.next();
      return { controller, next: rejection(reader.next()) };
    });
    const open = await Promise.all(streams);
    expect(client.openSockets).toBe(1000);
    for (const { controller } of open) controller.abort(reason);
    for (const { next } of open) expect(await next).toBe(reason);
    await until(() => client.openSockets === 0);
  });
});

describe("back-pressure", () => {
  it("reaches the provider when the reader stops, and memory stays flat", async () => {
    const piece = Buffer.alloc(64 * 1024, "x");
    let sent = 0;
    let blocked = false;
    const total = 64 * 1024 * 1024;
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      connection.socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
      while (sent < total) {
        sent += piece.length;
        if (connection.socket.write(piece)) continue;
        blocked = true;
        await new Promise((resolve) => {
          connection.socket.once("drain", resolve);
        });
        blocked = false;
      }
    });
    const client = httpClient();
    const before = process.memoryUsage().arrayBuffers;
    const { body } = await client.send(post(upstream.url));
    await until(() => blocked && sent === sentAfterTurns());
    // What the kernel's buffers of both ends take, and no more, was sent.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 1024 * 1024);
    let read = 0;
    for await (const chunk of body) read += chunk.length;
    expect(read).toBe(total);

    function sentAfterTurns(): number {
      const now = sent;
      stable = now === lastSent ? stable + 1 : 0;
      lastSent = now;
      return stable > 200 ? now : -1;
    }
  });
  let lastSent = 0;
  let stable = 0;

  it("holds for bodies of tiny chunks too", async () => {
    const tiny = Buffer.concat(Array.from({ length: 20_000 }, () => httpChunk("x")));
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkedHead(), tiny, httpChunk(""));
    });
    const client = httpClient();
    const { body } = await client.send(post(upstream.url));
    const pieces = await piecesOf(body);
    expect(Buffer.concat(pieces)).toHaveLength(20_000);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(1024);
  });
});
