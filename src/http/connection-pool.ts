import type { Limits } from "../contract/limits.ts";
import { Connection } from "./connection.ts";
import type { Connector, Origin } from "./connector.ts";

/** Who wants a connection. */
export interface ConnectionUser {
  /** Gets the connection, to be given back with `release` or `discard`. */
  begin(connection: Connection): void;
}

/**
 * The connections to one origin. The one used last is used next, so that the others may grow old
 * and close; when all are busy and no more are allowed, users wait in order.
 */
export class ConnectionPool {
  readonly #origin: Origin;
  readonly #limits: Limits;
  readonly #connector: Connector;
  readonly #onEmpty: () => void;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<ConnectionUser>();
  #closed = false;

  /** `onEmpty` is called whenever the pool has neither connections nor users any more. */
  constructor(origin: Origin, limits: Limits, connector: Connector, onEmpty: () => void) {
    this.#origin = origin;
    this.#limits = limits;
    this.#connector = connector;
    this.#onEmpty = onEmpty;
  }

  /** Finds a connection for a user, now or later. */
  acquire(user: ConnectionUser): void {
    const idle = this.#idle.pop();
    if (idle !== undefined) this.#lend(idle, user);
    else if (this.#all.size < this.#limits.providerConnections) this.#lend(this.#open(), user);
    else this.#waiting.add(user);
  }

  /** Takes a user off the queue. */
  cancel(user: ConnectionUser): void {
    this.#waiting.delete(user);
  }

  /**
   * Takes a connection back whose answer is whole, to be used again. If its socket is about to
   * close, it goes with it, or opens a new one for its next user.
   */
  release(connection: Connection): void {
    if (this.#closed) {
      this.discard(connection, new Error("The connection is not needed any more."));
      return;
    }
    connection.inUse = false;
    connection.answers += 1;
    const [next] = this.#waiting;
    if (next === undefined) this.#idle.push(connection);
    else {
      this.#waiting.delete(next);
      this.#lend(connection, next);
    }
  }

  /** Closes a connection at once: its answer is not whole, or not wanted. */
  discard(connection: Connection, reason: Error): void {
    connection.inUse = false;
    connection.destroy(reason);
    this.#remove(connection);
  }

  /** Closes a connection that proved useless, and gives its user a new one. */
  replace(connection: Connection, user: ConnectionUser, reason: Error): void {
    connection.inUse = false;
    connection.destroy(reason);
    this.#all.delete(connection);
    this.#lend(this.#open(), user);
  }

  /** Closes the connections that no user has, and from now on each that is given back. */
  close(): void {
    this.#closed = true;
    for (const idle of [...this.#idle]) this.discard(idle, new Error("The client is closed."));
  }

  #open(): Connection {
    const connection: Connection = new Connection(
      this.#origin,
      this.#limits,
      this.#connector,
      () => {
        // One in use fails its user, or opens a new socket for it.
        if (!connection.inUse) this.#remove(connection);
      },
    );
    this.#all.add(connection);
    return connection;
  }

  #lend(connection: Connection, user: ConnectionUser): void {
    connection.inUse = true;
    user.begin(connection);
  }

  #remove(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const index = this.#idle.indexOf(connection);
    if (index !== -1) this.#idle.splice(index, 1);
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#lend(this.#open(), next);
    } else if (this.#all.size === 0) this.#onEmpty();
  }
}
