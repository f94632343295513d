import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { buildConnector, Client as UndiciClient } from "undici";
import type { Limits } from "../contract/limits.ts";
import type { Connector, Origin } from "./connector.ts";

// The whole of undici is 250 modules (fetch, caches, mocks, …), a quarter of the time a start
// takes.
const require = createRequire(import.meta.url);
const Client = require("undici/lib/dispatcher/client.js") as typeof UndiciClient;

/** Time before the provider's own announced end of an unused connection at which ours ends, ms. */
const keepAliveMarginMs = 1_000;

/**
 * One connection to a provider, used by one request at a time: an undici client, and the socket it
 * has now. The client may open a new socket if the old one closed just as a request was handed to
 * it.
 */
export class Connection {
  /** Sends the requests. */
  readonly client: UndiciClient;
  /** Whether a request is in its hands; the pool's to set. */
  inUse = false;
  /** Whole answers its socket has brought; more than 0 means a request goes over a used socket. */
  answers = 0;
  readonly #connector: Connector;
  readonly #origin: Origin;
  readonly #onClosed: () => void;
  #socket: Socket | undefined;

  /** `onClosed` is called when the socket has closed, for whatever reason. */
  constructor(origin: Origin, limits: Limits, connector: Connector, onClosed: () => void) {
    this.#origin = origin;
    this.#connector = connector;
    this.#onClosed = onClosed;
    this.client = new Client(urlOf(origin), {
      connect: (_options, callback) => this.#connect(callback),
      allowH2: false,
      pipelining: 1,
      maxHeaderSize: limits.providerHeaderBytes,
      // Deadlines, gaps and sizes are judged by those who know the call.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: -1,
      keepAliveTimeout: limits.providerKeepAliveMs,
      keepAliveMaxTimeout: limits.providerKeepAliveMs,
      keepAliveTimeoutThreshold: keepAliveMarginMs,
    });
  }

  /** Closes the socket at once, whatever it is doing, and fails the request it may have. */
  destroy(error: Error): void {
    this.client.destroy(error, () => undefined);
    this.#socket?.destroy();
  }

  #connect(callback: buildConnector.Callback): void {
    const socket = this.#connector.connect(this.#origin, (error) => {
      if (error === undefined) callback(null, socket);
      else callback(error, null);
    });
    this.#socket = socket;
    this.answers = 0;
    socket.once("close", this.#onClosed);
  }
}

function urlOf(origin: Origin): string {
  const host = origin.hostname.includes(":") ? `[${origin.hostname}]` : origin.hostname;
  return `${origin.secure ? "https" : "http"}://${host}:${origin.port}`;
}
