import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { connectNodeAdapter } from "@connectrpc/connect-node";
import type { Clock } from "../contract/clock.ts";
import type { Limits } from "../contract/limits.ts";

/** Serves streams of HTTP/2 before anything is made of them. */
export interface StreamTaker {
  /** Serves a stream and returns true, or returns false, having done nothing. */
  take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean;
}

type NodeHandler = ReturnType<typeof connectNodeAdapter>;

/** Serves one request; what `connectNodeAdapter` returns. */
export interface RequestHandler {
  (...args: Parameters<NodeHandler>): void;
  /** Is asked first for every stream of HTTP/2. Unset: the handler serves them all. */
  readonly fastLane?: StreamTaker | undefined;
}

/** What every connection of a listener shares. */
export interface ConnectionContext {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly handler: RequestHandler;
  /** Told of what is neither a caller's fault nor expected. Must not throw. */
  onFault(error: unknown): void;
}

/** One socket, once it is known which protocol it speaks. */
export interface Connection {
  /** Takes no new call, tells the client so, and closes after the last call. */
  drain(): void;
}

/** One version of HTTP: turns accepted sockets into connections. */
export interface ConnectionServer {
  accept(socket: Socket): Connection;
}

/**
 * Time a connection that was ended has to close by itself, ms: what was written last needs a
 * moment to arrive, and a peer that reads nothing would keep the socket for ever.
 */
export const lingerMs = 1_000;

/** Hands a request to the handler. Whatever the handler throws at once is answered. */
export function handleRequest(
  context: ConnectionContext,
  request: Parameters<RequestHandler>[0],
  response: Parameters<RequestHandler>[1],
): void {
  try {
    context.handler(request, response);
  } catch (error) {
    // The adapter throws where host and path make no URL: that is the caller's doing.
    const host = "authority" in request ? request.authority : request.headers.host;
    const isValid = !!host && URL.canParse(request.url ?? "", `http://${host}`);
    if (isValid) context.onFault(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.writeHead(isValid ? 500 : 400);
    response.end();
  }
}
