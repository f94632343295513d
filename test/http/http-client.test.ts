// Proves, over real sockets, what goes over the wire and what comes back, that connections are used
// again and never beyond their limit, that a closed one is noticed, and that close() closes all.
import { describe, expect, it } from "vitest";
import {
  answering,
  connectorError,
  httpClient,
  piecesOf,
  post,
  rawUpstream,
  rejection,
  textOf,
  until,
} from "../support/http.ts";
import { chunkedHead, httpChunk, type RawRequest } from "../support/raw-upstream.ts";

describe("a request", () => {
  it("goes over the wire as it is given, and unencoded answers are asked for", async () => {
    let seen: RawRequest | undefined;
    const upstream = await rawUpstream(async (connection) => {
      seen = await connection.answer("");
    });
    await httpClient().send(
      post(`${upstream.url}/v1/messages?beta=true`, {
        headers: { "x-api-key": "k", "accept-encoding": "gzip" },
        body: '{"text":"é🦀"}',
      }),
    );
    expect(seen).toMatchObject({ method: "POST", path: "/v1/messages?beta=true" });
    expect(seen?.body).toBe('{"text":"é🦀"}');
    expect(seen?.headerLines).toEqual([
      `host: 127.0.0.1:${upstream.port}`,
      "connection: keep-alive",
      "accept-encoding: identity",
      "x-api-key: k",
      "content-length: 17",
    ]);
  });

  it("by GET has no body and no length", async () => {
    let seen: RawRequest | undefined;
    const upstream = await rawUpstream(async (connection) => {
      seen = await connection.answer("[]");
    });
    await httpClient().send(post(`${upstream.url}/models`, { method: "GET", body: "" }));
    expect(seen).toMatchObject({ method: "GET", path: "/models", body: "" });
    expect(seen?.headers).not.toHaveProperty("content-length");
  });

  it.each([
    ["a header with a line break", { headers: { "x-a": "1\r\nx-b: canary" } }],
    ["a user and password", { url: "http://user:canary@127.0.0.1/" }],
    ["another scheme", { url: "file:///canary" }],
    ["no URL", { url: "canary" }],
  ])("with %s is our own fault, told without its text", async (_title, fields) => {
    const upstream = await rawUpstream(answering(""));
    const client = httpClient();
    const error = await connectorError(client.send(post(upstream.url, fields)));
    expect(error.reason).toBe("INTERNAL_FAULT");
    expect(error.message + JSON.stringify(error.fields)).not.toContain("canary");
    await until(() => client.openSockets === 0);
  });
});

describe("an answer", () => {
  it("has its status, its headers in lower case and joined, and its body in pieces", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(
        chunkedHead(
          "X-Request-Id: r1\r\nRetry-After: 1\r\nretry-after: 2\r\n__proto__: x\r\n__proto__: y\r\n",
        ),
        httpChunk("a"),
        httpChunk("b"),
        httpChunk(""),
      );
    });
    const response = await httpClient().send(post(upstream.url));
    expect(response.status).toBe(200);
    expect(response.headers["x-request-id"]).toBe("r1");
    expect(response.headers["retry-after"]).toBe("1, 2");
    expect(Object.entries(response.headers)).toContainEqual(["__proto__", "x, y"]);
    expect("x" in {}).toBe(false);
    expect(await textOf(response.body)).toBe("ab");
  });

  it.each(["302 Found", "429 Too Many Requests", "529 Overloaded", "204 No Content"])(
    "of status %s is an answer, and no redirect is followed",
    async (status) => {
      const location = `location: http://127.0.0.1:1/\r\n`;
      const upstream = await rawUpstream(answering("", location, status));
      const response = await httpClient().send(post(upstream.url));
      expect(response.status).toBe(Number(status.slice(0, 3)));
      expect(await textOf(response.body)).toBe("");
    },
  );

  it("may come after informational ones", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send("HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx");
    });
    const response = await httpClient().send(post(upstream.url));
    expect(response.status).toBe(200);
    expect(response.headers).not.toHaveProperty("link");
    expect(await textOf(response.body)).toBe("x");
  });

  it("without a length ends when the provider closes", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send("HTTP/1.1 200 OK\r\n\r\n", "ab", "c");
      connection.halfClose();
    });
    const client = httpClient();
    const response = await client.send(post(upstream.url));
    expect(await textOf(response.body)).toBe("abc");
    await until(() => client.openSockets === 0);
  });

  it("gives chunks that came together as one piece", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      const chunks = Array.from({ length: 100 }, () => httpChunk("data: x\n\n"));
      await connection.send(Buffer.concat([Buffer.from(chunkedHead()), ...chunks, httpChunk("")]));
    });
    const response = await httpClient().send(post(upstream.url));
    const pieces = await piecesOf(response.body);
    expect(Buffer.concat(pieces)).toHaveLength(900);
    expect(pieces.length).toBeLessThanOrEqual(3);
  });
});

describe("connections", () => {
  it("are used again after an answer that was read to its end", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient();
    for (let count = 0; count < 5; count += 1) {
      const { body } = await client.send(post(upstream.url));
      expect(await textOf(body)).toBe("ok");
    }
    expect(upstream.connections).toHaveLength(1);
    expect(client.openSockets).toBe(1);
  });

  it("are not shared between those who may call private addresses and those who may not", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient();
    await textOf((await client.send(post(upstream.url))).body);
    const error = await connectorError(client.send(post(upstream.url, { allowPrivate: false })));
    expect(error.reason).toBe("EGRESS_FORBIDDEN");
  });

  it("are closed when the body is left", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.request();
      await connection.send(chunkedHead(), httpChunk("a"));
      await connection.closed;
    });
    const client = httpClient();
    const { body } = await client.send(post(upstream.url));
    for await (const chunk of body) {
      expect(chunk.toString()).toBe("a");
      break;
    }
    await upstream.connections[0]?.closed;
    await until(() => client.openSockets === 0);
    expect(await piecesOf(body)).toEqual([]);
  });

  it("stay within their limit while callers wait in order", async () => {
    const order: string[] = [];
    const upstream = await rawUpstream(async (connection) => {
      for (;;) {
        const request = await connection.answer("ok").catch(() => undefined);
        if (request === undefined) return;
        order.push(request.path);
      }
    });
    const client = httpClient({ providerConnections: 2 });
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const bodies = paths.map(async (path) => {
      const { body } = await client.send(post(upstream.url + path));
      expect(client.openSockets).toBeLessThanOrEqual(2);
      return textOf(body);
    });
    expect(await Promise.all(bodies)).toEqual(paths.map(() => "ok"));
    expect(upstream.connections).toHaveLength(2);
    expect(order.slice(2)).toEqual([...order.slice(2)].sort((a, b) => +a.slice(1) - +b.slice(1)));
  });

  it("go on to those who wait when the provider closes each after one answer", async () => {
    const upstream = await rawUpstream(async (connection) => {
      await connection.answer("ok", "connection: close\r\n");
      connection.halfClose();
    });
    const client = httpClient({ providerConnections: 2 });
    const all = Array.from({ length: 10 }, async () =>
      textOf((await client.send(post(upstream.url))).body),
    );
    expect(new Set(await Promise.all(all))).toEqual(new Set(["ok"]));
    expect(upstream.connections).toHaveLength(10);
    await until(() => client.openSockets === 0);
  });

  it("carry a thousand requests at once", async () => {
    const upstream = await rawUpstream(async (connection) => {
      for (;;) {
        const request = await connection.request().catch(() => undefined);
        if (request === undefined) return;
        const body = request.path;
        await connection.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
      }
    });
    const client = httpClient({ providerConnections: 100 });
    const paths = Array.from({ length: 1000 }, (_, index) => `/call/${index}`);
    const texts = paths.map(async (path) =>
      textOf((await client.send(post(upstream.url + path))).body),
    );
    expect(await Promise.all(texts)).toEqual(paths);
    expect(upstream.connections.length).toBeLessThanOrEqual(100);
  });

  it("are closed once they have been unused for the time given", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient({ providerKeepAliveMs: 20 });
    await textOf((await client.send(post(upstream.url))).body);
    expect(client.openSockets).toBe(1);
    await upstream.connections[0]?.closed;
    await until(() => client.openSockets === 0);
  });

  it("are not used again if the provider announces less time than it needs to be safe", async () => {
    const upstream = await rawUpstream(answering("ok", "keep-alive: timeout=1\r\n"));
    const client = httpClient();
    await textOf((await client.send(post(upstream.url))).body);
    await until(() => client.openSockets === 0);
  });

  it("are closed by close(), used or not, and none is opened after it", async () => {
    const upstream = await rawUpstream(async (connection) => {
      const { path } = await connection.answer("ok");
      expect(path).toBe("/unused");
    });
    const silent = await rawUpstream(async (connection) => {
      await connection.request();
    });
    const client = httpClient();
    await textOf((await client.send(post(`${upstream.url}/unused`))).body);
    const waiting = connectorError(client.send(post(silent.url)));
    await until(() => silent.connections.length === 1);
    await Promise.all([client.close(), client.close()]);
    expect(client.openSockets).toBe(0);
    expect((await waiting).reason).toBe("SERVER_DRAINING");
    const late = await connectorError(client.send(post(upstream.url)));
    expect(late.reason).toBe("SERVER_DRAINING");
  });
});

describe("a caller that has aborted already", () => {
  it("opens no connection", async () => {
    const upstream = await rawUpstream(answering("ok"));
    const client = httpClient();
    const reason = new Error("gone");
    const signal = AbortSignal.abort(reason);
    expect(await rejection(client.send(post(upstream.url, { signal })))).toBe(reason);
    expect(client.openSockets).toBe(0);
  });
});
