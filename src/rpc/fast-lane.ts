import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Authenticator } from "./authentication.ts";
import { identity, previousAttempts, timeoutMsOf } from "./call-arrival.ts";
import { recursionLimit, timeoutMsMaxOf } from "./call-limits.ts";
import type { StreamTaker } from "./connection.ts";
import { type LaneArrival, LaneCall, type LaneParts } from "./lane-call.ts";
import type { MessageFormat } from "./lane-messages.ts";
import type { LaneMethod, LaneRoute } from "./lane-route.ts";
import { requestIdToReturn } from "./request-gate.ts";
import type { ServerAdmission } from "./server-admission.ts";

/** What the lane is made of. */
export interface FastLaneOptions {
  readonly routes: readonly LaneRoute[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  /** Lets calls in. Unset: all of them. */
  readonly admission?: ServerAdmission | undefined;
  /** Aborts all open calls. */
  readonly shutdownSignal: AbortSignal;
  /** What a call ends with that failed: its status as headers. */
  trailersOf(thrown: unknown): OutgoingHttpHeaders;
}

const contentTypes: ReadonlySet<unknown> = new Set(["application/grpc", "application/grpc+proto"]);
/** What Connect answers with, whichever of them was asked with. */
const contentType = "application/grpc+proto";

/**
 * Serves calls of gRPC straight from the streams of HTTP/2: what Connect does at ten times the
 * cost. It takes binary calls without compression to methods of its own, and nothing else.
 */
export class FastLane implements StreamTaker {
  readonly #options: FastLaneOptions;
  readonly #methods: ReadonlyMap<unknown, LaneMethod>;
  readonly #parts: LaneParts;
  /** The last `:authority` that makes a URL, as Connect wants it to. */
  #goodAuthority = "";

  constructor(options: FastLaneOptions) {
    const { limits, clock, admission, shutdownSignal } = options;
    this.#options = options;
    this.#methods = new Map(options.routes.map((route) => [pathOf(route), method(route, limits)]));
    this.#parts = {
      limits,
      clock,
      admission,
      trailersOf: options.trailersOf,
      openCalls: new Set(),
    };
    const onShutdown = (): void => {
      for (const call of this.#parts.openCalls) call.shutDown(shutdownSignal.reason);
    };
    shutdownSignal.addEventListener("abort", onShutdown, { once: true });
  }

  /** Serves a stream and returns true, or returns false, having done nothing. */
  take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    const method = this.#methods.get(headers[":path"]);
    if (method === undefined || !this.#isOwn(headers)) return false;
    const { session } = stream;
    // A stream that was reset before its turn has nobody to answer.
    if (session === undefined || stream.closed) return true;
    const { shutdownSignal } = this.#options;
    const call = new LaneCall(this.#parts, stream, method, this.#arrival(stream, headers, method));
    this.#parts.openCalls.add(call);
    if (shutdownSignal.aborted) call.shutDown(shutdownSignal.reason);
    call.enter();
    return true;
  }

  #isOwn(headers: IncomingHttpHeaders): boolean {
    const encoding = headers["grpc-encoding"];
    return (
      headers[":method"] === "POST" &&
      contentTypes.has(headers["content-type"]) &&
      (encoding === undefined || encoding === "identity") &&
      headers.expect === undefined &&
      this.#isGoodAuthority(headers)
    );
  }

  #isGoodAuthority({ ":authority": authority }: IncomingHttpHeaders): boolean {
    if (authority === this.#goodAuthority) return true;
    if (!authority || !URL.canParse(`http://${authority}`)) return false;
    this.#goodAuthority = authority;
    return true;
  }

  #arrival(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    { timeoutMsMax }: LaneMethod,
  ): LaneArrival {
    const receivedMs = this.#options.clock.now();
    const timeout = headers["grpc-timeout"];
    const givenMs = timeoutMsOf("grpc-timeout", timeout);
    const timeoutMs = givenMs === undefined ? undefined : Math.min(givenMs, timeoutMsMax);
    const requestId = requestIdToReturn(headers["x-request-id"]);
    const { caller, refusal } = identity(
      headers,
      () => socketOf(stream),
      this.#options.authenticator,
    );
    return {
      receivedMs,
      deadlineMs: timeoutMs === undefined ? undefined : receivedMs + timeoutMs,
      endMs: receivedMs + (timeoutMs ?? timeoutMsMax),
      previousAttempts: previousAttempts(headers),
      caller,
      refusal,
      timeoutFault:
        timeout === undefined || timeoutMs !== undefined ? undefined : badTimeout(timeout),
      requestHeaders: headers,
      responseHeaders: {
        "content-type": contentType,
        ...(requestId !== undefined && { "x-request-id": requestId }),
      },
    };
  }
}

function pathOf({ method }: LaneRoute): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function method(route: LaneRoute, limits: Limits): LaneMethod {
  const { input, output, methodKind } = route.method;
  if (methodKind !== "unary" && methodKind !== "server_streaming") {
    throw new Error(`the fast lane serves no ${methodKind} methods`);
  }
  const format: MessageFormat = {
    input,
    output,
    kind: methodKind === "unary" ? "unary" : "server-streaming",
    requestBytesMax: limits.requestBytes,
    responseBytesMax: limits.responseBytes,
    recursionLimit: recursionLimit(limits),
  };
  return { ...route, format, timeoutMsMax: timeoutMsMaxOf(pathOf(route), limits) };
}

function socketOf({ session }: ServerHttp2Stream): Socket {
  if (session === undefined) throw new Error("a stream without a session has no caller");
  return session.socket;
}

function badTimeout(value: string | string[]): ConnectorError {
  const message = `protocol error: invalid grpc timeout value: ${value}`;
  return new ConnectorError("INVALID_REQUEST", message);
}
