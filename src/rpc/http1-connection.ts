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
  #timer: Timer | undefined;
  #draining = false;
  /** Nothing more is read or answered. */
  #ended = false;

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    this.#timer = context.clock.schedule(context.limits.headersMs, () => this.#endWaiting());
    socket.once("close", () => this.#timer?.clear());
    // Node calls this after an answer that closes the connection.
    socket.destroySoon = () => this.#end();
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
    this.#open.add(response);
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
    if (this.#draining) return;
    this.#draining = true;
    for (const response of this.#open) {
      if (!response.headersSent) response.setHeader("connection", "close");
    }
    if (this.#open.size === 0) this.#end();
  }

  #boundBody(request: IncomingMessage, response: ServerResponse): void {
    const { limits, clock } = this.#context;
    const timer = clock.schedule(limits.requestMs, () => {
      if (!request.complete) this.#answer(408);
    });
    response.once("close", () => {
      this.#open.delete(response);
      if (this.#socket.destroyed) timer.clear();
      const proceed = (): void => {
        timer.clear();
        this.#answered();
      };
      if (request.complete) proceed();
      else discardRequest(request, limits.requestBytes, proceed, () => this.#socket.destroy());
    });
  }

  #answered(): void {
    if (this.#open.size > 0 || this.#ended) return;
    if (this.#draining) this.#end();
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
        this.#end();
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
    if (this.#ended) return;
    if ([...this.#open].some((response) => response.headersSent)) {
      this.#socket.destroy();
      return;
    }
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}`;
    this.#socket.write(`${head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    this.#end();
  }

  /**
   * Ends the connection so that the last answer arrives: closing a socket with unread bytes in it
   * resets it, and the client never sees what was sent before.
   */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.end();
    const timer = this.#context.clock.schedule(lingerMs, () => this.#socket.destroy());
    this.#socket.once("close", () => timer.clear());
    this.#socket.resume();
  }
}

function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...headers, connection: "close" });
  response.end();
}
