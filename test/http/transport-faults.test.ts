// Proves what each fault of the transport becomes: a typed error that names its phase and nothing
// of the request or the answer, with the socket closed, and one free retry where a used connection
// had been closed before it was used again, and nowhere else.
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import {
  answering,
  connectorError,
  httpClient,
  post,
  rawUpstream,
  textOf,
  until,
} from "../support/http.ts";
import {
  chunkedHead,
  httpChunk,
  type RawConnection,
  type Script,
} from "../support/raw-upstream.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function ready(text: string): (connection: RawConnection) => Promise<void> {
  return async (connection) => {
    await connection.request();
    await connection.send(text);
  };
}

const body = "a canary in the body";

describe("before the answer", () => {
  it("a refused connection is PROVIDER_CONNECT_FAILED", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    await new Promise((resolve) => {
      server.close(resolve);
    });
    const client = httpClient();
    const error = await connectorError(client.send(post(`http://127.0.0.1:${port}/?key=canary`)));
    expect(error).toMatchObject({
      reason: "PROVIDER_CONNECT_FAILED",
      message: "No connection to the provider could be made (ECONNREFUSED).",
    });
    expect(error.fields.metadata).toEqual({ phase: "connect", network_error: "ECONNREFUSED" });
    await until(() => client.openSockets === 0);
  });

  it("a connection that does not come about in time is PROVIDER_CONNECT_FAILED", async () => {
    const clock = new VirtualClock();
    const resolving: string[] = [];
    // A name that is never resolved stands for a network that never answers.
    const client = httpClient(
      { providerConnectMs: 5000 },
      { clock, resolve: (hostname) => void resolving.push(hostname) },
    );
    const failed = connectorError(client.send(post("http://black.hole.example/")));
    await until(() => resolving.length === 1);
    clock.advance(4999);
    expect(client.openSockets).toBe(1);
    clock.advance(1);
    expect((await failed).reason).toBe("PROVIDER_CONNECT_FAILED");
    await until(() => client.openSockets === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  const heads: [title: string, script: Script, reason: ConnectorError["reason"]][] = [
    ["a reset", async (connection) => reset(connection), "PROVIDER_CONNECTION_LOST"],
    [
      "a close",
      async (connection) => {
        await connection.request();
        connection.halfClose();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    [
      "a reset in the status line",
      async (connection) => {
        await connection.request();
        await connection.send("HTTP/1.1 20");
        connection.reset();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    ["an answer of another protocol", ready(`SSH-2.0-${body}\r\n`), "PROVIDER_MALFORMED_RESPONSE"],
    [
      "headers over the limit",
      ready(`HTTP/1.1 200 OK\r\nx: ${"canary".repeat(400)}\r\n\r\n`),
      "PROVIDER_MALFORMED_RESPONSE",
    ],
    [
      "endless headers",
      async (connection) => {
        await connection.request();
        await connection.send("HTTP/1.1 200 OK\r\n");
        while (!connection.socket.destroyed) await connection.send(`x: ${"y".repeat(1000)}\r\n`);
      },
      "PROVIDER_MALFORMED_RESPONSE",
    ],
    [
      "endless informational answers",
      async (connection) => {
        await connection.request();
        while (!connection.socket.destroyed)
          await connection.send("HTTP/1.1 102 Processing\r\n\r\n");
      },
      "PROVIDER_MALFORMED_RESPONSE",
    ],
    [
      "an upgrade nobody asked for",
      ready("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
      "PROVIDER_MALFORMED_RESPONSE",
    ],
  ];
  it.each(heads)("%s is a typed error and closes the socket", async (_title, script, reason) => {
    const upstream = await rawUpstream(script);
    const client = httpClient({ providerHeaderBytes: 2000 });
    const error = await connectorError(client.send(post(`${upstream.url}/?key=canary`)));
    expect(error.reason).toBe(reason);
    expect(error.fields.metadata).toMatchObject({ phase: "headers" });
    expect(error.message + JSON.stringify(error.fields)).not.toContain("canary");
    expect(String(error.cause) + JSON.stringify(error.cause)).not.toContain("canary");
    await until(() => client.openSockets === 0);
    expect(upstream.connections).toHaveLength(1);
  });
});

describe("in the body", () => {
  const cuts: [title: string, script: Script, reason: ConnectorError["reason"]][] = [
    [
      "a reset",
      async (connection) => {
        await connection.request();
        await connection.send(chunkedHead(), httpChunk("ab"));
        connection.reset();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    [
      "a close between chunks",
      async (connection) => {
        await connection.request();
        await connection.send(chunkedHead(), httpChunk("ab"));
        connection.halfClose();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    [
      "a close between chunks, announced",
      async (connection) => {
        await connection.request();
        await connection.send(chunkedHead("connection: close\r\n"), httpChunk("ab"));
        connection.halfClose();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    [
      "fewer bytes than announced",
      async (connection) => {
        await connection.request();
        await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab");
        connection.halfClose();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    [
      "fewer bytes than announced, with an announced close",
      async (connection) => {
        await connection.request();
        await connection.send(
          "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\n",
          "ab",
        );
        connection.halfClose();
      },
      "PROVIDER_CONNECTION_LOST",
    ],
    [
      "a chunk without a size",
      ready(`${chunkedHead()}2\r\nab\r\nnonsense`),
      "PROVIDER_MALFORMED_RESPONSE",
    ],
  ];
  it.each(cuts)("%s comes after the bytes before it", async (_title, script, reason) => {
    const upstream = await rawUpstream(script);
    const client = httpClient();
    const response = await client.send(post(upstream.url));
    let text = "";
    const error = await connectorError(
      (async () => {
        for await (const chunk of response.body) text += chunk.toString();
      })(),
    );
    expect(text).toBe("ab");
    expect(error.reason).toBe(reason);
    expect(error.fields.metadata).toMatchObject({ phase: "body" });
    await until(() => client.openSockets === 0);
  });

  it("more bytes than announced are not the body's, and end the connection", async () => {
    const upstream = await rawUpstream(
      ready("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n\r\ncanary"),
    );
    const client = httpClient();
    const response = await client.send(post(upstream.url));
    expect(await textOf(response.body)).toBe("ab");
    await until(() => client.openSockets === 0);
  });
});

describe("a used connection", () => {
  /** Answers the first request; then the script decides, and later connections answer "new". */
  function afterOne(then: (connection: RawConnection) => Promise<void>): Script {
    let first = true;
    return async (connection) => {
      if (!first) return answering("new")(connection);
      first = false;
      await connection.answer("old");
      await then(connection);
    };
  }

  it.each([
    ["reset", async (connection: RawConnection) => reset(connection)],
    [
      "closed",
      async (connection: RawConnection) => {
        await connection.request();
        connection.halfClose();
      },
    ],
  ])("that is %s under a request is replaced once, by a new one", async (_title, then) => {
    const upstream = await rawUpstream(afterOne(then));
    const client = httpClient();
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("old");
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("new");
    expect(upstream.connections).toHaveLength(2);
  });

  it("that closed before the request is not used at all", async () => {
    const upstream = await rawUpstream(
      afterOne(async (connection) => {
        connection.halfClose();
        await connection.closed;
        expect(connection.received).toHaveLength(0);
      }),
    );
    const client = httpClient();
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("old");
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("new");
  });

  it("is replaced by a new one even if other used ones are there", async () => {
    let answered = 0;
    const upstream = await rawUpstream(async (connection) => {
      await connection.answer(`${answered++}`);
      // Both used connections are dead, in a way only the next request shows.
      if (upstream.connections.length <= 2) await reset(connection);
      else await answering("new")(connection);
    });
    const client = httpClient();
    const both = await Promise.all([
      client.send(post(upstream.url)),
      client.send(post(upstream.url)),
    ]);
    for (const response of both) await textOf(response.body);
    expect(client.openSockets).toBe(2);
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("2");
    expect(upstream.connections).toHaveLength(3);
  });

  it("is not replaced twice", async () => {
    const upstream = await rawUpstream(async (connection) => {
      if (upstream.connections.length === 1) await connection.answer("old");
      await reset(connection);
    });
    const client = httpClient();
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("old");
    const error = await connectorError(client.send(post(upstream.url)));
    expect(error.reason).toBe("PROVIDER_CONNECTION_LOST");
    expect(upstream.connections).toHaveLength(2);
  });

  it("is not replaced once a byte of the answer has come", async () => {
    const upstream = await rawUpstream(
      afterOne(async (connection) => {
        await connection.request();
        await connection.send("H");
        connection.reset();
      }),
    );
    const client = httpClient();
    await textOf((await client.send(post(upstream.url))).body);
    const error = await connectorError(client.send(post(upstream.url)));
    expect(error.reason).toBe("PROVIDER_CONNECTION_LOST");
    expect(upstream.connections).toHaveLength(1);
  });

  it("is not replaced when the provider had time to take the request up", async () => {
    const clock = new VirtualClock();
    const upstream = await rawUpstream(
      afterOne(async (connection) => {
        await connection.request();
        clock.advance(1001);
        connection.reset();
      }),
    );
    const client = httpClient({}, { clock });
    await textOf((await client.send(post(upstream.url))).body);
    const error = await connectorError(client.send(post(upstream.url)));
    expect(error.reason).toBe("PROVIDER_CONNECTION_LOST");
    expect(upstream.connections).toHaveLength(1);
  });

  it("that brings an answer nobody asked for is thrown away with it", async () => {
    const upstream = await rawUpstream(
      afterOne(async (connection) => {
        await connection.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ncanary");
        await connection.closed;
        expect(connection.received).toHaveLength(0);
      }),
    );
    const client = httpClient();
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("old");
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("new");
  });

  it("that brings two answers at once loses the second", async () => {
    const upstream = await rawUpstream(async (connection) => {
      if (upstream.connections.length > 1) return answering("new")(connection);
      await connection.request();
      const answer = (text: string): string =>
        `HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${text}`;
      await connection.send(answer("old") + answer("bad"));
    });
    const client = httpClient();
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("old");
    expect(await textOf((await client.send(post(upstream.url))).body)).toBe("new");
  });
});

async function reset(connection: RawConnection): Promise<void> {
  await connection.request();
  connection.reset();
}
