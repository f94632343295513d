import type { Clock } from "../contract/clock.ts";
import { type Pace, type Step, streamSteps, wholeBytes } from "./delivery.ts";
import {
  type Directive,
  DirectiveError,
  type FailureBody,
  parseDirective,
  splitModel,
  splitText,
} from "./directive.ts";
import { isObject, type JSONObject, type JSONValue, textOr } from "./json.ts";
import { createRandom } from "./random.ts";
import type { SimulatorState } from "./simulator-state.ts";
import { roughTokens } from "./tokens.ts";
import { type Call, type Failure, type Provider, Refusal, type Route } from "./wire.ts";

/** A request as it arrived, whole. */
export interface Arrival {
  readonly provider: Provider;
  /** Unset: the provider does not serve the path, or not with this method. */
  readonly route: Route | undefined;
  readonly method: string;
  readonly url: URL;
  /** Path without query, and without what the provider is mounted at. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The caller's key. Empty: none. */
  readonly key: string;
  /** What is wrong with its credentials besides. */
  readonly credentialFailure: Failure | undefined;
  /** Unset: longer than the provider takes. */
  readonly bodyText: string | undefined;
}

/** What decides an outcome besides the request. */
export interface OutcomeContext {
  readonly seed: number;
  readonly clock: Clock;
  readonly pace: Pace;
  /** Keys that are accepted. Unset: any. */
  readonly keys: readonly string[] | undefined;
  readonly state: SimulatorState;
}

/** What becomes of a request. */
export type Outcome =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly steps: Iterable<Step>;
    }
  /** The connection is reset before any header. */
  | { readonly kind: "reset" }
  /** Nothing is ever answered. */
  | { readonly kind: "silence" };

/** Decides what becomes of a request. */
export function decideOutcome(arrival: Arrival, context: OutcomeContext): Outcome {
  const answerer = new Answerer(arrival, context);
  try {
    return answerer.decide();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return answerer.fail(error.failure, {});
  }
}

class Answerer {
  readonly #arrival: Arrival;
  readonly #context: OutcomeContext;
  /** Stands for the request, byte for byte. */
  readonly #key: string;
  readonly #requestId: string;

  constructor(arrival: Arrival, context: OutcomeContext) {
    this.#arrival = arrival;
    this.#context = context;
    const { method, url, bodyText = "" } = arrival;
    this.#key = createRandom(method, url.pathname, url.search, bodyText).text(32);
    const count = context.state.countBefore(this.#key);
    const random = createRandom(context.seed, "request id", this.#key, count);
    this.#requestId = arrival.provider.requestId(random);
  }

  decide(): Outcome {
    const { provider, route, method, path } = this.#arrival;
    if (!route) {
      const isKnown = provider.routes.some((one) => one.path.test(path));
      const kind = isKnown ? "wrong-method" : "no-route";
      throw new Refusal(provider.word({ kind, method, path }));
    }
    this.#checkKey();
    const raw = method === "GET" ? {} : this.#readBody();
    const named = route.pathModel?.(path);
    const { model, words: modelWords } = splitModel(named ?? textOr(raw.model));
    const body = modelWords === "" || named !== undefined ? raw : { ...raw, model };
    const said = splitText(route.userText(body));
    const directive = this.#directive(route, `${modelWords} ${said.words}`, said.text);
    const place = named === undefined ? path : `${route.wire} ${named}`;
    return (
      this.#directedOutcome(route, directive) ??
      this.#answer(
        route,
        { body, model, userText: said.text, key: contentKey(place, raw) },
        directive,
      )
    );
  }

  /**
   * The outcome of a failure. Its body is the provider's own, unless the directive says otherwise.
   */
  fail(failure: Failure, directive: Directive): Outcome {
    const { status } = failure;
    const { body = "json" } = directive;
    const { contentType, bytes } = failureBytes(body, status, () =>
      this.#arrival.provider.failureBody(failure, this.#requestId, this.#arrival.url),
    );
    const hints: readonly [string, string | undefined][] = [
      ["retry-after", directive.retryAfter],
      ["retry-after-ms", directive.retryAfterMs],
      ["x-should-retry", directive.shouldRetry],
      ["location", status >= 300 && status < 400 ? "http://169.254.169.254/" : undefined],
    ];
    const wanted = hints.filter((hint): hint is [string, string] => hint[1] !== undefined);
    // Another's page has no headers that tell of the provider's own error.
    const usual = this.#headers(status, contentType, body === "json" ? failure : undefined);
    return whole(status, { ...usual, ...Object.fromEntries(wanted) }, bytes);
  }

  #checkKey(): void {
    const { provider, key, credentialFailure } = this.#arrival;
    if (key === "") {
      if (provider.isLocal) return;
      throw new Refusal(provider.word({ kind: "no-key" }));
    }
    const { keys } = this.#context;
    if (keys && !keys.includes(key)) throw new Refusal(provider.word({ kind: "wrong-key", key }));
    if (credentialFailure) throw new Refusal(credentialFailure);
  }

  #readBody(): JSONObject {
    const { provider, headers, bodyText } = this.#arrival;
    const contentType = headers["content-type"] ?? "";
    if (!provider.isLocal && !/^application\/json\s*(?:;|$)/i.test(contentType)) {
      throw new Refusal(provider.word({ kind: "content-type", contentType }));
    }
    if (bodyText === undefined) throw new Refusal(provider.word({ kind: "too-large" }));
    const body = parseJSON(bodyText);
    if (!isObject(body)) throw new Refusal(provider.word({ kind: "bad-json" }));
    return body;
  }

  #directive(route: Route, words: string, text: string): Directive {
    try {
      const all = `${words} ${this.#arrival.headers["x-simulate"] ?? ""}`;
      const directive = parseDirective(all);
      const { on, times } = directive;
      if (on !== undefined && !route.wire.startsWith(on)) return {};
      if (times === undefined) return directive;
      const before = this.#context.state.countBefore(createRandom(all, text).text(32));
      return before < times ? directive : {};
    } catch (error) {
      if (!(error instanceof DirectiveError)) throw error;
      const { provider } = this.#arrival;
      throw new Refusal(provider.word({ kind: "directive", message: error.message }));
    }
  }

  /** The outcome of a directive that takes the place of an answer, if it is one. */
  #directedOutcome(route: Route, directive: Directive): Outcome | undefined {
    const { provider, key } = this.#arrival;
    if (directive.reset) return { kind: "reset" };
    if (directive.stallHeaders) return { kind: "silence" };
    const isInStream = directive.errorAfter !== undefined;
    if (directive.echoKey) {
      const failure = provider.word({ kind: "echo-key", key });
      return this.fail({ ...failure, ...given(directive) }, directive);
    }
    if (directive.blocked !== undefined && route.answersBlocked !== true) {
      const failure = provider.word({ kind: "blocked", reason: directive.blocked });
      return this.fail({ ...failure, ...given(directive) }, directive);
    }
    if (directive.status === undefined || isInStream) return undefined;
    const failure = provider.word({ kind: "status", status: directive.status });
    return this.fail({ ...failure, ...given(directive) }, directive);
  }

  #answer(
    route: Route,
    request: Pick<Call, "body" | "model" | "userText" | "key">,
    directive: Directive,
  ): Outcome {
    const { method, url, path, headers, provider } = this.#arrival;
    const { seed, clock, pace, state } = this.#context;
    const answer = route.answer({
      ...request,
      method,
      path,
      query: url.searchParams,
      headers,
      directive,
      seed,
      nowMs: clock.wallTimeMs(),
      state,
    });
    if (answer.kind === "json") {
      const bytes = wholeBytes(JSON.stringify(answer.body), directive);
      return whole(200, this.#headers(200, "application/json"), bytes);
    }
    const failure = provider.word(
      directive.status === undefined
        ? { kind: "stream" }
        : { kind: "status", status: directive.status },
    );
    const random = createRandom(seed, "pieces", this.#key);
    const last = { ...failure, ...given(directive) };
    return {
      kind: "answer",
      status: 200,
      headers: { ...this.#headers(200, answer.body.contentType), "cache-control": "no-cache" },
      steps: streamSteps(answer.body, directive, last, pace, random),
    };
  }

  #headers(status: number, contentType: string, failure?: Failure): Record<string, string> {
    const nowMs = this.#context.clock.wallTimeMs();
    const inputTokens = roughTokens(this.#arrival.bodyText ?? "");
    return {
      date: new Date(nowMs).toUTCString(),
      ...(contentType !== "" && { "content-type": contentType }),
      ...this.#arrival.provider.headers({
        requestId: this.#requestId,
        status,
        failure,
        nowMs,
        inputTokens,
      }),
    };
  }
}

/** Streamed or not, the same request has the same key, and so the same answer. */
function contentKey(path: string, body: JSONObject): string {
  const { stream: _stream, stream_options: _options, ...content } = body;
  return createRandom(path, JSON.stringify(content)).text(32);
}

/** The parts of a failure that a directive gives. */
function given(directive: Directive): Partial<Failure> {
  const { status, type, code, message, retryAfter } = directive;
  return {
    ...(retryAfter !== undefined && { retryAfter }),
    ...(status !== undefined && { status }),
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
  };
}

function whole(status: number, headers: Readonly<Record<string, string>>, bytes: Buffer): Outcome {
  const steps: readonly Step[] = bytes.length > 0 ? [{ kind: "write", bytes }] : [];
  const length = String(bytes.length);
  return { kind: "answer", status, headers: { ...headers, "content-length": length }, steps };
}

function failureBytes(
  body: FailureBody,
  status: number,
  json: () => JSONValue,
): { contentType: string; bytes: Buffer } {
  switch (body) {
    case "json": {
      const value = json();
      return typeof value === "string"
        ? { contentType: "text/plain", bytes: Buffer.from(value) }
        : { contentType: "application/json", bytes: Buffer.from(JSON.stringify(value)) };
    }
    case "html": {
      const title = `<title>${status}</title><h1>${status}</h1>`;
      const html = `<!doctype html>${title}<p>A simulated proxy.</p>\n`;
      return { contentType: "text/html", bytes: Buffer.from(html) };
    }
    case "text":
      return { contentType: "text/plain", bytes: Buffer.from(`simulated failure ${status}\n`) };
    case "binary":
      return {
        contentType: "application/octet-stream",
        bytes: Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80]),
      };
    case "empty":
      return { contentType: "", bytes: Buffer.alloc(0) };
  }
}

function parseJSON(text: string): JSONValue | undefined {
  try {
    return JSON.parse(text) as JSONValue;
  } catch {
    return undefined;
  }
}
