import type { JsonObject } from "@bufbuild/protobuf";
import type {
  LLMRequest,
  LLMResponse,
  Usage,
  Warning,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { ConnectorError } from "./connector-error.ts";
import type { Geography } from "./zones.ts";

/** How a provider cuts its stream into pieces. */
export type Framing = "sse" | "ndjson" | "json-array" | "aws-event-stream";

/** One piece of a provider's stream. */
export interface Frame {
  /** Name of the event: SSE `event:`, an AWS event type. Empty: none. */
  readonly event: string;
  /** The payload as text; JSON in all wires, but for marks such as `[DONE]`. */
  readonly data: string;
  /** The provider's id of the event: SSE `id:`. Empty: none. */
  readonly id: string;
}

/** One event of a stream, without its message around it. */
export type StreamEvent = Exclude<StreamCallResponse["event"], { case: undefined }>;

/** A rule that leads names of models to an adapter. */
export interface ModelPattern {
  /** RE2 syntax, matched without case against the whole name. */
  readonly pattern: string;
  /** Names it must match, for people and for tests; at least one. */
  readonly examples: readonly string[];
}

/**
 * Prices of tokens, in nano-USD per million of them (1 USD is 1,000,000,000). A price that is left
 * out is not known; 0 is free.
 */
export interface TokenPrices {
  /** Input that was neither read from a cache, nor written to one, nor audio. */
  readonly input?: bigint;
  /** Output that was no audio, thinking included. */
  readonly output?: bigint;
  /** Input read from the provider's prompt cache. */
  readonly cacheRead?: bigint;
  /** Input written to that cache for its usual time. */
  readonly cacheWrite?: bigint;
  /** Input written to that cache for an hour. */
  readonly cacheWriteHour?: bigint;
  readonly inputAudio?: bigint;
  readonly outputAudio?: bigint;
}

/** Prices of a whole request whose input is larger than a size. */
export interface PriceTier extends TokenPrices {
  /** They hold for more input tokens than this, cached ones counted. */
  readonly aboveInputTokens: bigint;
}

/** Prices of a model at one place. */
export interface ModelPrices extends TokenPrices {
  /** The smallest size first. Unset: one price for every size. */
  readonly tiers?: readonly PriceTier[];
  /** Last day on which they hold, "YYYY-MM-DD" in UTC. Unset: no end is announced. */
  readonly until?: string;
}

/** A model that an adapter knows by name. What is left out is not known. */
export interface KnownModel {
  /** Name to ask for. */
  readonly name: string;
  /** Other names of the same model at the same prices. */
  readonly aliases?: readonly string[];
  /** Size of the context window: input and output, or input alone where the provider counts so. */
  readonly contextTokens?: number;
  /** Most output tokens. */
  readonly outputTokensMax?: number;
  /** Prices at the provider's own address. */
  readonly prices?: ModelPrices;
  /** Prices elsewhere, by the name of the preset or the cloud. */
  readonly pricesAt?: Readonly<Record<string, ModelPrices>>;
  /**
   * Members that change the price, by their path such as `usage.speed`, with the values under which
   * it does not. They are looked up in what was added to the request and in the answer's metadata.
   */
  readonly pricedWhen?: Readonly<Record<string, readonly string[]>>;
  /** Path in the answer's metadata of the number of cache writes that last an hour. */
  readonly hourWritesAt?: string;
  /** Set when the provider has retired it. */
  readonly retired?: boolean;
  /** Day of its retirement, past or announced, "YYYY-MM-DD". */
  readonly retiresOn?: string;
  /** The model that follows a retired one. */
  readonly successor?: string;
  /** Public address that tells all this. */
  readonly source?: string;
  /** Day on which it told so, "YYYY-MM-DD". */
  readonly asOf?: string;
}

/** What a file says of the models of one adapter. */
export interface ProviderModels {
  /** Name of the adapter. */
  readonly provider: string;
  readonly models: readonly KnownModel[];
}

/** Where the key goes: a named scheme that `http/` carries out. */
export type AuthScheme =
  | { readonly scheme: "bearer" }
  | { readonly scheme: "header"; readonly name: string };

/**
 * What stands in for a key at a cloud: a named scheme of `http/` that fetches a token or signs. A
 * target's own key wins, and goes where `auth` says.
 */
export type CredentialScheme = "aws" | "google" | "entra";

/** Where a target is, as far as its paths depend on it. */
export interface Place {
  /** Region, location or zone in the cloud's own word. Empty: none. */
  readonly region: string;
  /** Project of a Google cloud. Empty: none. */
  readonly project: string;
  /** Version of the API, where the path names one (Azure). Empty: none. */
  readonly apiVersion: string;
}

/** What an adapter knows when it encodes. */
export interface EncodeInput {
  /** The validated request. */
  readonly request: LLMRequest;
  /** Name of the adapter: the key of its entries in `provider_options`. */
  readonly adapter: string;
  /** Name of the model to send. */
  readonly model: string;
  /** Whether a stream is wanted. */
  readonly stream: boolean;
  /** The caller's id of the call, for providers that take one. Empty: none. */
  readonly requestId: string;
  /** Where the target is. Unset: nowhere in particular. */
  readonly place?: Place;
}

/** A request in the provider's own words. */
export interface WireRequest {
  readonly method: "POST" | "GET";
  /** Path and query, beginning with "/", appended to the target's base URL. */
  readonly path: string;
  /** Headers besides credentials, content type and length. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text; empty for GET. */
  readonly body: string;
  /** What was left out or changed. Under `strict`, DROPPED and CHANGED ones fail the call. */
  readonly warnings: readonly Warning[];
}

/** Clouds whose URLs, credentials or framing differ from the provider's own. */
export type CloudHost = "azure" | "vertex" | "bedrock";

/** What an adapter knows when it decodes. */
export interface DecodeContext {
  /** Name of the adapter: the key of its entries in `provider_options`. */
  readonly adapter: string;
  /** Name of the model that was sent. */
  readonly model: string;
}

/** How a provider's stream ended, as far as the provider's own marks tell. */
export type StreamEnd =
  /** The terminal marker was seen. */
  | { readonly kind: "complete"; readonly response: LLMResponse }
  /** The answer was logically whole, but trailing bytes are missing: OK, with a Warning. */
  | { readonly kind: "logical"; readonly response: LLMResponse }
  /** Neither was seen. */
  | { readonly kind: "truncated" };

/**
 * A provider's stream as a state machine: one frame in, zero or more events out.
 *
 * Events are part_started, the deltas, part_finished and usage; `started` and `finished` are
 * the dispatcher's. Nothing is emitted twice, and parts left open are finished by `end`.
 */
export interface StreamDecoder {
  /**
   * Takes one frame. Throws ConnectorError for the provider's error event or what cannot be read.
   */
  push(frame: Frame): readonly StreamEvent[];
  /** Whether the terminal marker was seen: what follows is ignored. */
  readonly done: boolean;
  /** Says how the stream ended. The events of parts it had to close come first. Call it once. */
  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd };
  /** What is known so far, for `started` and for the progress of a failed stream. */
  progress(): StreamSnapshot;
}

/** What a decoder knows while a stream runs. */
export interface StreamSnapshot {
  /** The provider's id of the answer. Empty: not known yet. */
  readonly id: string;
  /** The model as the provider reports it. Empty: not known yet. */
  readonly model: string;
  /** Tokens as the provider reported them so far. Unset: nothing yet. */
  readonly usage: Usage | undefined;
  /** Tool calls that have begun and are not complete. */
  readonly toolCallsOpen: number;
}

/** A provider's answer that is not a success. */
export interface ProviderFailure {
  /** HTTP status, or 200 for an error object inside a success. */
  readonly status: number;
  /** Headers by lower-case name; repeated ones joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, cut at the limit `error_body_bytes`. */
  readonly body: string;
}

/** Asking a provider to count tokens. */
export interface TokenCounter {
  /** Encodes the question. `stream` of the input is false. */
  encode(input: EncodeInput): WireRequest;
  /** Reads the number of input tokens. Throws PROVIDER_MALFORMED_RESPONSE when there is none. */
  decode(body: JsonObject): bigint;
}

/** One wire that an adapter speaks: pure functions, no I/O, no clock, no environment, no log. */
export interface Dialect {
  readonly name: string;
  readonly framing: Framing;
  /** The provider's own address. Empty: the target must say. */
  readonly defaultBaseURL: string;
  /** The address in a region, where it depends on it; wins over `defaultBaseURL`. */
  readonly regionalBaseURL?: (region: string) => string;
  /** What names of regions and models tell of where a call runs. Unset: nothing. */
  readonly geography?: Geography;
  readonly auth: AuthScheme;
  /** What stands in for a key. Unset: nothing. */
  readonly credentials?: CredentialScheme;
  /** Header that carries the provider's id of a request, lower case. */
  readonly requestIdHeader: string;
  /** The request in the provider's words. Throws ConnectorError where none can be made. */
  encode(input: EncodeInput): WireRequest;
  /** The answer to a unary request. `route`, `cost` and request warnings are the dispatcher's. */
  decode(body: JsonObject, context: DecodeContext): LLMResponse;
  createDecoder(context: DecodeContext): StreamDecoder;
  /** Classifies a failure. The dispatcher adds target, attempts, phase and retry headers. */
  toError(failure: ProviderFailure): ConnectorError;
  /** Unset: the provider has no endpoint, and the dispatcher estimates. */
  readonly countTokens?: TokenCounter;
}

/** The wires of one place, and the one of a target that names none. */
export interface DialectSet {
  /** Wires by their name in the configuration, which is also each one's `name`. */
  readonly dialects: Readonly<Record<string, Dialect>>;
  readonly defaultDialect: string;
}

/** A known host of an adapter's wires that differs in address, key or oddities: data, not code. */
export interface Preset extends DialectSet {
  /** Lower case, such as "groq": the `preset` of a target. */
  readonly name: string;
  /** Environment variables that may hold the key; the first one set wins. */
  readonly keyVariables: readonly string[];
}

/** A provider: a frozen record. */
export interface Adapter extends DialectSet {
  /** Lower case, one word: the name in configuration, prefixes and `provider_options`. */
  readonly name: string;
  /** Rules in order; first match wins over all adapters in the order of providers/index.ts. */
  readonly patterns: readonly ModelPattern[];
  /** Names for ListModels. */
  readonly models: readonly KnownModel[];
  /** Environment variables that may hold the key; the first one set wins. */
  readonly keyVariables: readonly string[];
  /** Whether a target without a key is disabled. */
  readonly keyRequired: boolean;
  /** Environment variables that may hold the base URL; the first one set wins. */
  readonly baseURLVariables: readonly string[];
  /** The wires at clouds that host the models. Unset: none does. */
  readonly hosts?: Readonly<Partial<Record<CloudHost, DialectSet>>>;
  /** Known hosts, by their own addresses or by name. Unset: none. */
  readonly presets?: readonly Preset[];
}
