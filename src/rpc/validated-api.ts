import type {
  BatchCallRequest,
  StreamBatchCallRequest,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
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
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type {
  BatchContext,
  BatchEvent,
  CallContext,
  ConnectorApi,
  SingleCallApi,
} from "../contract/connector-api.ts";
import type { Limits } from "../contract/limits.ts";
import { runBatch } from "../dispatch/batch-run.ts";
import { validateCall, validateList, validateResolve } from "./validate.ts";
import { validateBatch } from "./validate-batch.ts";

/** Items of a batch at once, where its request does not say. */
const batchConcurrencyDefault = 16;

/**
 * Refuses requests that are not valid before they reach the api behind it, and makes batches of its
 * calls.
 */
export class ValidatedApi implements ConnectorApi {
  readonly #api: SingleCallApi;
  readonly #limits: Limits;
  readonly #clock: Clock;

  constructor(api: SingleCallApi, limits: Limits, clock: Clock) {
    this.#api = api;
    this.#limits = limits;
    this.#clock = clock;
  }

  async call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    validateCall(request, this.#limits);
    return await this.#api.call(request, context);
  }

  streamCall(request: StreamCallRequest, context: CallContext): AsyncIterable<StreamCallResponse> {
    validateCall(request, this.#limits);
    return this.#api.streamCall(request, context);
  }

  batch(
    request: BatchCallRequest | StreamBatchCallRequest,
    context: BatchContext,
  ): AsyncIterable<BatchEvent> {
    validateBatch(request, this.#limits);
    const { batchConcurrencyMax, batchTimeoutMsMax } = this.#limits;
    const endMs = context.receivedMs + batchTimeoutMsMax;
    const deadlineMs = Math.min(context.deadlineMs ?? endMs, endMs);
    return runBatch(
      request,
      { ...context, deadlineMs },
      {
        clock: this.#clock,
        concurrency:
          request.maxConcurrency || Math.min(batchConcurrencyDefault, batchConcurrencyMax),
        call: (call, own) => this.call(call, own),
      },
    );
  }

  async countTokens(
    request: CountTokensRequest,
    context: CallContext,
  ): Promise<CountTokensResponse> {
    validateCall(request, this.#limits);
    return await this.#api.countTokens(request, context);
  }

  async resolveModel(
    request: ResolveModelRequest,
    context: CallContext,
  ): Promise<ResolveModelResponse> {
    validateResolve(request, this.#limits);
    return await this.#api.resolveModel(request, context);
  }

  async listModels(request: ListModelsRequest, context: CallContext): Promise<ListModelsResponse> {
    validateList(request);
    return await this.#api.listModels(request, context);
  }
}
