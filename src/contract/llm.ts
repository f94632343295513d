import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CountTokensResponse } from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type {
  Content,
  ContentSchema,
  Cost,
  LLMRequestSchema,
  LLMResponse,
  Role,
  Route,
  Usage,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";

/** Who speaks, as a plain word. */
export type RoleWord = "system" | "user" | "assistant" | "tool";

/** One turn as the library takes it: the message's fields, and plain words for the role. */
export type ContentInput = Omit<MessageInitShape<typeof ContentSchema>, "role" | "$typeName"> & {
  readonly role: RoleWord | Role;
};

/** A request as the library takes it. `model` is that of `newLLM` where it is left out. */
export type LLMRequestInput = Omit<
  MessageInitShape<typeof LLMRequestSchema>,
  "contents" | "$typeName"
> & { readonly contents: readonly ContentInput[] };

/** An answer: the message, with what is always set marked so. */
export type LLMAnswer = LLMResponse & {
  readonly content: Content;
  readonly usage: Usage;
  readonly cost: Cost;
  readonly route: Route;
};

/** What one call may have besides its request. */
export interface LLMCallSettings {
  /** Cancels the call: it ends with CALLER_CANCELLED, and the provider's connection is closed. */
  readonly signal?: AbortSignal;
  /** The caller's id of this call, for idempotency: at most 255 printable ASCII characters. */
  readonly requestId?: string;
}

/** A streamed answer: loop over it once, or take its text, or wait for the whole. */
export interface LLMStream extends AsyncIterable<StreamCallResponse> {
  /** Only the text, piece by piece. Leaving the loop early aborts the provider's call. */
  readonly textStream: AsyncIterable<string>;
  /**
   * The whole answer. May be asked for before, during or after a loop, and takes no events from it.
   */
  finalResponse(): Promise<LLMAnswer>;
}

/**
 * One model, wherever it is served. The one interface of every provider, in process or by a server.
 * Everything it throws is a ConnectorError.
 */
export interface LLM {
  /** Name of the model given to `newLLM`. */
  readonly model: string;
  /** Sends one request and returns the whole answer. */
  call(request: LLMRequestInput, settings?: LLMCallSettings): Promise<LLMAnswer>;
  /** Sends one request and gives the answer piece by piece. Nothing is sent before it is read. */
  stream(request: LLMRequestInput, settings?: LLMCallSettings): LLMStream;
  /** Counts input tokens: by the provider where it offers that, else by a marked estimate. */
  countTokens(request: LLMRequestInput, settings?: LLMCallSettings): Promise<CountTokensResponse>;
  /** Closes connections. Calls under way are not waited for. */
  close(): Promise<void>;
}
