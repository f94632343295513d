import { once } from "node:events";
import {
  type AddressInfo,
  createServer,
  type Server,
  type ServerOpts,
  type Socket,
} from "node:net";
import { createServer as createTLSServer } from "node:tls";
import type { Clock } from "../contract/clock.ts";
import type { Limits } from "../contract/limits.ts";
import type { Connection, ConnectionServer, RequestHandler } from "./connection.ts";
import { createHTTP1Server } from "./http1-connection.ts";
import { createHTTP2Server } from "./http2-connection.ts";
import { sniffProtocol } from "./sniff-protocol.ts";
import type { SocketSource } from "./socket-source.ts";

/** What TLS needs; everything in PEM. */
export interface ListenTLS {
  /** Certificate of the server, with its chain. */
  readonly certificate: string | Buffer;
  readonly privateKey: string | Buffer;
  /**
   * Authorities for certificates of clients. Set: clients are asked for one. A client without one,
   * or with a bad one, is still heard, and `socket.authorized` tells its handler the truth.
   */
  readonly clientCA?: string | Buffer | undefined;
}

/** Where and how to listen. */
export interface ListenOptions {
  /** Address or name to bind to. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Unset: plaintext. */
  readonly tls?: ListenTLS | undefined;
  /** Who listens in its place and hands over what was accepted. Unset: nobody, it does so itself. */
  readonly source?: SocketSource | undefined;
  readonly limits: Limits;
  /** Serves requests of every protocol. */
  readonly handler: RequestHandler;
  /** Told of what is neither a caller's fault nor expected. Must not throw. */
  onFault(error: unknown): void;
  readonly clock: Clock;
}

/** A port that is open. */
export interface Listening {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Connections that are open. */
  readonly openSessions: number;
  /**
   * Accepts no more, refuses new calls and closes connections after their last call. Resolves when
   * all are closed, or after `graceMs`. May be called again, to wait again.
   */
  drain(graceMs: number): Promise<void>;
  /** Drops every connection. Resolves when all are closed. */
  close(): Promise<void>;
}

/**
 * Serves gRPC, gRPC-Web and Connect on one port: HTTP/1.1 and HTTP/2, told apart by the first bytes
 * in plaintext and by ALPN in TLS. Rejects with the system's error when it cannot listen.
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const listener = new Listener(options);
  await listener.start();
  return listener;
}

class Listener implements Listening {
  readonly #options: ListenOptions;
  readonly #front: Server;
  readonly #http1: ConnectionServer;
  readonly #http2: ConnectionServer;
  /** Every accepted socket; those below TLS, not those inside. */
  readonly #sockets = new Set<Socket>();
  /** Those in plaintext whose first bytes have not come. */
  readonly #undecided = new Set<Socket>();
  /** Those whose protocol is known. */
  readonly #connections = new Set<Connection>();
  #port = 0;
  #draining = false;
  #closed: Promise<unknown> = Promise.resolve();

  constructor(options: ListenOptions) {
    this.#options = options;
    this.#http1 = createHTTP1Server(options);
    this.#http2 = createHTTP2Server(options);
    this.#front = options.tls ? this.#createTLSFront(options.tls) : this.#createPlainFront();
    this.#front.maxConnections = options.limits.sessions;
    this.#front.on("connection", (socket: Socket) => this.#count(socket));
  }

  async start(): Promise<void> {
    const { host, port, source } = this.#options;
    if (source) {
      this.#closed = this.#whenClosed();
      this.#port = await source.open({ host, port }, (socket) => this.#adopt(socket));
      return;
    }
    this.#front.listen({ host, port });
    await once(this.#front, "listening");
    this.#front.on("error", (error) => this.#options.onFault(error));
    this.#closed = this.#whenClosed();
    this.#port = (this.#front.address() as AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { host, tls } = this.#options;
    const name = host.includes(":") ? `[${host}]` : host;
    return `${tls ? "https" : "http"}://${name}:${this.#port}`;
  }

  get openSessions(): number {
    return this.#sockets.size;
  }

  async drain(graceMs: number): Promise<void> {
    this.#stopAccepting();
    await this.#closedWithin(graceMs);
  }

  async close(): Promise<void> {
    this.#stopAccepting();
    for (const socket of this.#sockets) socket.destroy();
    await this.#closed;
  }

  #createPlainFront(): Server {
    const front = createServer(this.#socketOptions());
    front.on("connection", (socket) => {
      const { limits, clock } = this.#options;
      const timer = clock.schedule(limits.headersMs, () => socket.destroy());
      const settle = (): void => {
        timer.clear();
        this.#undecided.delete(socket);
      };
      this.#undecided.add(socket);
      socket.once("close", settle);
      sniffProtocol(socket, (protocol) => {
        settle();
        this.#serve(socket, protocol === "http2" ? this.#http2 : this.#http1);
      });
    });
    return front;
  }

  #createTLSFront(tls: ListenTLS): Server {
    const front = createTLSServer({
      ...this.#socketOptions(),
      cert: tls.certificate,
      key: tls.privateKey,
      ...(tls.clientCA && { ca: tls.clientCA, requestCert: true, rejectUnauthorized: false }),
      ALPNProtocols: ["h2", "http/1.1"],
      minVersion: "TLSv1.2",
      handshakeTimeout: this.#options.limits.headersMs,
    });
    front.on("secureConnection", (socket) => {
      socket.on("error", ignore);
      this.#serve(socket, socket.alpnProtocol === "h2" ? this.#http2 : this.#http1);
    });
    front.on("tlsClientError", (_error, socket) => socket.destroy());
    return front;
  }

  #socketOptions(): ServerOpts {
    const { keepAliveMs } = this.#options.limits;
    return { noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs };
  }

  /** What `front` does with a connection that it accepts itself. */
  #adopt(socket: Socket): void {
    const { limits } = this.#options;
    if (this.#draining || this.#sockets.size >= limits.sessions) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true).setKeepAlive(true, limits.keepAliveMs);
    this.#front.emit("connection", socket);
  }

  #count(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", ignore);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #serve(socket: Socket, server: ConnectionServer): void {
    if (this.#draining) {
      socket.destroy();
      return;
    }
    const connection = server.accept(socket);
    this.#connections.add(connection);
    socket.once("close", () => this.#connections.delete(connection));
  }

  #stopAccepting(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#options.source?.close();
    this.#front.close();
    for (const socket of this.#undecided) socket.destroy();
    for (const connection of this.#connections) connection.drain();
  }

  async #whenClosed(): Promise<void> {
    await once(this.#front, "close");
    for (const socket of this.#sockets) await once(socket, "close");
  }

  async #closedWithin(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#options.clock.schedule(delayMs, resolve);
    await Promise.race([this.#closed, promise]);
    timer.clear();
  }
}

/** Errors of a socket are its client's affair; its connection ends, and calls on it are aborted. */
function ignore(): void {}
