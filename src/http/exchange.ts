import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Clock } from "../contract/clock.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionPool, ConnectionUser } from "./connection-pool.ts";
import { type BodySource, ResponseBody } from "./response-body.ts";
import { errorCode, malformedResponse, transportError } from "./transport-error.ts";

/** Informational (1xx) answers that may come before the real one. */
const informationalMax = 16;
/** Time within which a used socket shows that the provider had closed it already, ms. */
const staleSocketMs = 1_000;

/** Status, headers and body of an answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

/**
 * One request and its answer over one connection, or two: a used connection that turns out to be
 * closed before a byte of the answer came is replaced once, by a new one.
 */
export class Exchange implements Dispatcher.DispatchHandler, ConnectionUser, BodySource {
  /** Settled with the answer's head, or with why there is none. */
  readonly answer: Promise<Answer>;
  readonly #request: Dispatcher.DispatchOptions;
  readonly #pool: ConnectionPool;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #onOver: () => void;
  readonly #body: ResponseBody = new ResponseBody(this);
  readonly #settle: PromiseWithResolvers<Answer> = Promise.withResolvers<Answer>();
  readonly #onAbort = (): void => this.abort(this.#signal.reason);
  #connection: Connection | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: "headers" | "body" | "over" = "headers";
  #informational = 0;
  #answered = false;
  /** The reader is told once of all chunks of one read of the socket, when that is over. */
  readonly #tell = (): void => {
    this.#isTelling = false;
    if (this.#phase === "body") this.#body.notify();
  };
  #isTelling = false;
  #sentMs = 0;

  /** `onOver` is called once, when the exchange needs no connection any more. */
  constructor(
    request: Dispatcher.DispatchOptions,
    pool: ConnectionPool,
    signal: AbortSignal,
    clock: Clock,
    onOver: () => void,
  ) {
    this.answer = this.#settle.promise;
    this.#request = request;
    this.#pool = pool;
    this.#signal = signal;
    this.#clock = clock;
    this.#onOver = onOver;
  }

  /** Sends the request. Call it once. */
  start(): void {
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#pool.acquire(this);
  }

  /** Closes the socket at once, unless the answer has come whole; who waits gets the reason. */
  abort(reason: unknown): void {
    if (this.#phase === "over") return;
    this.#finish();
    this.#settle.reject(reason);
    this.#body.abort(reason);
    this.#giveUp();
  }

  begin(connection: Connection): void {
    this.#connection = connection;
    connection.client.dispatch(this.#request, this);
  }

  resume(): void {
    this.#controller?.resume();
  }

  leave(): void {
    if (this.#phase === "over") return;
    this.#finish();
    this.#giveUp();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentMs = this.#clock.now();
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200) {
      this.#informational += 1;
      if (this.#informational > informationalMax) {
        this.#fail(malformedResponse("headers", "it is preceded by too many informational ones"));
      }
      return;
    }
    this.#phase = "body";
    this.#settle.resolve({ status, headers: joinHeaders(headers), body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#body.add(chunk)) controller.pause();
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(this.#tell);
  }

  onResponseEnd(): void {
    const connection = this.#connection;
    this.#finish();
    this.#body.end();
    // The client is busy with this answer until it returns; only then is the socket's fate known.
    if (connection !== undefined) queueMicrotask(() => this.#pool.release(connection));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#phase === "over") return;
    const connection = this.#connection;
    if (connection !== undefined && this.#isStale(connection, error)) {
      this.#pool.replace(connection, this, error);
    } else this.#fail(transportError(error, this.#phase));
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
      this.#clock.now() - this.#sentMs <= staleSocketMs &&
      ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(errorCode(error))
    );
  }

  #fail(error: Error): void {
    this.#finish();
    this.#settle.reject(error);
    this.#body.fail(error);
    this.#giveUp();
  }

  #finish(): void {
    this.#phase = "over";
    this.#controller = undefined;
    this.#onOver();
    this.#signal.removeEventListener("abort", this.#onAbort);
  }

  /** Gives the connection back unusable, or the wish for one up. */
  #giveUp(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) this.#pool.cancel(this);
    else this.#pool.discard(connection, new Error("The exchange is over."));
  }
}

/** Joins the values of repeated headers, in the object the client made for this answer. */
function joinHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const joined: Record<string, string | string[] | undefined> = headers;
  for (const name of Object.keys(joined)) {
    const value = joined[name];
    if (typeof value === "object") joined[name] = value.join(", ");
  }
  return joined as Record<string, string>;
}
