import type { MessageInitShape } from "@bufbuild/protobuf";
import type { BatchSummary } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
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
import type { ConnectorError } from "./connector-error.ts";
import type { LLMOption } from "./options.ts";

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

/** One request of a batch, with what is its own. */
export interface LLMBatchEntry {
  /** Unique in the batch, at most 255 characters. Default: its index. */
  readonly id?: string;
  readonly request: LLMRequestInput;
  /** Options over those of `newLLM`, field by field; not withBaseURL and withServer. */
  readonly options?: readonly LLMOption[];
  /** The caller's id of this call, for idempotency; see LLMCallSettings. */
  readonly requestId?: string;
}

/** A request of a batch, alone or with what is its own. */
export type LLMBatchInput = LLMRequestInput | LLMBatchEntry;

/** What a batch may have besides its requests. */
export interface LLMBatchSettings {
  /** Cancels the batch: what is under way is aborted, nothing more begins. */
  readonly signal?: AbortSignal;
  /** Requests at once, 1 to 256. Default: 16. */
  readonly maxConcurrency?: number;
}

/** What became of one request of a batch: an answer or an error. */
export type LLMBatchResult = {
  /** Id of the entry: its own, or its index. */
  readonly id: string;
  /** Index of the request. */
  readonly index: number;
} & (
  | { readonly response: LLMAnswer; readonly error?: never }
  | { readonly error: ConnectorError; readonly response?: never }
);

/**
 * The results of a batch as they are done. Loop over it once: requests begin only as results are
 * read. Leaving the loop early aborts what is under way.
 *
 * The loop throws what ends the batch as a whole: INVALID_REQUEST for none, too many or ids that
 * are not unique, CALLER_CANCELLED by the signal, whatever a server or the way to it fails with.
 */
export interface LLMBatchStream extends AsyncIterable<LLMBatchResult> {
  /**
   * Settles when the loop has ended. Of a batch that was cancelled or left it tells what was done,
   * where requests without a result count as not started; of one that failed as a whole it rejects.
   */
  readonly summary: Promise<BatchSummary>;
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
  /**
   * Sends many requests, at most 10,000, and returns their results in order; a failed one is one
   * result. Cancelled, it returns what was done, and CALLER_CANCELLED for the rest; where the way
   * to a server breaks in the middle, likewise. Throws INVALID_REQUEST for none, too many or ids
   * that are not unique.
   */
  batchCall(
    requests: readonly LLMBatchInput[],
    settings?: LLMBatchSettings,
  ): Promise<readonly LLMBatchResult[]>;
  /** The same, with each result as it is done. Nothing is sent before it is read. */
  streamBatch(requests: readonly LLMBatchInput[], settings?: LLMBatchSettings): LLMBatchStream;
  /** Counts input tokens: by the provider where it offers that, else by a marked estimate. */
  countTokens(request: LLMRequestInput, settings?: LLMCallSettings): Promise<CountTokensResponse>;
  /** Closes connections. Calls under way are not waited for. */
  close(): Promise<void>;
}
