import type { Clock } from "../contract/clock.ts";
import type { AnswerHead } from "./answer-head.ts";
import type { AnswerParser } from "./answer-parser.ts";
import type { Connection, ConnectionUser } from "./connection.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { contentDecoder, decodeContent } from "./content-encoding.ts";
import { type BodySource, ResponseBody } from "./response-body.ts";
import { errorCode, transportError } from "./transport-error.ts";

/** Time within which a used socket shows that the provider had closed it already, ms. */
const staleSocketMs = 1_000;

/** Status, headers and body of an answer; see HttpResponse. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What an exchange needs of its client. */
export interface ExchangeSurroundings {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  /** Bytes of a body that was encoded, decoded. */
  readonly decodedBytesMax: number;
}

/**
 * One request and its answer over one connection, or two: a used connection that turns out to be
 * closed before a byte of the answer came is replaced once, by a new one.
 */
export class Exchange implements ConnectionUser, BodySource {
  /** Settled with the answer's head, or with why there is none. */
  readonly answer: Promise<Answer>;
  readonly #request: string | Buffer;
  readonly #pool: ConnectionPool;
  readonly #signal: AbortSignal;
  readonly #surroundings: ExchangeSurroundings;
  readonly #settle: PromiseWithResolvers<Answer> = Promise.withResolvers<Answer>();
  #body: ResponseBody | undefined;
  #connection: Connection | undefined;
  #phase: "headers" | "body" | "over" = "headers";
  #keepAliveMs = 0;
  #answered = false;
  #sentMs = 0;

  /** `request` is what goes over the wire, text as Latin-1. */
  constructor(request: string | Buffer, signal: AbortSignal, surroundings: ExchangeSurroundings) {
    this.answer = this.#settle.promise;
    this.#request = request;
    this.#pool = surroundings.pool;
    this.#signal = signal;
    this.#surroundings = surroundings;
  }

  /** Sends the request. Call it once. */
  start(): void {
    this.#signal.addEventListener("abort", this);
    this.#pool.acquire(this);
  }

  /** The signal was aborted. */
  handleEvent(): void {
    this.abort(this.#signal.reason);
  }

  /** Closes the socket at once, unless the answer has come whole; who waits gets the reason. */
  abort(reason: unknown): void {
    if (this.#phase === "over") return;
    this.#finish();
    this.#giveUp();
    this.#settle.reject(reason);
    this.#body?.abort(reason);
  }

  begin(connection: Connection): void {
    this.#connection = connection;
    this.#sentMs = this.#surroundings.clock.now();
    connection.send(this.#request);
  }

  resume(): void {
    this.#connection?.resume();
  }

  leave(): void {
    if (this.#phase === "over") return;
    this.#finish();
    this.#giveUp();
  }

  take(parser: AnswerParser): boolean {
    const { head, piece, failure } = parser;
    this.#answered = true;
    if (head !== undefined) this.#begun(head);
    if (this.#phase === "over") return true;
    const isRoom = piece === undefined || this.#body?.add(piece) !== false;
    if (failure !== undefined) this.#fail(failure);
    else if (parser.over) this.#end(parser.extraBytes > 0);
    else {
      if (piece !== undefined) this.#body?.notify();
      return isRoom;
    }
    return true;
  }

  lose(error: Error): void {
    const connection = this.#connection;
    if (connection !== undefined && this.#isStale(connection, error)) {
      this.#pool.replace(connection, this);
    } else this.#fail(transportError(error, this.#phase === "body" ? "body" : "headers"));
  }

  #begun({ status, headers, keepAliveMs }: AnswerHead): void {
    this.#phase = "body";
    this.#keepAliveMs = keepAliveMs;
    const body = new ResponseBody(this);
    this.#body = body;
    const encoding = headers["content-encoding"];
    if (encoding === undefined) {
      this.#settle.resolve({ status, headers, body });
      return;
    }
    try {
      const decoder = contentDecoder(encoding);
      const { decodedBytesMax } = this.#surroundings;
      const decoded = decoder ? decodeContent(body, decoder, decodedBytesMax) : body;
      this.#settle.resolve({ status, headers, body: decoded });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The answer is whole. */
  #end(hasExtraBytes: boolean): void {
    const connection = this.#connection;
    this.#finish();
    this.#connection = undefined;
    if (connection !== undefined) {
      // A request that was answered early, and is still being written, blocks the next one.
      if (hasExtraBytes || !connection.isWritten) this.#pool.discard(connection);
      else this.#pool.release(connection, this.#keepAliveMs);
    }
    this.#body?.end();
  }

  /**
   * Whether the provider had closed the used socket before it saw the request. TCP does not tell
   * for sure; a provider that took the request up and died takes longer than a round trip to show
   * it.
   */
  #isStale(connection: Connection, error: Error): boolean {
    return (
      !this.#answered &&
      connection.answers > 0 &&
      this.#surroundings.clock.now() - this.#sentMs <= staleSocketMs &&
      ["ECONNRESET", "EPIPE", "EOF"].includes(errorCode(error))
    );
  }

  #fail(error: unknown): void {
    this.#finish();
    this.#giveUp();
    this.#settle.reject(error);
    this.#body?.fail(error);
  }

  #finish(): void {
    this.#phase = "over";
    this.#signal.removeEventListener("abort", this);
  }

  /** Gives the connection back unusable, or the wish for one up. */
  #giveUp(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) this.#pool.cancel(this);
    else this.#pool.discard(connection);
  }
}
