import { durationMs } from "@bufbuild/protobuf/wkt";
import type {
  CountTokensRequest,
  CountTokensResponse,
  ListModelsRequest,
  ListModelsResponse,
  ResolveModelRequest,
  ResolveModelResponse,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type {
  CallRequest,
  CallResponse,
  StreamCallRequest,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptions } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import {
  ResumePolicy,
  type StreamCallResponse,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { CallContext, SingleCallApi } from "../contract/connector-api.ts";
import { invalidField } from "../contract/connector-error.ts";
import { MessageStream } from "../contract/message-stream.ts";
import type { PulledMessages } from "../contract/pulled-messages.ts";
import type { CallEnvironment } from "./call-environment.ts";
import { type CallPlan, type PlanSettings, planCall } from "./call-plan.ts";
import { countTokens } from "./count-tokens.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { Idempotency } from "./idempotency.ts";
import { ModelList } from "./model-list.ts";
import { resolveModel } from "./resolve-model.ts";
import { StreamCall } from "./stream-call.ts";
import { unaryCall } from "./unary-call.ts";

/** Everything the dispatcher is made of. */
export interface DispatcherOptions extends Omit<PlanSettings, "limits">, CallEnvironment {
  /** What is remembered of calls that their callers gave an id. */
  readonly idempotency: Idempotency;
}

/**
 * Takes valid requests to providers: resolve, plan, encode, send, frame, decode. It knows providers
 * only through the adapter contract. Requests must have been validated before.
 */
export class Dispatcher implements SingleCallApi {
  readonly #options: DispatcherOptions;
  readonly #models: ModelList;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#models = new ModelList(options.registry, options.catalogue, options.clock);
  }

  call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    const { idempotency } = this.#options;
    return idempotency.call(request, context, () => this.#call(request, context));
  }

  streamCall(request: StreamCallRequest, context: CallContext): MessageStream<StreamCallResponse> {
    const { idempotency } = this.#options;
    const messages = idempotency.stream(request, context, () => this.#messages(request, context));
    return new MessageStream(messages);
  }

  async countTokens(
    request: CountTokensRequest,
    context: CallContext,
  ): Promise<CountTokensResponse> {
    const plan = this.#plan(request.request, request.options, context);
    return await countTokens(plan, context, this.#options);
  }

  async resolveModel(request: ResolveModelRequest): Promise<ResolveModelResponse> {
    return resolveModel(request, this.#options.registry);
  }

  async listModels(request: ListModelsRequest): Promise<ListModelsResponse> {
    return this.#models.page(request);
  }

  async #call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    const plan = this.#plan(request.request, request.options, context);
    const response = await unaryCall(plan, context, this.#options);
    return { $typeName: "nexen.connectors.v1.CallResponse", response };
  }

  #messages(request: StreamCallRequest, context: CallContext): PulledMessages<StreamCallResponse> {
    const { streamOptions } = request;
    const plan = this.#plan(request.request, request.options, context);
    const interval = streamOptions?.heartbeatInterval;
    const isResumed = streamOptions?.resume === ResumePolicy.CONTINUE;
    const call = new StreamCall(plan, context, this.#options, isResumed);
    if (interval === undefined) return call;
    return new Heartbeats(call, durationMs(interval), context.receivedMs, this.#options.clock);
  }

  #plan(
    request: LLMRequest | undefined,
    options: CallOptions | undefined,
    context: CallContext,
  ): CallPlan {
    if (request === undefined) throw invalidField("request", "is required");
    return planCall(request, options, context, this.#options);
  }
}
