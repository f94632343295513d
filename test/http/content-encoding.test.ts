// Proves that an answer which is encoded unasked is decoded as its bytes come, within the limit of
// an answer, that bombs and unknown encodings are refused, and that leaving it closes the socket.
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  connectorError,
  httpClient,
  post,
  rawUpstream,
  rejection,
  textOf,
  until,
} from "../support/http.ts";
import { chunkedHead, httpChunk, type Script } from "../support/raw-upstream.ts";

const text = '{"text":"żółć 漢字 🦀"}'.repeat(100);

function encoded(encoding: string, body: Uint8Array): Script {
  return async (connection) => {
    await connection.answer(body, `content-encoding: ${encoding}\r\n`);
  };
}

describe("an encoded answer", () => {
  it.each([
    ["gzip", gzipSync(text)],
    ["GZIP", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["identity", Buffer.from(text)],
  ])("is decoded from %s", async (encoding, body) => {
    const upstream = await rawUpstream(encoded(encoding, body));
    const client = httpClient();
    const response = await client.send(post(upstream.url));
    expect(await textOf(response.body)).toBe(text);
    expect(client.openSockets).toBe(1);
  });

  it("without a byte is empty", async () => {
    const upstream = await rawUpstream(encoded("gzip", Buffer.alloc(0)));
    const response = await httpClient().send(post(upstream.url));
    expect(await textOf(response.body)).toBe("");
  });

  it("is decoded as far as it has come when the provider flushes", async () => {
    const gzip = createGzip();
    const flushed: Buffer[] = [];
    gzip.on("data", (chunk: Buffer) => flushed.push(chunk));
    async function flush(event: string): Promise<Buffer> {
      gzip.write(event);
      await new Promise<void>((resolve) => {
        gzip.flush(resolve);
      });
      return httpChunk(Buffer.concat(flushed.splice(0)));
    }
    const { promise: firstRead, resolve: readFirst } = Promise.withResolvers<void>();
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkedHead("content-encoding: gzip\r\n"), await flush("data: 1\n\n"));
      await firstRead;
      await connection.send(await flush("data: 2\n\n"));
      gzip.end();
      await new Promise((resolve) => {
        gzip.once("end", resolve);
      });
      await connection.send(httpChunk(Buffer.concat(flushed)), httpChunk(""));
    });
    const response = await httpClient().send(post(upstream.url));
    const events: string[] = [];
    for await (const piece of response.body) {
      events.push(Buffer.from(piece).toString());
      readFirst();
    }
    expect(events).toEqual(["data: 1\n\n", "data: 2\n\n"]);
  });

  const refused = ["zstd", "compress", "x", "gzip, gzip", "gzip, ".repeat(1000)];
  it.each(refused.map((encoding) => [encoding.slice(0, 20), encoding]))(
    "is refused in %s, and closes the socket",
    async (_title, encoding) => {
      const upstream = await rawUpstream(async (connection) => {
        await connection.request();
        await connection.send(chunkedHead(`content-encoding: ${encoding}\r\n`), httpChunk("x"));
        await connection.closed;
      });
      const client = httpClient();
      const error = await connectorError(client.send(post(upstream.url)));
      expect(error.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
      await until(() => client.openSockets === 0);
    },
  );

  it("is stopped at the limit of an answer, with memory for no more", async () => {
    const mebibyte = 1024 * 1024;
    const bomb = gzipSync(Buffer.alloc(96 * mebibyte));
    expect(bomb.length).toBeLessThan(mebibyte);
    const upstream = await rawUpstream(encoded("gzip", bomb));
    const client = httpClient({ providerResponseBytes: 4 * mebibyte });
    const before = process.memoryUsage().rss;
    const { body } = await client.send(post(upstream.url));
    let length = 0;
    const error = await connectorError(
      (async () => {
        for await (const piece of body) length += piece.length;
      })(),
    );
    expect(error.reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
    expect(length).toBeLessThanOrEqual(4 * mebibyte);
    expect(process.memoryUsage().rss - before).toBeLessThan(48 * mebibyte);
  });

  it("that is not what it says is malformed, and closes the socket", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkedHead("content-encoding: gzip\r\n"), httpChunk("<html>"));
      await connection.closed;
    });
    const client = httpClient();
    const { body } = await client.send(post(upstream.url));
    expect((await connectorError(textOf(body))).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    await until(() => client.openSockets === 0);
  });

  it("that ends early, or is cut by a reset, is a lost connection", async () => {
    const half = gzipSync(text).subarray(0, 60);
    const early = await rawUpstream(encoded("gzip", half));
    const cut = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkedHead("content-encoding: gzip\r\n"), httpChunk(half));
      connection.reset();
    });
    for (const { url } of [early, cut]) {
      const { body } = await httpClient().send(post(url));
      expect((await connectorError(textOf(body))).reason).toBe("PROVIDER_CONNECTION_LOST");
    }
  });

  const slow: Script = async (connection) => {
    await connection.request();
    const gzip = createGzip();
    const head = chunkedHead("content-encoding: gzip\r\n");
    gzip.on("data", (chunk: Buffer) => connection.socket.write(httpChunk(chunk)));
    connection.socket.write(head);
    gzip.write("data: 1\n\n");
    gzip.flush();
    await connection.closed;
  };

  it("closes the socket when it is left", async () => {
    const upstream = await rawUpstream(slow);
    const client = httpClient();
    const { body } = await client.send(post(upstream.url));
    for await (const _ of body) break;
    await until(() => client.openSockets === 0);
  });

  it("ends with the reason of an abort", async () => {
    const upstream = await rawUpstream(slow);
    const client = httpClient();
    const controller = new AbortController();
    const { body } = await client.send(post(upstream.url, { signal: controller.signal }));
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    const next = rejection(reader.next());
    const reason = new Error("gone");
    controller.abort(reason);
    expect(await next).toBe(reason);
    await until(() => client.openSockets === 0);
  });
});
