import { type Clock, systemClock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { ConnectionPool } from "./connection-pool.ts";
import { Connector, type ConnectorOptions } from "./connector.ts";
import { contentDecoder, decodeContent } from "./content-encoding.ts";
import { Exchange } from "./exchange.ts";

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
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What takes requests to providers: HttpClient, or what stands in for it in a simulation. */
export interface ProviderHttp {
  /** Settles when the head of an answer is there, or with why none is; see HttpClient. */
  send(request: HttpRequest): Promise<HttpResponse>;
}

/**
 * HTTP/1.1 to providers: a pool of connections for each origin, the rule of egress at every
 * connect, no redirects, no proxy, and no time limit but the one to connect.
 */
export class HttpClient implements ProviderHttp {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #connector: Connector;
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #exchanges = new Set<Exchange>();
  #closed = false;

  /** The options are for tests and for private certificates. */
  constructor(limits: Limits, options: ConnectorOptions = {}) {
    this.#limits = limits;
    this.#clock = options.clock ?? systemClock;
    this.#connector = new Connector(limits, options);
  }

  /** Sockets that are open or being opened now. */
  get openSockets(): number {
    return this.#connector.openSockets;
  }

  /**
   * Sends a request, and returns when the headers of its answer are there. Throws EGRESS_FORBIDDEN,
   * PROVIDER_DNS_FAILED, PROVIDER_CONNECT_FAILED, PROVIDER_TLS_INVALID, PROVIDER_CONNECTION_LOST,
   * PROVIDER_MALFORMED_RESPONSE, INTERNAL_FAULT for a URL or header that cannot be sent,
   * SERVER_DRAINING once the client is closed, or the signal's reason. No message holds a URL, a
   * header or a body.
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal.throwIfAborted();
    if (this.#closed) throw draining();
    const url = parseURL(request.url);
    const pool = this.#pool(url, request.allowPrivate);
    const exchange = new Exchange(
      {
        method: request.method,
        path: url.pathname + url.search,
        headers: headerList(request.headers),
        body: request.body === "" ? null : request.body,
      },
      pool,
      request.signal,
      this.#clock,
      () => this.#exchanges.delete(exchange),
    );
    this.#exchanges.add(exchange);
    exchange.start();
    const { status, headers, body } = await exchange.answer;
    try {
      const decoder = contentDecoder(headers["content-encoding"]);
      if (decoder === undefined) return { status, headers, body };
      const bytesMax = this.#limits.providerResponseBytes;
      return { status, headers, body: decodeContent(body, decoder, bytesMax) };
    } catch (error) {
      exchange.leave();
      throw error;
    }
  }

  /** Closes every connection; requests in flight fail with SERVER_DRAINING. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const exchange of this.#exchanges) exchange.abort(draining());
    for (const pool of this.#pools.values()) pool.close();
    await this.#connector.allClosed();
  }

  #pool(url: URL, allowPrivate: boolean): ConnectionPool {
    const key = `${allowPrivate ? "private" : "public"} ${url.origin}`;
    const existing = this.#pools.get(key);
    if (existing !== undefined) return existing;
    const secure = url.protocol === "https:";
    const origin = {
      secure,
      hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port) || (secure ? 443 : 80),
      allowPrivate,
    };
    const pool = new ConnectionPool(origin, this.#limits, this.#connector, () => {
      this.#pools.delete(key);
    });
    this.#pools.set(key, pool);
    return pool;
  }
}

function parseURL(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== "") {
    throw new ConnectorError("INTERNAL_FAULT", "The provider's URL cannot be called.");
  }
  return url;
}

/** Names and values by turns, as undici takes them fastest. */
function headerList(headers: Readonly<Record<string, string>>): string[] {
  const list = ["accept-encoding", "identity"];
  for (const [name, value] of Object.entries(headers)) {
    if (name !== "accept-encoding") list.push(name, value);
  }
  return list;
}

function draining(): ConnectorError {
  return new ConnectorError("SERVER_DRAINING", "The server is shutting down.");
}
