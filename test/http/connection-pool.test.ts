// Proves that a pool holds no connection that has closed and says when it has none, so that the
// pools of origins nobody calls any more disappear, and that a pool that was closed keeps nothing.
// Gives every client `request`, which the product does without.
import "undici";
import { expect, it, onTestFinished } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { Connection } from "../../src/http/connection.ts";
import { ConnectionPool } from "../../src/http/connection-pool.ts";
import { Connector } from "../../src/http/connector.ts";
import { answering, rawUpstream, until } from "../support/http.ts";

interface Bench {
  readonly pool: ConnectionPool;
  readonly connector: Connector;
  readonly timesEmpty: () => number;
  /** Uses a connection once; `whole` is whether it is given back. */
  readonly use: (whole: boolean) => Promise<Connection>;
}

function bench(port: number): Bench {
  const connector = new Connector(defaultLimits, {});
  const origin = { secure: false, hostname: "127.0.0.1", port, allowPrivate: true };
  let empty = 0;
  const pool = new ConnectionPool(origin, defaultLimits, connector, () => {
    empty += 1;
  });
  onTestFinished(() => pool.close());
  const use = async (whole: boolean): Promise<Connection> => {
    const connection = await new Promise<Connection>((resolve) => {
      pool.acquire({ begin: resolve });
    });
    const response = await connection.client.request({ method: "GET", path: "/" });
    await response.body.dump();
    if (whole) pool.release(connection);
    else pool.discard(connection, new Error("not whole"));
    return connection;
  };
  return { pool, connector, timesEmpty: () => empty, use };
}

it("is empty once its last unused connection has closed", async () => {
  const upstream = await rawUpstream(answering("ok"));
  const { connector, timesEmpty, use } = bench(upstream.port);
  const connection = await use(true);
  expect(await use(true)).toBe(connection);
  expect(timesEmpty()).toBe(0);
  upstream.connections[0]?.halfClose();
  await until(() => connector.openSockets === 0);
  expect(timesEmpty()).toBe(1);
  expect(await use(true)).not.toBe(connection);
});

it("is empty once its last connection was thrown away", async () => {
  const upstream = await rawUpstream(answering("ok"));
  const { connector, timesEmpty, use } = bench(upstream.port);
  await use(false);
  expect(timesEmpty()).toBe(1);
  await until(() => connector.openSockets === 0);
});

it("keeps nothing that is given back after it was closed", async () => {
  const upstream = await rawUpstream(answering("ok"));
  const { pool, connector, timesEmpty, use } = bench(upstream.port);
  pool.close();
  await use(true);
  expect(timesEmpty()).toBe(1);
  await until(() => connector.openSockets === 0);
});
