import {
  constants,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { Socket } from "node:net";
import type { Timer } from "../contract/clock.ts";
import type { Limits } from "../contract/limits.ts";
import {
  type Connection,
  type ConnectionContext,
  type ConnectionServer,
  handleRequest,
  lingerMs,
  type StreamTaker,
} from "./connection.ts";
import { HTTP2Guard } from "./http2-guard.ts";
import { endUnreadStream, keepAfterReading } from "./unread-request.ts";

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = constants;

/** Serves HTTP/2 on sockets that others accepted. */
export function createHTTP2Server(context: ConnectionContext): ConnectionServer {
  const connections = new WeakMap<object, HTTP2Connection>();
  let newest: ServerHttp2Session | undefined;
  const server = createServer(serverOptions(context.limits));
  server.on("session", (session) => {
    newest = session;
  });
  server.on("request", (request, response) => {
    // A stream that was reset before its turn has no session any more, and nobody to answer.
    const { session } = request.stream;
    if (session) connections.get(session)?.serve(request, response);
  });
  takeFastLane(server, context.handler.fastLane);
  // A broken session is its client's affair: its calls are aborted, and nobody else is touched.
  server.on("sessionError", () => {});
  return {
    accept(socket) {
      // The session is made, and its event emitted, before `emit` returns.
      server.emit("connection", socket);
      const session = newest;
      newest = undefined;
      if (!session) throw new Error("no HTTP/2 session was made for an accepted socket");
      const connection = new HTTP2Connection(session, socket, context);
      connections.set(session, connection);
      return connection;
    },
  };
}

function serverOptions(limits: Limits): ServerOptions {
  return {
    maxHeaderListPairs: limits.headerPairs,
    maxSessionMemory: limits.sessionMemoryMebibytes,
    maxSettings: 32,
    maxOutstandingPings: 4,
    maxSessionInvalidFrames: 1_000,
    // The guard counts resets too and ends the session calmly. These are the fence behind it, far
    // enough away: Node reads 2 MiB before the guard's turn comes.
    maxSessionRejectedStreams: limits.resetsPer10s * 100,
    streamResetBurst: limits.resetsPer10s * 100,
    streamResetRate: limits.resetsPer10s,
    settings: {
      enablePush: false,
      initialWindowSize: limits.streamWindowBytes,
      maxConcurrentStreams: limits.concurrentStreams,
      maxHeaderListSize: limits.headerBytes,
    },
  };
}

/** Puts the lane before what Node makes requests and responses of streams with. */
function takeFastLane(server: Http2Server, lane: StreamTaker | undefined): void {
  if (lane === undefined) return;
  const [toRequest] = server.listeners("stream");
  if (toRequest === undefined) throw new Error("Node's server has no listener for streams");
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers, ...rest) => {
    if (!lane.take(stream, headers)) toRequest.call(server, stream, headers, ...rest);
  });
}

class HTTP2Connection implements Connection {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  #openStreams = 0;
  #idleSinceMs: number;
  #draining = false;
  #nextCheck: Timer | undefined;
  #probe: Timer | undefined;

  constructor(session: ServerHttp2Session, socket: Socket, context: ConnectionContext) {
    const { limits, clock } = context;
    this.#session = session;
    this.#socket = socket;
    this.#context = context;
    this.#idleSinceMs = clock.now();
    const guard = new HTTP2Guard(session, socket, limits, clock);
    session.on("stream", (stream) => this.#track(stream, guard));
    session.setLocalWindowSize(limits.sessionWindowBytes);
    socket.once("close", () => {
      this.#nextCheck?.clear();
      this.#probe?.clear();
    });
    this.#scheduleCheck();
  }

  serve(request: Http2ServerRequest, response: Http2ServerResponse): void {
    const { limits, clock } = this.#context;
    const { stream } = request;
    if (stream.closed) return;
    const bodyTimer = clock.schedule(limits.requestMs, () => {
      // A stream whose answer has begun is a conversation: its pace is its handler's affair.
      const isWaiting = !stream.headersSent && !stream.closed && stream.state.remoteClose !== 1;
      if (isWaiting) stream.close(NGHTTP2_ENHANCE_YOUR_CALM);
    });
    request.once("end", () => bodyTimer.clear());
    stream.once("close", () => bodyTimer.clear());
    keepAfterReading(request);
    endUnreadStream(stream, request, clock);
    handleRequest(this.#context, request, response);
  }

  /** The one GOAWAY names the last stream that is answered: clients take later ones elsewhere. */
  drain(): void {
    this.#draining = true;
    this.#closeSession();
  }

  #track(stream: ServerHttp2Stream, guard: HTTP2Guard): void {
    this.#openStreams += 1;
    stream.once("close", () => {
      this.#openStreams -= 1;
      if (stream.rstCode !== NGHTTP2_NO_ERROR && !this.#draining) guard.countReset();
      if (this.#openStreams > 0) return;
      this.#idleSinceMs = this.#context.clock.now();
      if (this.#session.closed) this.#closeSession();
    });
  }

  /** Ends the session after the streams that are open. */
  #closeSession(): void {
    if (!this.#session.destroyed) this.#session.close();
    if (this.#openStreams > 0) return;
    // A client that does not close its side is not waited for.
    this.#context.clock.schedule(lingerMs, () => this.#socket.destroy());
  }

  #scheduleCheck(): void {
    const { limits, clock } = this.#context;
    const idleLeftMs = this.#idleSinceMs + limits.sessionIdleMs - clock.now();
    const delayMs =
      this.#openStreams > 0 ? limits.keepAliveMs : Math.min(limits.keepAliveMs, idleLeftMs);
    this.#nextCheck = clock.schedule(delayMs, () => this.#check());
  }

  /** Closes the session when it was idle too long, or asks the client for a sign of life. */
  #check(): void {
    if (this.#session.destroyed || this.#session.closed) return;
    const { limits, clock } = this.#context;
    const idleMs = this.#openStreams > 0 ? 0 : clock.now() - this.#idleSinceMs;
    if (idleMs >= limits.sessionIdleMs) {
      this.#closeSession();
      return;
    }
    const { bytesRead } = this.#socket;
    this.#probe?.clear();
    this.#probe = clock.schedule(limits.keepAliveTimeoutMs, () => {
      // The answer to the ping, or anything else, is a sign of life.
      if (this.#socket.bytesRead === bytesRead) this.#socket.destroy();
    });
    this.#session.ping(() => {});
    this.#scheduleCheck();
  }
}
