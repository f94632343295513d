import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Timer } from "../contract/clock.ts";
import {
  type Connection,
  type ConnectionContext,
  type ConnectionServer,
  handleRequest,
  lingerMs,
} from "./connection.ts";
import { discardRequest, keepAfterReading } from "./unread-request.ts";

/**
 * Serves HTTP/1.1 on sockets that others accepted.
 *
 * Node checks its own timeouts only for servers that listen themselves, so all of them are here.
 */
export function createHTTP1Server(context: ConnectionContext): ConnectionServer {
  const connections = new WeakMap<object, HTTP1Connection>();
  const server = createServer({
    maxHeaderSize: context.limits.headerBytes,
    requireHostHeader: true,
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: 0,
  });
  // Headers over a count would be left out without a word; too many are refused instead.
  server.maxHeadersCount = 0;
  server.on("request", (request, response) => {
    connections.get(request.socket)?.serve(request, response);
  });
  server.on("clientError", (error, socket) => connections.get(socket)?.fail(error));
  return {
    accept(socket) {
      const connection = new HTTP1Connection(socket, context);
      connections.set(socket, connection);
      server.emit("connection", socket);
      socket.resume();
      return connection;
    },
  };
}

class HTTP1Connection implements Connection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  /** Answers that are not complete; more than one when the client pipelines. */
  readonly #open = new Set<ServerResponse>();
  /** The request that was taken last. */
  #request: IncomingMessage | undefined;
  #timer: Timer | undefined;
  #draining = false;
  /** Nothing more is answered. */
  #ended = false;

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#timer = context.clock.schedule(context.limits.headersMs, () => this.#endWaiting());
    socket.once("close", () => this.#timer?.clear());
    // Node calls this after an answer that closes the connection, and destroys the socket in it.
    socket.destroySoon = () => {
      this.#end();
      // Otherwise when the rest of the request was read.
      if (this.#request?.complete !== false) this.#destroyAfterLinger();
    };
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const { limits } = this.#context;
    this.#timer?.clear();
    if (this.#ended) return;
    if (this.#draining) {
      refuse(response, 503, { "retry-after": "0", "grpc-retry-pushback-ms": "0" });
      return;
    }
    if (request.rawHeaders.length > 2 * limits.headerPairs) {
      refuse(response, 431);
      return;
    }
    if (this.#open.size >= limits.concurrentStreams) {
      refuse(response, 503);
      return;
    }
    this.#request = request;
    this.#open.add(response);
    this.#announceClose(request, response);
    this.#boundBody(request, response);
    keepAfterReading(request);
    handleRequest(this.#context, request, response);
  }

  /** The client sent what is not HTTP/1.1, or went away. */
  fail(error: NodeJS.ErrnoException): void {
    if (error.code === "HPE_HEADER_OVERFLOW") this.#answer(431);
    else if (error.code?.startsWith("HPE_")) this.#answer(400);
    else this.#socket.destroy();
  }

  drain(): void {
    this.#draining = true;
    if (this.#open.size === 0) this.#close();
  }

  /**
   * Adds `connection: close` to an answer that comes before its request is whole, so that the
   * client stops sending and takes another connection (RFC 9112, section 9.3), and to all while
   * draining.
   */
  #announceClose(request: IncomingMessage, response: ServerResponse): void {
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
    const announce = (...args: unknown[]): ServerResponse => {
      const isPartial = hasBody(request) && !request.complete;
      if (this.#draining || isPartial) response.setHeader("connection", "close");
      return writeHead(...args);
    };
    response.writeHead = announce as typeof response.writeHead;
  }

  /** Sees to it that the request is read to its end, or the connection dropped. */
  #boundBody(request: IncomingMessage, response: ServerResponse): void {
    const { limits, clock } = this.#context;
    const timer = clock.schedule(limits.requestMs, () => {
      if (!request.complete) this.#answer(408);
    });
    response.once("close", () => {
      this.#open.delete(response);
      const proceed = (): void => {
        timer.clear();
        this.#answered();
      };
      if (request.complete || this.#socket.destroyed) proceed();
      else discardRequest(request, 4 * limits.requestBytes, proceed, () => this.#socket.destroy());
    });
  }

  #answered(): void {
    if (this.#ended) this.#destroyAfterLinger();
    else if (this.#open.size > 0) return;
    else if (this.#draining) this.#close();
    else this.#awaitNext(this.#socket.bytesRead, this.#context.clock.now());
  }

  /** Waits for the next request; one that has begun must have sent its headers in time. */
  #awaitNext(bytesRead: number, idleSinceMs: number): void {
    const { limits, clock } = this.#context;
    this.#timer?.clear();
    this.#timer = clock.schedule(limits.headersMs, () => {
      if (this.#socket.bytesRead !== bytesRead) {
        this.#timer = clock.schedule(limits.headersMs, () => this.#answer(408));
      } else if (clock.now() - idleSinceMs >= limits.sessionIdleMs) {
        this.#close();
      } else {
        this.#awaitNext(bytesRead, idleSinceMs);
      }
    });
  }

  #endWaiting(): void {
    if (this.#socket.bytesRead > 0) this.#answer(408);
    else this.#socket.destroy();
  }

  /** A last word outside of any answer, if none has begun. */
  #answer(status: number): void {
    if (this.#ended || [...this.#open].some((response) => response.headersSent)) {
      this.#socket.destroy();
      return;
    }
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
    this.#socket.write(`${head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    this.#close();
  }

  /** Ends the connection after what was written. */
  #close(): void {
    this.#end();
    this.#destroyAfterLinger();
  }

  /**
   * Ends our side only: a socket closed with unread bytes in it is reset, and what was sent lost.
   */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#timer?.clear();
    this.#socket.end();
    this.#socket.resume();
  }

  #destroyAfterLinger(): void {
    const timer = this.#context.clock.schedule(lingerMs, () => this.#socket.destroy());
    this.#socket.once("close", () => timer.clear());
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return "content-length" in headers || "transfer-encoding" in headers;
}

function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, connection: "close" });
  response.end();
}
