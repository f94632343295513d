import type { Timer } from "../contract/clock.ts";
import type { Limits } from "../contract/limits.ts";
import { Connection, type ConnectionUser } from "./connection.ts";
import type { Connector, Origin } from "./connector.ts";

/** Time before the provider's own announced end of an unused connection at which ours ends, ms. */
const keepAliveMarginMs = 1_000;

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
  /** One for all unused connections: set to the instant when the first of them is too old. */
  #timer: Timer | undefined;
  #timerMs = Number.POSITIVE_INFINITY;

  /** `onEmpty` is called whenever the pool has neither connections nor users any more. */
  constructor(origin: Origin, limits: Limits, connector: Connector, onEmpty: () => void) {
    this.#origin = origin;
    this.#limits = limits;
    this.#connector = connector;
    this.#onEmpty = onEmpty;
  }

  /** Finds a connection for a user, now or later. */
  acquire(user: ConnectionUser): void {
    const nowMs = this.#connector.clock.now();
    for (;;) {
      const idle = this.#idle.pop();
      if (idle === undefined) break;
      if (idle.idleUntilMs > nowMs) {
        this.#lend(idle, user);
        return;
      }
      // The timer was late.
      idle.destroy();
      this.#all.delete(idle);
    }
    if (this.#all.size < this.#limits.providerConnections) this.#lend(this.#open(), user);
    else this.#waiting.add(user);
  }

  /** Takes a user off the queue. */
  cancel(user: ConnectionUser): void {
    this.#waiting.delete(user);
  }

  /**
   * Takes a connection back whose answer is whole, to be used again within `keepAliveMs`, which is
   * what the provider said: Infinity for nothing, 0 for never.
   */
  release(connection: Connection, keepAliveMs: number): void {
    const idleMs = Math.min(keepAliveMs - keepAliveMarginMs, this.#limits.providerKeepAliveMs);
    if (this.#closed || idleMs <= 0) {
      this.discard(connection);
      return;
    }
    connection.user = undefined;
    connection.answers += 1;
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#lend(connection, next);
      return;
    }
    connection.idleUntilMs = this.#connector.clock.now() + idleMs;
    this.#idle.push(connection);
    if (connection.idleUntilMs < this.#timerMs) this.#wakeAt(connection.idleUntilMs);
  }

  /** Closes a connection at once: its answer is not whole, or not wanted. */
  discard(connection: Connection): void {
    connection.destroy();
    this.#remove(connection);
  }

  /** Closes a connection that proved useless, and gives its user a new one. */
  replace(connection: Connection, user: ConnectionUser): void {
    connection.destroy();
    this.#all.delete(connection);
    this.#lend(this.#open(), user);
  }

  /**
   * Aborts all users, closes the connections that none has, and from now on each that is given
   * back.
   */
  close(reason: unknown): void {
    this.#closed = true;
    for (const user of [...this.#waiting]) user.abort(reason);
    for (const connection of [...this.#all]) {
      if (connection.user === undefined) this.discard(connection);
      else connection.user.abort(reason);
    }
  }

  #open(): Connection {
    const connection = new Connection(this.#origin, this.#limits, this.#connector, (closed) => {
      this.#remove(closed);
    });
    this.#all.add(connection);
    return connection;
  }

  #lend(connection: Connection, user: ConnectionUser): void {
    connection.user = user;
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
    } else if (this.#all.size === 0) {
      this.#timer?.clear();
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#onEmpty();
    }
  }

  #wakeAt(instantMs: number): void {
    this.#timer?.clear();
    this.#timerMs = instantMs;
    const { clock } = this.#connector;
    this.#timer = clock.schedule(instantMs - clock.now(), () => this.#closeOld());
  }

  #closeOld(): void {
    const nowMs = this.#connector.clock.now();
    let nextMs = Number.POSITIVE_INFINITY;
    this.#timerMs = nextMs;
    for (const idle of [...this.#idle]) {
      if (idle.idleUntilMs <= nowMs) this.discard(idle);
      else nextMs = Math.min(nextMs, idle.idleUntilMs);
    }
    if (nextMs < this.#timerMs) this.#wakeAt(nextMs);
  }
}
