import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { create, type Message } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextValues,
  createHandlerContext,
  type HandlerContext,
} from "@connectrpc/connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { CallContext } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { LaneExchange, LaneRoute } from "../../src/rpc/lane-route.ts";
import { conformanceService } from "./conformance-service.ts";
import type { ConformanceProtos } from "./messages.ts";

type Handler = (
  request: Message,
  context: HandlerContext,
) => Promise<object> | AsyncIterable<object>;

/** The service of the conformance suite on the fast lane, as far as the lane goes. */
export function conformanceLane(protos: ConformanceProtos): {
  readonly routes: readonly LaneRoute[];
  trailersOf(thrown: unknown): OutgoingHttpHeaders;
} {
  const handlers = conformanceService(protos) as object as Readonly<Record<string, Handler>>;
  const routes = ["unary", "serverStream"].map((name): LaneRoute => {
    const method = protos.service.method[name];
    const handler = handlers[name];
    if (!method || !handler) throw new Error(`the conformance suite has no method ${name}`);
    return {
      method,
      handle: (request, own, exchange) => {
        const context = handlerContext(protos, method, own, exchange);
        const answer = handler(request, context);
        const made = (message: object): Message =>
          create(method.output, message as Record<string, unknown>);
        const addMetadata = (): void =>
          exchange.answer.addMetadata(
            Object.fromEntries(context.responseHeader),
            Object.fromEntries(context.responseTrailer),
          );
        if (answer instanceof Promise) return answer.then(made).finally(addMetadata);
        return events(answer, made, addMetadata);
      },
    };
  });
  return { routes, trailersOf };
}

async function* events(
  answer: AsyncIterable<object>,
  made: (message: object) => Message,
  addMetadata: () => void,
): AsyncGenerator<Message> {
  try {
    for await (const message of answer) {
      addMetadata();
      yield made(message);
    }
  } finally {
    addMetadata();
  }
}

function handlerContext(
  { service }: ConformanceProtos,
  method: HandlerContext["method"],
  { signal, deadlineMs, receivedMs }: CallContext,
  { requestHeaders }: LaneExchange,
): HandlerContext {
  return createHandlerContext({
    service,
    method,
    protocolName: "grpc",
    requestMethod: "POST",
    url: "http://localhost/",
    ...(deadlineMs !== undefined && { timeoutMs: deadlineMs - receivedMs }),
    requestHeader: webHeaders(requestHeaders),
    requestSignal: signal,
    contextValues: createContextValues(),
  });
}

function webHeaders(headers: IncomingHttpHeaders): Headers {
  const own = new Headers();
  for (const [name, values] of Object.entries(headers)) {
    if (name.startsWith(":")) continue;
    for (const value of [values ?? []].flat()) own.append(name, value);
  }
  return own;
}

function trailersOf(thrown: unknown): OutgoingHttpHeaders {
  return Object.fromEntries(setTrailerStatus(new Headers(), connectError(thrown)));
}

/** Errors of the lane without the details that the suite does not know, and with its codes. */
function connectError(thrown: unknown): ConnectError {
  if (!(thrown instanceof ConnectorError)) return ConnectError.from(thrown, Code.Internal);
  const isUnreadable = thrown.message.startsWith("the message cannot be read");
  if (isUnreadable) return new ConnectError(thrown.message, Code.Internal);
  return new ConnectError(thrown.message, thrown.code as number as Code);
}
