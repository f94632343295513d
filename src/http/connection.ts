import type { Socket } from "node:net";
import type { Limits } from "../contract/limits.ts";
import { AnswerParser } from "./answer-parser.ts";
import type { Connector, Origin } from "./connector.ts";

/** Who has a connection and waits for an answer. */
export interface ConnectionUser {
  /** Gets the connection, to be given back with `release` or `discard`. */
  begin(connection: Connection): void;
  /**
   * The parser has something new. Returns whether more is to be read now; `Connection.resume` asks
   * for it later.
   */
  take(parser: AnswerParser): boolean;
  /** The connection broke, or did not come about. */
  lose(error: Error): void;
  /** The request is not to be carried on. */
  abort(reason: unknown): void;
}

/**
 * Every socket reads into the same memory: what is read is parsed and copied before the next read.
 */
const readBytes = 64 * 1024;
const readBuffer = Buffer.allocUnsafeSlow(readBytes);

/** The provider ended the connection in order, but not the answer. */
class EndOfConnection extends Error {
  readonly code = "EOF";
}

/** One connection to a provider, used by one request at a time. */
export class Connection {
  /** Who has it; the pool's to set. */
  user: ConnectionUser | undefined;
  /** Whole answers it has brought; more than 0 means that its socket is a used one. */
  answers = 0;
  /** When it is too old to be used again, by the pool's clock. */
  idleUntilMs = 0;
  readonly #parser: AnswerParser;
  readonly #onClosed: (connection: Connection) => void;
  readonly #socket: Socket | undefined;
  #ready = false;
  #request: string | Buffer | undefined;
  #awaiting = false;

  /** `onClosed` is called when it has closed by itself while nobody had it. */
  constructor(
    origin: Origin,
    limits: Limits,
    connector: Connector,
    onClosed: (connection: Connection) => void,
  ) {
    this.#parser = new AnswerParser(limits.providerHeaderBytes);
    this.#onClosed = onClosed;
    try {
      const socket = connector.connect(origin, (error) => this.#connected(error), {
        buffer: readBuffer,
        callback: (length) => this.#read(length),
      });
      socket.on("error", (error) => this.#lost(error));
      socket.on("end", () => this.#ended());
      this.#socket = socket;
    } catch (error) {
      // Its user is not ready to be told within this very call.
      queueMicrotask(() => this.#lost(error as Error));
    }
  }

  /** Whether the last request has been handed to the system as a whole. */
  get isWritten(): boolean {
    return this.#socket?.writableLength === 0;
  }

  /** Sends a request as soon as the socket is ready, text as Latin-1. Its user gets the answer. */
  send(request: string | Buffer): void {
    this.#parser.reset();
    this.#awaiting = true;
    if (this.#ready) this.#write(request);
    else this.#request = request;
  }

  /** Reads on after a `take` that said no. */
  resume(): void {
    this.#socket?.resume();
  }

  /** Closes the socket at once, whatever it is doing. Nobody is told. */
  destroy(): void {
    this.#awaiting = false;
    this.user = undefined;
    this.#socket?.destroy();
  }

  #write(request: string | Buffer): void {
    if (typeof request === "string") this.#socket?.write(request, "latin1");
    else this.#socket?.write(request);
  }

  #connected(error: Error | undefined): void {
    if (error !== undefined) {
      this.#lost(error);
      return;
    }
    this.#ready = true;
    if (this.#request !== undefined) this.#write(this.#request);
    this.#request = undefined;
  }

  #read(length: number): boolean {
    const user = this.user;
    if (user === undefined || !this.#awaiting) {
      // Nobody asked for this.
      this.#closedUnused();
      return false;
    }
    this.#parser.push(readBuffer, length);
    return this.#handOver(user);
  }

  #ended(): void {
    // Before it is ready, an error follows that says more.
    if (!this.#ready) return;
    const user = this.user;
    if (user === undefined || !this.#awaiting) this.#closedUnused();
    else if (this.#parser.end()) this.#handOver(user);
    else this.#lost(new EndOfConnection());
  }

  #handOver(user: ConnectionUser): boolean {
    this.#awaiting = !this.#parser.over && this.#parser.failure === undefined;
    return user.take(this.#parser);
  }

  #lost(error: Error): void {
    const user = this.user;
    if (user === undefined) this.#closedUnused();
    else if (this.#awaiting) {
      this.#awaiting = false;
      user.lose(error);
    }
  }

  #closedUnused(): void {
    this.destroy();
    this.#onClosed(this);
  }
}
