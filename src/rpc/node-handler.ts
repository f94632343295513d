import type { Socket } from "node:net";
import { createRegistry } from "@bufbuild/protobuf";
import type { ConnectRouter, ConnectRouterOptions, ContextValues } from "@connectrpc/connect";
import { Code, ConnectError, createConnectRouter, createContextValues } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { file_google_rpc_error_details } from "../../gen/ts/google/rpc/error_details_pb.ts";
import { Health } from "../../gen/ts/grpc/health/v1/health_pb.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { file_nexen_connectors_v1_error } from "../../gen/ts/nexen/connectors/v1/error_pb.ts";
import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Authenticator } from "./authentication.ts";
import { refuseBare } from "./bare-refusal.ts";
import {
  type Arrival,
  arrivalKey,
  cutTimeout,
  identity,
  previousAttempts,
} from "./call-arrival.ts";
import { enterDoor, occupiesProvider, placeKey } from "./call-door.ts";
import { recursionLimit, timeoutMsMaxOf } from "./call-limits.ts";
import type { RequestHandler } from "./connection.ts";
import { completeErrors } from "./error-completion.ts";
import { connectErrorOf } from "./error-status.ts";
import { checkJSONDepth } from "./json-depth.ts";
import { endLateAnswer } from "./late-answer.ts";
import { gatherPieces } from "./request-body.ts";
import { requestGate } from "./request-gate.ts";
import { isLoop, refuseLoop } from "./routing-loop.ts";
import type { ServerAdmission } from "./server-admission.ts";

type NodeRequest = Parameters<RequestHandler>[0];
type NodeResponse = Parameters<RequestHandler>[1];

/** What serves routes over HTTP. */
export interface NodeHandlerOptions {
  /** Adds the services. */
  routes(router: ConnectRouter): void;
  readonly limits: Limits;
  readonly clock: Clock;
  /** Tells callers apart; health is open to everybody. */
  readonly authenticator: Authenticator;
  /** Lets calls of ConnectorService in. Unset: all of them. */
  readonly admission?: ServerAdmission;
  /** Aborts the signals of all open calls. */
  readonly shutdownSignal: AbortSignal;
  /** Told of every fault of this server. Must not throw. */
  onFault(error: ConnectorError): void;
}

const healthPath = `/${Health.typeName}/`;
const connectorPath = `/${ConnectorService.typeName}/`;
const envelopedContentType = /^application\/(?:grpc|connect\+)/;
const rpcContentType = /^application\/(?:grpc|connect\+|proto|json)/;

/**
 * Serves routes over gRPC, gRPC-Web and Connect, on HTTP/1.1 and HTTP/2.
 *
 * What `connectNodeAdapter` does, and besides: credentials are judged and timeouts cut before the
 * body is read, unknown methods are answered in the caller's protocol, every error of
 * ConnectorService has its details, and what goes wrong is told to `onFault` and not to the
 * console.
 */
export function createNodeHandler(options: NodeHandlerOptions): RequestHandler {
  const { limits, clock } = options;
  const router = createConnectRouter(routerOptions(options));
  options.routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  const serve = servingBy(options);

  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const known = handlers.get(path);
    if (known === undefined && isLoop(request.headers)) {
      refuseLoop(response);
      return;
    }
    const handler = known ?? unknownHandler(request);
    if (handler === undefined) {
      response.writeHead(404);
      response.end();
      return;
    }
    const receivedMs = clock.now();
    const timeoutMsMax = timeoutMsMaxOf(path, limits);
    const timeoutMs = cutTimeout(request.headers, timeoutMsMax);
    const deadlineMs = timeoutMs === undefined ? undefined : receivedMs + timeoutMs;
    // A call has an end even if its caller gives it none. A watch of health need not have one.
    const isCall = path.startsWith(connectorPath);
    const endMs = deadlineMs ?? (isCall ? receivedMs + timeoutMsMax : undefined);
    if (endMs !== undefined) endLateAnswer(response, endMs, clock);
    const arrival: Arrival = {
      receivedMs,
      deadlineMs,
      previousAttempts: previousAttempts(request.headers),
      ...identity(
        request.headers,
        () => socketOf(request),
        path.startsWith(healthPath) ? undefined : options.authenticator,
      ),
    };
    const { admission } = options;
    if (admission === undefined || arrival.refusal !== undefined || !occupiesProvider(path)) {
      serve(handler, request, response, arrivalValues(arrival));
      return;
    }
    const door = { admission, clock, shutdownSignal: options.shutdownSignal };
    enterDoor(door, { arrival, request, response }, (place, refusal) => {
      if (refusal !== undefined && refuseBare(request, response, refusal)) return;
      const values = arrivalValues({ ...arrival, refusal }).set(placeKey, place);
      serve(handler, request, response, values);
    });
  };
}

/** Carries a call out by Connect's handler, and answers it. */
function servingBy({ limits, onFault }: NodeHandlerOptions) {
  return (
    handler: UniversalHandler,
    request: NodeRequest,
    response: NodeResponse,
    values: ContextValues,
  ): void => {
    const call = universalRequestFromNodeRequest(request, response, undefined, values);
    const isEnveloped = envelopedContentType.test(request.headers["content-type"] ?? "");
    const pieces = call.body as AsyncIterable<Uint8Array>;
    const check = isPlainJSON(request)
      ? (message: Uint8Array) => checkJSONDepth(message, recursionLimit(limits))
      : undefined;
    const body = gatherPieces(pieces, isEnveloped, limits.requestBytes, check);
    const isCall = handler.service.typeName === ConnectorService.typeName;
    const tell = (error: ConnectorError): void => {
      if (!isGone(response, call.signal)) onFault(error);
    };
    handler({ ...call, body })
      .then((answer) => (isCall ? completeErrors(answer, tell) : answer))
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((reason: unknown) => giveUp(reason, response, call.signal, onFault));
  };
}

/** Whether the messages of a request are JSON, but for envelopes that say that they are packed. */
function isPlainJSON({ headers }: NodeRequest): boolean {
  const { "content-type": type = "", "content-encoding": encoding = "identity" } = headers;
  return /^application\/(?:[a-z-]+\+)?json\b/.test(type) && encoding === "identity";
}

function routerOptions({ limits, shutdownSignal }: NodeHandlerOptions): ConnectRouterOptions {
  const registry = createRegistry(
    file_google_rpc_error_details,
    file_nexen_connectors_v1_error,
    ConnectorService,
  );
  return {
    readMaxBytes: limits.requestBytes,
    writeMaxBytes: limits.responseBytes,
    acceptCompression: [compressionGzip],
    jsonOptions: { registry, recursionLimit: recursionLimit(limits) },
    binaryOptions: { recursionLimit: recursionLimit(limits) },
    requireConnectProtocolHeader: false,
    requestGate,
    shutdownSignal,
  };
}

/** The socket of the connection: for HTTP/2 that of the session, which all its streams share. */
function socketOf(request: NodeRequest): Socket {
  return "stream" in request ? (request.stream.session?.socket ?? request.socket) : request.socket;
}

function arrivalValues(arrival: Arrival): ContextValues {
  return createContextValues().set(arrivalKey, arrival);
}

// Handlers whose gate refuses every call, one for each shape of answer.
const [unknownUnary, unknownStream] = createConnectRouter({ requestGate: refuseUnknown })
  .rpc(ConnectorService.method.call, refuseUnknown)
  .rpc(ConnectorService.method.streamCall, refuseUnknown).handlers;

function refuseUnknown(): never {
  throw connectErrorOf(new ConnectorError("NOT_IMPLEMENTED", "this server has no such method"));
}

/** Answers a method that is not there in the caller's protocol. Unset: the request is no RPC. */
function unknownHandler(request: NodeRequest): UniversalHandler | undefined {
  const contentType = request.headers["content-type"] ?? "";
  if (request.method !== "POST" || !rpcContentType.test(contentType)) return undefined;
  return contentType.startsWith("application/connect+") ? unknownStream : unknownUnary;
}

function giveUp(
  reason: unknown,
  response: NodeResponse,
  signal: AbortSignal,
  onFault: (error: ConnectorError) => void,
): void {
  if (!isGone(response, signal) && !isLostCaller(reason)) {
    onFault(new ConnectorError("INTERNAL_FAULT", "an answer could not be sent", { cause: reason }));
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(500);
  response.end();
}

/**
 * Whether the caller is gone: then nobody is to be answered, and what fails is not this server's
 * doing.
 */
function isGone(response: NodeResponse, signal: AbortSignal): boolean {
  const isClosed = "stream" in response && (response.stream.destroyed || response.stream.closed);
  return signal.aborted || response.destroyed || isClosed;
}

/** Whether sending failed at the socket, which may be told before the socket's end is. */
function isLostCaller(reason: unknown): boolean {
  if (!(reason instanceof ConnectError)) return false;
  const { code, cause } = reason;
  const isWrite = cause instanceof Error && "syscall" in cause && cause.syscall === "write";
  return code === Code.Aborted || isWrite;
}
