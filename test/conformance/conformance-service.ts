import { setTimeout as sleep } from "node:timers/promises";
import { create, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { type Any, anyPack } from "@bufbuild/protobuf/wkt";
import { ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import type {
  ConformanceProtos,
  ConformanceRequest,
  ErrorDefinition,
  Header,
  StreamDefinition,
  UnaryDefinition,
} from "./messages.ts";

/** A message of any type, as the handlers of a dynamic service return it. */
type AnyInit = MessageInitShape<ReturnType<ConformanceProtos["message"]>>;
type UnaryRequest = ConformanceRequest<UnaryDefinition>;
type StreamRequest = ConformanceRequest<StreamDefinition>;

/**
 * The service of the conformance suite: it answers as each request says, and echoes the request.
 */
export function conformanceService(
  protos: ConformanceProtos,
): ServiceImpl<ConformanceProtos["service"]> {
  const answers = new Answers(protos);
  const handlers = {
    unary: (request: UnaryRequest, context: HandlerContext) => answers.unary([request], context),
    idempotentUnary: (request: UnaryRequest, context: HandlerContext) =>
      answers.unary([request], context),
    async clientStream(requests: AsyncIterable<UnaryRequest>, context: HandlerContext) {
      return await answers.unary(await collect(requests), context);
    },
    serverStream: (request: StreamRequest, context: HandlerContext) =>
      answers.stream([request], context),
    async *bidiStream(requests: AsyncIterable<StreamRequest>, context: HandlerContext) {
      const source = requests[Symbol.asyncIterator]();
      const first = await source.next();
      if (first.done) return;
      const rest = { [Symbol.asyncIterator]: () => source };
      if (first.value.fullDuplex) yield* answers.converse(first.value, rest, context);
      else yield* answers.stream([first.value, ...(await collect(rest))], context);
    },
  };
  // The types of a service that is known at run time only say nothing of its messages.
  return handlers as object as ServiceImpl<ConformanceProtos["service"]>;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

class Answers {
  readonly #protos: ConformanceProtos;

  constructor(protos: ConformanceProtos) {
    this.#protos = protos;
  }

  async unary(requests: readonly UnaryRequest[], context: HandlerContext): Promise<AnyInit> {
    const definition = requests[0]?.responseDefinition;
    setMetadata(definition, context);
    if (definition) await delay(definition.responseDelayMs, context);
    const info = this.#requestInfo(requests, context);
    if (definition?.response.case === "error") throw this.#error(definition.response.value, info);
    const isData = definition?.response.case === "responseData";
    return this.#payload(isData ? definition.response.value : undefined, info);
  }

  async *stream(
    requests: readonly StreamRequest[],
    context: HandlerContext,
  ): AsyncGenerator<AnyInit> {
    const definition = requests[0]?.responseDefinition;
    if (!definition) return;
    setMetadata(definition, context);
    let info: Message | undefined = this.#requestInfo(requests, context);
    for (const data of definition.responseData) {
      await delay(definition.responseDelayMs, context);
      yield this.#payload(data, info);
      info = undefined;
    }
    if (definition.error) throw this.#error(definition.error, info);
  }

  /** One answer for each request, as long as there are answers. */
  async *converse(
    first: StreamRequest,
    rest: AsyncIterable<StreamRequest>,
    context: HandlerContext,
  ): AsyncGenerator<AnyInit> {
    const definition = first.responseDefinition;
    setMetadata(definition, context);
    const data = [...(definition?.responseData ?? [])];
    let sent = 0;
    let pending: StreamRequest[] = [];
    for await (const request of concatenated(first, rest)) {
      pending.push(request);
      const next = data.shift();
      if (next === undefined) break;
      await delay(definition?.responseDelayMs ?? 0, context);
      const isFirst = sent === 0;
      yield this.#payload(next, this.#requestInfo(pending, isFirst ? context : undefined));
      sent += 1;
      pending = [];
    }
    if (!definition?.error) return;
    throw this.#error(
      definition.error,
      sent === 0 ? this.#requestInfo(pending, context) : undefined,
    );
  }

  #payload(data: Uint8Array | undefined, requestInfo: Message | undefined): AnyInit {
    return { payload: { ...(data && { data }), ...(requestInfo && { requestInfo }) } } as AnyInit;
  }

  /** What was observed of a call. Without context, the messages alone. */
  #requestInfo(
    requests: readonly { readonly $typeName: string }[],
    context: HandlerContext | undefined,
  ): Message {
    const packed: Any[] = requests.map((request) => {
      const desc = this.#protos.registry.getMessage(request.$typeName);
      if (!desc) throw new Error(`unknown message ${request.$typeName}`);
      return anyPack(desc, request as Message);
    });
    const timeoutMs = context?.timeoutMs();
    const isGet = context?.requestMethod === "GET";
    const queryParams = isGet ? headersOf(new URL(context.url).searchParams) : [];
    return create(this.#protos.message("ConformancePayload.RequestInfo"), {
      requests: packed,
      requestHeaders: context ? headersOf(context.requestHeader) : [],
      ...(timeoutMs !== undefined && { timeoutMs: BigInt(Math.max(0, Math.trunc(timeoutMs))) }),
      ...(isGet && { connectGetInfo: { queryParams } }),
    } as Record<string, unknown>);
  }

  #error(definition: ErrorDefinition, requestInfo: Message | undefined): ConnectError {
    const error = new ConnectError(definition.message ?? "", definition.code);
    const desc = this.#protos.message("ConformancePayload.RequestInfo");
    const details = requestInfo
      ? [...definition.details, anyPack(desc, requestInfo)]
      : definition.details;
    for (const { typeUrl, value } of details) {
      error.details.push({ type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1), value });
    }
    return error;
  }
}

async function* concatenated<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}

async function delay(delayMs: number, { signal }: HandlerContext): Promise<void> {
  if (delayMs === 0) return;
  await sleep(delayMs, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
}

function setMetadata(
  definition: Pick<UnaryDefinition, "responseHeaders" | "responseTrailers"> | undefined,
  context: HandlerContext,
): void {
  append(context.responseHeader, definition?.responseHeaders ?? []);
  append(context.responseTrailer, definition?.responseTrailers ?? []);
}

function append(target: Headers, headers: readonly Header[]): void {
  for (const { name, value } of headers) {
    for (const each of value) target.append(name, each);
  }
}

function headersOf(source: Headers | URLSearchParams): Header[] {
  return [...source.entries()].map(([name, value]) => ({ name, value: [value] }));
}
