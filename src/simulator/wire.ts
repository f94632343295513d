import type { Directive } from "./directive.ts";
import type { JSONObject, JSONValue } from "./json.ts";
import type { Random } from "./random.ts";
import type { SimulatorState } from "./simulator-state.ts";

/** What a provider refuses, in its own words. */
export interface Failure {
  /** HTTP status; in the middle of a stream it only names the kind of failure. */
  readonly status: number;
  /** The provider's type of the error. */
  readonly type: string;
  /** The provider's code. Unset: none. */
  readonly code?: string | undefined;
  /** The parameter that is wrong. Unset: none. */
  readonly param?: string | undefined;
  readonly message: string;
  /** Wait that the provider's body names, s, as a directive has it. Unset: none. */
  readonly retryAfter?: string | undefined;
  /** What the provider's body says besides, in its own shape. Unset: nothing. */
  readonly details?: readonly JSONObject[] | undefined;
}

/** Thrown by a route to answer with a provider's error. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What goes wrong before a route sees a request, or because a directive says so. */
export type Problem =
  | { readonly kind: "no-key" }
  | { readonly kind: "wrong-key"; readonly key: string }
  /** The body of the error holds the whole key, to test that it is redacted. */
  | { readonly kind: "echo-key"; readonly key: string }
  | { readonly kind: "content-type"; readonly contentType: string }
  | { readonly kind: "bad-json" }
  | { readonly kind: "too-large" }
  | { readonly kind: "no-route"; readonly method: string; readonly path: string }
  | { readonly kind: "wrong-method"; readonly method: string }
  | { readonly kind: "directive"; readonly message: string }
  | { readonly kind: "status"; readonly status: number }
  /** The prompt is blocked before the model reads it, for a reason in the provider's word. */
  | { readonly kind: "blocked"; readonly reason: string }
  /** The usual failure in the middle of a stream. */
  | { readonly kind: "stream" };

/** A request that has a route, a key and a body that can be read. */
export interface Call {
  readonly method: string;
  /** Path without query, and without what the provider is mounted at. */
  readonly path: string;
  /** Parameters after the question mark. */
  readonly query: URLSearchParams;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, with the directive taken out of `model`; empty for GET. */
  readonly body: JSONObject;
  /** Name of the model from path or body, without a directive. Empty: none. */
  readonly model: string;
  readonly directive: Directive;
  /** What the user said last, without directives. */
  readonly userText: string;
  /** Stands for the request: equal ones have equal keys, streamed or not. */
  readonly key: string;
  readonly seed: number;
  /** Wall-clock time, ms since 1970. */
  readonly nowMs: number;
  readonly state: SimulatorState;
}

/** One piece of a stream, ready to leave: framed, unless the body packs it. */
export interface StreamItem {
  readonly text: string;
  /** Name of the event, where the body packs it. Unset: none. */
  readonly event?: string;
  /** `delta`: a piece of the answer. `end`: the provider's terminal marker. */
  readonly role: "delta" | "end" | "other";
}

/** A stream of events. */
export interface StreamBody {
  readonly contentType: string;
  readonly items: Iterable<StreamItem>;
  /** What the provider sends when it fails after `sent` items have left. */
  failure(failure: Failure, sent: number): readonly StreamItem[];
  /** The provider's keep-alive mark. */
  readonly ping: StreamItem;
  /** What ends an item. Default: a blank line. */
  readonly itemEnd?: string;
  /** Puts an item's text, as bytes, into a binary frame. Unset: the bytes leave as they are. */
  readonly pack?: (item: StreamItem, payload: Buffer) => Buffer;
}

/** An answer with status 200. */
export type Answer =
  | { readonly kind: "json"; readonly body: JSONObject }
  | { readonly kind: "stream"; readonly body: StreamBody };

/** A path that a provider serves. */
export interface Route {
  /** Name of the wire, for `on=`, such as "openai-chat". */
  readonly wire: string;
  readonly method: "GET" | "POST";
  /** Matched against the whole path. */
  readonly path: RegExp;
  /** Name of the model, where the path has it. Unset: the body has. */
  readonly pathModel?: (path: string) => string;
  /** Whether a blocked prompt is answered rather than refused. Default: refused. */
  readonly answersBlocked?: boolean;
  /** What the user said last, directives included. Empty: nothing. */
  userText(body: JSONObject): string;
  /** Answers. Throws Refusal. */
  answer(call: Call): Answer;
}

/** A provider: routes that share keys, headers and errors. */
export interface Provider {
  readonly name: string;
  /** What its paths begin with at the simulator, such as "/mistral". Unset: nothing of its own. */
  readonly mount?: string;
  readonly routes: readonly Route[];
  /** Largest body of a request, bytes. */
  readonly requestBytesMax: number;
  /** Whether a request without a key is answered too, and any content type is taken. */
  readonly isLocal?: boolean;
  /** Whether a request looks like one to this provider, where two or none serve its path. */
  claims(headers: Readonly<Record<string, string>>, path: string): boolean;
  /** The caller's key. Empty: none. */
  key(headers: Readonly<Record<string, string>>, query: URLSearchParams): string;
  /** What is wrong with the caller's credentials beyond the key. Unset: nothing can be. */
  readonly checkCredentials?: (request: RawRequest) => Failure | undefined;
  /** An id for a request, made from chance. */
  requestId(random: Random): string;
  /** The headers of an answer besides those of its body. */
  headers(context: HeaderContext): Readonly<Record<string, string>>;
  /** The provider's words for a problem. */
  word(problem: Problem): Failure;
  /** The body of a failure; a text stands for itself. */
  failureBody(failure: Failure, requestId: string, url: URL): JSONValue;
}

/** A request as it came, for what is signed of it. */
export interface RawRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
  /** Headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the headers of an answer are made of. */
export interface HeaderContext {
  readonly requestId: string;
  readonly status: number;
  /** The failure that is answered in the provider's own words. Unset: none is. */
  readonly failure?: Failure | undefined;
  readonly nowMs: number;
  /** Rough tokens of the request, for the limits that are left. */
  readonly inputTokens: number;
}
