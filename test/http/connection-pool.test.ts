// Proves that a pool holds no connection that has closed and says when it has none, so that the
// pools of origins nobody calls any more disappear, and that a pool that was closed keeps nothing.
import { expect, it, onTestFinished } from "vitest";
import { defaultLimits } from "../../src/contract/limits.ts";
import type { AnswerParser } from "../../src/http/answer-parser.ts";
import type { Connection, ConnectionUser } from "../../src/http/connection.ts";
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

/** Sends one request, and keeps the connection until it is taken from it. */
class OneRequest implements ConnectionUser {
  readonly #answered = Promise.withResolvers<Connection>();
  /** Resolves when the answer is whole. */
  readonly answered: Promise<Connection> = this.#answered.promise;
  #connection: Connection | undefined;

  begin(connection: Connection): void {
    this.#connection = connection;
    connection.send("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  }

  take(parser: AnswerParser): boolean {
    if (parser.over && this.#connection !== undefined) this.#answered.resolve(this.#connection);
    return true;
  }

  lose(error: Error): void {
    this.#answered.reject(error);
  }

  abort(reason: unknown): void {
    this.#answered.reject(reason);
  }
}

function bench(port: number): Bench {
  const connector = new Connector(defaultLimits, {});
  const origin = { secure: false, hostname: "127.0.0.1", port, allowPrivate: true };
  let empty = 0;
  const pool = new ConnectionPool(origin, defaultLimits, connector, () => {
    empty += 1;
  });
  onTestFinished(() => pool.close(new Error("over")));
  const use = async (whole: boolean): Promise<Connection> => {
    const request = new OneRequest();
    pool.acquire(request);
    const connection = await request.answered;
    if (whole) pool.release(connection, Number.POSITIVE_INFINITY);
    else pool.discard(connection);
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
  pool.close(new Error("closed"));
  await use(true);
  expect(timesEmpty()).toBe(1);
  await until(() => connector.openSockets === 0);
});
