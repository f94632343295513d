import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type CountTokensResponse,
  CountTokensResponseSchema,
  type ListModelsResponse,
  ListModelsResponseSchema,
  type ResolveModelResponse,
  ResolveModelResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import {
  type CallRequest,
  type CallResponse,
  CallResponseSchema,
  type StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { systemClock } from "../../src/contract/clock.ts";
import type { BatchEvent, CallContext, ConnectorApi } from "../../src/contract/connector-api.ts";
import { runBatch } from "../../src/dispatch/batch-run.ts";

/** A request that nothing is wrong with. */
export const goodRequest: { request: MessageInitShape<typeof LLMRequestSchema> } = {
  request: { model: "fake-1", contents: [{ role: Role.USER, message: "hello" }] },
};

/** The answer to a call: its text is that of the last content. */
export function answerTo(request: { readonly request?: CallRequest["request"] }): CallResponse {
  const message = request.request?.contents.at(-1)?.message ?? "";
  const content = { role: Role.ASSISTANT, message };
  return create(CallResponseSchema, { response: { id: "answer-1", model: "fake-1", content } });
}

/** One piece of text of a stream. */
export function textDelta(text: string): StreamCallResponse {
  return create(StreamCallResponseSchema, {
    event: { case: "textDelta", value: { partIndex: 0, text } },
  });
}

/** The last event of a stream. */
export function finished(request: StreamCallRequest): StreamCallResponse {
  const { response } = answerTo(request);
  return create(StreamCallResponseSchema, {
    event: { case: "finished", value: response ? { response } : {} },
  });
}

/** Calls nobody: answers with what it was asked, unless a test gives it something else to do. */
export class FakeApi implements ConnectorApi {
  /** Contexts of the calls so far. */
  readonly contexts: CallContext[] = [];
  readonly #behaviour: Partial<ConnectorApi>;

  constructor(behaviour: Partial<ConnectorApi> = {}) {
    this.#behaviour = behaviour;
  }

  async call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    this.contexts.push(context);
    return (await this.#behaviour.call?.(request, context)) ?? answerTo(request);
  }

  streamCall(request: StreamCallRequest, context: CallContext): AsyncIterable<StreamCallResponse> {
    this.contexts.push(context);
    return this.#behaviour.streamCall?.(request, context) ?? defaultStream(request);
  }

  batch(...args: Parameters<ConnectorApi["batch"]>): AsyncIterable<BatchEvent> {
    const [request, context] = args;
    const call: ConnectorApi["call"] = (...own) => this.call(...own);
    const environment = { clock: systemClock, concurrency: request.maxConcurrency || 16, call };
    return this.#behaviour.batch?.(...args) ?? runBatch(request, context, environment);
  }

  async countTokens(
    ...args: Parameters<ConnectorApi["countTokens"]>
  ): Promise<CountTokensResponse> {
    this.contexts.push(args[1]);
    const given = await this.#behaviour.countTokens?.(...args);
    return given ?? create(CountTokensResponseSchema, { inputTokens: 7n });
  }

  async resolveModel(
    ...args: Parameters<ConnectorApi["resolveModel"]>
  ): Promise<ResolveModelResponse> {
    this.contexts.push(args[1]);
    const given = await this.#behaviour.resolveModel?.(...args);
    return given ?? create(ResolveModelResponseSchema, { rule: "fake", provider: "fake" });
  }

  async listModels(...args: Parameters<ConnectorApi["listModels"]>): Promise<ListModelsResponse> {
    this.contexts.push(args[1]);
    const given = await this.#behaviour.listModels?.(...args);
    return given ?? create(ListModelsResponseSchema, { models: [{ name: "fake-1" }] });
  }
}

async function* defaultStream(request: StreamCallRequest): AsyncGenerator<StreamCallResponse> {
  yield textDelta("one ");
  yield textDelta("two");
  yield finished(request);
}
