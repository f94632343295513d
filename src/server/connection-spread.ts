import type { Socket } from "node:net";

/** Accepted connections that no worker has taken yet. More are closed. */
const untakenMax = 1_024;

/** One who can serve connections. */
export interface Taker {
  /** Hands a connection over. It stays ours until it is said to be taken. */
  give(id: number, socket: Socket): void;
}

/** What a taker has. */
interface Seat {
  /** Connections it holds, those on their way to it included. */
  connections: number;
  readonly untaken: Map<number, Socket>;
}

/**
 * Spreads connections: each goes to the taker that has the fewest. One that is not taken, because
 * its taker refused it or died, goes to another; while there is no taker at all, it waits.
 */
export class ConnectionSpread {
  readonly #seats = new Map<Taker, Seat>();
  readonly #waiting: Socket[] = [];
  #untaken = 0;
  #lastId = 0;
  #isClosed = false;

  /** Connections that were accepted and not taken. */
  get untaken(): number {
    return this.#untaken;
  }

  /** A taker from now on, which gets what waits. */
  add(taker: Taker): void {
    this.#seats.set(taker, { connections: 0, untaken: new Map() });
    for (const socket of this.#waiting.splice(0)) this.#place(socket);
  }

  /** A taker no more. What it had taken is its own; the rest goes to others. */
  remove(taker: Taker): void {
    const seat = this.#seats.get(taker);
    this.#seats.delete(taker);
    for (const socket of seat?.untaken.values() ?? []) this.#place(socket);
  }

  /** A connection that was accepted, and of which nothing was read. */
  accept(socket: Socket): void {
    socket.on("error", ignore);
    if (this.#isClosed || this.#untaken >= untakenMax) {
      socket.destroy();
      return;
    }
    this.#untaken += 1;
    socket.once("close", () => {
      this.#untaken -= 1;
    });
    this.#place(socket);
  }

  /** Its taker has it: our hold on it ends, which its client does not notice. */
  taken(taker: Taker, id: number): void {
    const untaken = this.#seats.get(taker)?.untaken;
    untaken?.get(id)?.destroy();
    untaken?.delete(id);
  }

  /** Its taker does not want it. */
  refused(taker: Taker, id: number): void {
    const seat = this.#seats.get(taker);
    const socket = seat?.untaken.get(id);
    if (seat === undefined || socket === undefined) return;
    seat.untaken.delete(id);
    seat.connections -= 1;
    this.#place(socket);
  }

  /** A connection that a taker had is closed. */
  closed(taker: Taker): void {
    const seat = this.#seats.get(taker);
    if (seat !== undefined) seat.connections -= 1;
  }

  /** Closes what nobody has taken, and all that still comes. */
  close(): void {
    this.#isClosed = true;
    const seats = [...this.#seats.values()];
    for (const { untaken } of seats) for (const socket of untaken.values()) socket.destroy();
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  #place(socket: Socket): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    let fewest: [Taker, Seat] | undefined;
    for (const entry of this.#seats) {
      if (fewest === undefined || entry[1].connections < fewest[1].connections) fewest = entry;
    }
    if (fewest === undefined) {
      this.#waiting.push(socket);
      return;
    }
    const [taker, seat] = fewest;
    this.#lastId += 1;
    seat.connections += 1;
    seat.untaken.set(this.#lastId, socket);
    taker.give(this.#lastId, socket);
  }
}

/** What befalls a client's connection is told by its end. */
function ignore(): void {}
