import { create } from "@bufbuild/protobuf";
import {
  CountTokensRequestSchema,
  type CountTokensResponse,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import {
  CallRequestSchema,
  StreamCallRequestSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type Content,
  ContentSchema,
  type LLMRequest,
  LLMRequestSchema,
  Role,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type CallOptions,
  CallOptionsSchema,
} from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { CallContext, ConnectorApi } from "../contract/connector-api.ts";
import { type ConnectorError, invalidField } from "../contract/connector-error.ts";
import type {
  ContentInput,
  LLM,
  LLMAnswer,
  LLMCallSettings,
  LLMRequestInput,
  LLMStream,
  RoleWord,
} from "../contract/llm.ts";
import type { LLMSettings } from "../contract/options.ts";
import { answerOf } from "./answer-of.ts";
import { Cancellation } from "./cancellation.ts";
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

const roles: ReadonlyMap<string, Role> = new Map<RoleWord, Role>([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

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
    { contents = [], ...input }: LLMRequestInput,
    { requestId = "" }: LLMCallSettings,
  ): { request: LLMRequest; options: CallOptions } {
    const { callOptions } = this.#options.settings;
    const model = input.model || this.model;
    return {
      request: create(LLMRequestSchema, { ...input, model, contents: contents.map(contentOf) }),
      options: create(CallOptionsSchema, { ...callOptions, requestId }),
    };
  }

  #context({ signal }: Cancellation): CallContext {
    const receivedMs = this.#options.clock.now();
    return { signal, receivedMs, deadlineMs: undefined, caller: "" };
  }
}

/** Loaded by the first failure: it brings Connect along. */
async function received(thrown: unknown): Promise<ConnectorError> {
  const { receivedError } = await import("./received-error.ts");
  return receivedError(thrown);
}

function contentOf({ role, ...content }: ContentInput, index: number): Content {
  const known = typeof role === "string" ? roles.get(role) : role;
  if (known === undefined) {
    const words = [...roles.keys()].join(", ");
    throw invalidField(`request.contents[${index}].role`, `expected one of ${words}`);
  }
  return create(ContentSchema, { ...content, role: known });
}
