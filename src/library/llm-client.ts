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
import type { Clock } from "../contract/clock.ts";
import type { CallContext, ConnectorApi } from "../contract/connector-api.ts";
import { ConnectorError, invalidField } from "../contract/connector-error.ts";
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

const roles: Readonly<Record<RoleWord, Role>> = {
  system: Role.SYSTEM,
  user: Role.USER,
  assistant: Role.ASSISTANT,
  tool: Role.TOOL,
};

/** The `LLM` over any ConnectorApi: the one of this process, or a server's. */
export class LLMClient implements LLM {
  readonly model: string;
  readonly #options: LLMClientOptions;

  constructor(options: LLMClientOptions) {
    this.model = options.model;
    this.#options = options;
  }

  async call(input: LLMRequestInput, settings: LLMCallSettings = {}): Promise<LLMAnswer> {
    const { context, release } = this.#context(settings);
    try {
      const request = create(CallRequestSchema, {
        request: this.#request(input),
        options: this.#callOptions(settings),
      });
      const { response } = await this.#options.api.call(request, context);
      return response as LLMAnswer;
    } finally {
      release();
    }
  }

  stream(input: LLMRequestInput, settings: LLMCallSettings = {}): LLMStream {
    const request = create(StreamCallRequestSchema, {
      request: this.#request(input),
      options: this.#callOptions(settings),
    });
    const { context, release } = this.#context(settings);
    return new ResponseStream(() => this.#options.api.streamCall(request, context), release);
  }

  async countTokens(
    input: LLMRequestInput,
    settings: LLMCallSettings = {},
  ): Promise<CountTokensResponse> {
    const { context, release } = this.#context(settings);
    try {
      const request = create(CountTokensRequestSchema, {
        request: this.#request(input),
        options: this.#callOptions(settings),
      });
      return await this.#options.api.countTokens(request, context);
    } finally {
      release();
    }
  }

  close(): Promise<void> {
    return this.#options.close();
  }

  #request({ contents, ...input }: LLMRequestInput): LLMRequest {
    return create(LLMRequestSchema, {
      ...input,
      model: input.model || this.model,
      contents: contents.map(contentOf),
    });
  }

  #callOptions({ requestId = "" }: LLMCallSettings): CallOptions {
    const { callOptions } = this.#options.settings;
    return create(CallOptionsSchema, { ...callOptions, requestId });
  }

  /** The user's signal with a reason of ours: what a caller cancelled is CALLER_CANCELLED. */
  #context({ signal }: LLMCallSettings): { context: CallContext; release: () => void } {
    const controller = new AbortController();
    const cancel = (): void => {
      const cause: unknown = signal?.reason;
      controller.abort(new ConnectorError("CALLER_CANCELLED", "the caller cancelled", { cause }));
    };
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
    const receivedMs = this.#options.clock.now();
    return {
      context: { signal: controller.signal, receivedMs, deadlineMs: undefined, caller: "" },
      release: () => signal?.removeEventListener("abort", cancel),
    };
  }
}

function contentOf({ role, ...content }: ContentInput, index: number): Content {
  const known = typeof role === "string" ? roles[role] : role;
  if (known === undefined) {
    const words = Object.keys(roles).join(", ");
    throw invalidField(`contents[${index}].role`, `expected one of ${words}`);
  }
  return create(ContentSchema, { ...content, role: known });
}
