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
import type { CallContext, ConnectorApi } from "../contract/connector-api.ts";
import type { Limits } from "../contract/limits.ts";
import { validateCall, validateList, validateResolve } from "./validate.ts";

/** Refuses requests that are not valid before they reach the api behind it. */
export class ValidatedApi implements ConnectorApi {
  readonly #api: ConnectorApi;
  readonly #limits: Limits;

  constructor(api: ConnectorApi, limits: Limits) {
    this.#api = api;
    this.#limits = limits;
  }

  async call(request: CallRequest, context: CallContext): Promise<CallResponse> {
    validateCall(request, this.#limits);
    return await this.#api.call(request, context);
  }

  streamCall(request: StreamCallRequest, context: CallContext): AsyncIterable<StreamCallResponse> {
    validateCall(request, this.#limits);
    return this.#api.streamCall(request, context);
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
