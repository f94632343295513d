import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { Connector, type ConnectorOptions, type Origin } from "./connector.ts";
import { Exchange, type ExchangeSurroundings } from "./exchange.ts";
import { requestBytes, requestPrefix } from "./request-bytes.ts";

/** A request to a provider. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  /** Absolute, http or https. */
  readonly url: string;
  /** Lower-case names, credentials included. `accept-encoding` is always `identity`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: none. */
  readonly body: string;
  /** Aborting closes the socket at once; `send` or the body then fails with the signal's reason. */
  readonly signal: AbortSignal;
  /** Whether private addresses may be called. */
  readonly allowPrivate: boolean;
}

/** A provider's answer, of whatever status: redirects are answers too. */
export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; repeated ones joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The bytes, decoded if they were encoded; to be read once, to the end or until the loop is left,
   * which closes the socket. What is not read stops the provider. Throws PROVIDER_CONNECTION_LOST
   * for an early end, PROVIDER_MALFORMED_RESPONSE for broken HTTP, or the signal's reason.
   * `pulledBody` reads it without promises.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What takes requests to providers: HttpClient, or what stands in for it in a simulation. */
export interface ProviderHttp {
  /** Settles when the head of an answer is there, or with why none is; see HttpClient. */
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** URLs that are remembered with what they mean. */
const placesMax = 1024;

/** What a URL means. */
interface Place {
  /** By which the pools are told apart. */
  readonly poolKey: string;
  readonly origin: Origin;
  /** First lines of a POST and a GET. */
  readonly prefixes: Readonly<Record<HttpRequest["method"], string>>;
}

/**
 * HTTP/1.1 to providers: a pool of connections for each origin, the rule of egress at every
 * connect, no redirects, no proxy, and no time limit but the one to connect.
 */
export class HttpClient implements ProviderHttp {
  readonly #limits: Limits;
  readonly #connector: Connector;
  readonly #pools = new Map<string, ExchangeSurroundings>();
  /** For those who may call private addresses, and those who may not. */
  readonly #places: readonly [Map<string, Place>, Map<string, Place>] = [new Map(), new Map()];
  #closed = false;

  /** The options are for tests and for private certificates. */
  constructor(limits: Limits, options: ConnectorOptions = {}) {
    this.#limits = limits;
    this.#connector = new Connector(limits, options);
  }

  /** Sockets that are open or being opened now. */
  get openSockets(): number {
    return this.#connector.openSockets;
  }

  /**
   * Sends a request, and settles when the headers of its answer are there. Rejects with
   * EGRESS_FORBIDDEN, PROVIDER_DNS_FAILED, PROVIDER_CONNECT_FAILED, PROVIDER_TLS_INVALID,
   * PROVIDER_CONNECTION_LOST, PROVIDER_MALFORMED_RESPONSE, INTERNAL_FAULT for a URL or header that
   * cannot be sent, SERVER_DRAINING once the client is closed, or the signal's reason. No message
   * holds a URL, a header or a body.
   */
  send(request: HttpRequest): Promise<HttpResponse> {
    try {
      const { signal, headers, body } = request;
      signal.throwIfAborted();
      if (this.#closed) throw draining();
      const place = this.#place(request);
      const bytes = requestBytes(place.prefixes[request.method], headers, body);
      const exchange = new Exchange(bytes, signal, this.#surroundings(place));
      exchange.start();
      return exchange.answer;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Closes every connection; requests in flight fail with SERVER_DRAINING. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { pool } of [...this.#pools.values()]) pool.close(draining());
    await this.#connector.allClosed();
  }

  #place({ url, allowPrivate }: HttpRequest): Place {
    const places = this.#places[allowPrivate ? 0 : 1];
    const known = places.get(url);
    if (known !== undefined) return known;
    const place = placeOf(url, allowPrivate);
    const [oldest] = places.keys();
    if (oldest !== undefined && places.size >= placesMax) places.delete(oldest);
    places.set(url, place);
    return place;
  }

  #surroundings({ poolKey, origin }: Place): ExchangeSurroundings {
    const existing = this.#pools.get(poolKey);
    if (existing !== undefined) return existing;
    const surroundings = {
      pool: new ConnectionPool(origin, this.#limits, this.#connector, () => {
        this.#pools.delete(poolKey);
      }),
      clock: this.#connector.clock,
      decodedBytesMax: this.#limits.providerResponseBytes,
    };
    this.#pools.set(poolKey, surroundings);
    return surroundings;
  }
}

function placeOf(text: string, allowPrivate: boolean): Place {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== "") {
    throw new ConnectorError("INTERNAL_FAULT", "The provider's URL cannot be called.");
  }
  const secure = url.protocol === "https:";
  const path = url.pathname + url.search;
  return {
    poolKey: `${allowPrivate ? "private" : "public"} ${url.origin}`,
    origin: {
      secure,
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port) || (secure ? 443 : 80),
      allowPrivate,
    },
    prefixes: {
      POST: requestPrefix("POST", path, url.host),
      GET: requestPrefix("GET", path, url.host),
    },
  };
}

function draining(): ConnectorError {
  return new ConnectorError("SERVER_DRAINING", "The server is shutting down.");
}
