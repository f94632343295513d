import { create } from "@bufbuild/protobuf";
import {
  CountTokensRequestSchema,
  type CountTokensResponse,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import type { LLMRequest } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type CallOptions,
  CallOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { CallContext, ConnectorApi } from "../contract/connector-api.ts";
import type {
  LLM,
  LLMAnswer,
  LLMBatchInput,
  LLMBatchResult,
  LLMBatchSettings,
  LLMBatchStream,
  LLMCallSettings,
  LLMRequestInput,
  LLMStream,
} from "../contract/llm.ts";
import type { LLMSettings } from "../contract/options.ts";
import { answerOf } from "./answer-of.ts";
import { batchRequest } from "./batch-request.ts";
import { batchResults } from "./batch-results.ts";
import { BatchStream } from "./batch-stream.ts";
import { Cancellation } from "./cancellation.ts";
import { received } from "./received.ts";
import { checkRoles, requestMessage } from "./request-message.ts";
import { ResponseStream } from "./response-stream.ts";

/** What an LLM client is made of. */
export interface LLMClientOptions {
  readonly model: string;
  readonly settings: LLMSettings;
  readonly api: ConnectorApi;
  readonly clock: Clock;
  /** Frees what the api holds. */
  readonly close: () => Promise<void>;
}

/** The `LLM` over any ConnectorApi: the one of this process, or a server's. */
export class LLMClient implements LLM {
  readonly model: string;
  readonly #options: LLMClientOptions;

  constructor(options: LLMClientOptions) {
    this.model = options.model;
    this.#options = options;
  }

  call(input: LLMRequestInput, settings: LLMCallSettings = {}): Promise<LLMAnswer> {
    return this.#unary(settings, async (context) => {
      const request = create(CallRequestSchema, this.#message(input, settings));
      const { response } = await this.#options.api.call(request, context);
      return answerOf(response);
    });
  }

  stream(input: LLMRequestInput, settings: LLMCallSettings = {}): LLMStream {
    const leaving = new AbortController();
    const events = this.#events(input, settings, leaving.signal);
    return new ResponseStream(events, (reason) => leaving.abort(reason));
  }

  async batchCall(
    requests: readonly LLMBatchInput[],
    settings: LLMBatchSettings = {},
  ): Promise<readonly LLMBatchResult[]> {
    const ids = requests.map((input, index) => ("id" in input && input.id) || String(index));
    return await batchResults(this.streamBatch(requests, settings), ids);
  }

  streamBatch(requests: readonly LLMBatchInput[], settings: LLMBatchSettings = {}): LLMBatchStream {
    const { api, clock, settings: own } = this.#options;
    return new BatchStream({
      total: requests.length,
      signal: settings.signal,
      clock,
      open: (signal) =>
        api.batch(batchRequest(requests, settings, this.model, own), this.#context({ signal })),
    });
  }

  countTokens(
    input: LLMRequestInput,
    settings: LLMCallSettings = {},
  ): Promise<CountTokensResponse> {
    return this.#unary(settings, async (context) => {
      const request = create(CountTokensRequestSchema, this.#message(input, settings));
      return await this.#options.api.countTokens(request, context);
    });
  }

  close(): Promise<void> {
    return this.#options.close();
  }

  async #unary<T>(
    { signal }: LLMCallSettings,
    run: (context: CallContext) => Promise<T>,
  ): Promise<T> {
    const cancellation = new Cancellation([signal]);
    try {
      return await run(this.#context(cancellation));
    } catch (thrown) {
      throw await received(thrown);
    } finally {
      cancellation.release();
    }
  }

  async *#events(
    input: LLMRequestInput,
    settings: LLMCallSettings,
    leaving: AbortSignal,
  ): AsyncGenerator<StreamCallResponse> {
    const cancellation = new Cancellation([settings.signal, leaving]);
    try {
      const request = create(StreamCallRequestSchema, this.#message(input, settings));
      yield* this.#options.api.streamCall(request, this.#context(cancellation));
    } catch (thrown) {
      throw await received(thrown);
    } finally {
      cancellation.release();
    }
  }

  #message(
    input: LLMRequestInput,
    { requestId = "" }: LLMCallSettings,
  ): { request: LLMRequest; options: CallOptions } {
    checkRoles(input);
    const { callOptions } = this.#options.settings;
    return {
      request: requestMessage(input, this.model),
      options: create(CallOptionsSchema, { ...callOptions, requestId }),
    };
  }

  #context({ signal }: Pick<CallContext, "signal">): CallContext {
    const receivedMs = this.#options.clock.now();
    return { signal, receivedMs, deadlineMs: undefined, caller: "" };
  }
}
