import type { Clock } from "../../src/contract/clock.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Reason } from "../../src/contract/reasons.ts";
import type { HttpRequest, HttpResponse, ProviderHttp } from "../../src/http/http-client.ts";
import { sleep } from "../../src/resilience/sleep.ts";

/** A piece of a body: after so long (0), these bytes, or how the connection ends. */
export interface Piece {
  readonly afterMs?: number;
  readonly text?: string;
  /** `lost`: the connection breaks; `silence`: nothing more comes. */
  readonly end?: "lost" | "silence";
}

/** What a provider does with one request. */
export interface Answer {
  /** Time to the head, or to the failure, ms. Default: 10. */
  readonly headMs?: number;
  /** Nothing ever comes. */
  readonly silent?: boolean;
  /** No answer comes, and why. */
  readonly failure?: Reason;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Piece[];
}

/** One request that a provider got. */
export interface Sent {
  /** First label of the host: the name of the target. */
  readonly at: string;
  readonly model: string;
  readonly key: string;
  readonly startMs: number;
  readonly body: SentBody;
  /** When its signal was aborted while it was open, and for what. */
  aborted?: { readonly ms: number; readonly reason: unknown };
}

/** What of a request of Chat Completions the tests look at. */
export interface SentBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** Providers that answer by script: each host its answers in order, the last one ever after. */
export class FakeProviders implements ProviderHttp {
  readonly sent: Sent[] = [];
  readonly #clock: Clock;
  readonly #scripts: Readonly<Record<string, readonly Answer[]>>;
  readonly #asked = new Map<string, number>();
  #open = 0;

  constructor(clock: Clock, scripts: Readonly<Record<string, readonly Answer[]>>) {
    this.#clock = clock;
    this.#scripts = scripts;
  }

  /** Exchanges that have neither ended nor been left. */
  get open(): number {
    return this.#open;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal.throwIfAborted();
    const at = new URL(request.url).host.split(".")[0] ?? "";
    const count = this.#asked.get(at) ?? 0;
    this.#asked.set(at, count + 1);
    const scripts = this.#scripts[at] ?? [];
    const answer = scripts[Math.min(count, scripts.length - 1)];
    if (answer === undefined) throw new Error(`no script for ${at}`);
    const body = JSON.parse(request.body) as SentBody;
    const sent: Sent = {
      at,
      model: body.model,
      key: request.headers.authorization?.replace("Bearer ", "") ?? "",
      startMs: this.#clock.now(),
      body,
    };
    this.sent.push(sent);
    return await this.#answer(answer, request, sent);
  }

  async #answer(answer: Answer, { signal }: HttpRequest, sent: Sent): Promise<HttpResponse> {
    const { headMs = 10, failure, metadata = {}, status = 200, headers = {}, body = [] } = answer;
    const exchange = new FakeExchange(body, signal, this.#clock, sent, () => {
      this.#open -= 1;
    });
    this.#open += 1;
    try {
      await sleep(this.#clock, answer.silent ? forEverMs : headMs, signal);
    } catch (thrown) {
      exchange.close();
      throw thrown;
    }
    if (failure === undefined) return { status, headers, body: exchange };
    exchange.close();
    throw new ConnectorError(failure, `the fake says ${failure}`, { metadata });
  }
}

const forEverMs = 1e9;

class FakeExchange implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #pieces: Piece[];
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #onClose: () => void;
  readonly #onAbort: () => void;
  #isOpen = true;

  constructor(
    pieces: readonly Piece[],
    signal: AbortSignal,
    clock: Clock,
    sent: Sent,
    onClose: () => void,
  ) {
    this.#pieces = [...pieces];
    this.#signal = signal;
    this.#clock = clock;
    this.#onClose = onClose;
    this.#onAbort = () => {
      sent.aborted = { ms: clock.now(), reason: signal.reason };
      this.close();
    };
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#signal.aborted) throw this.#signal.reason;
    const piece = this.#pieces.shift();
    if (piece === undefined) {
      this.close();
      return { done: true, value: undefined };
    }
    const { afterMs = 0, text = "", end } = piece;
    if (end === "silence") await sleep(this.#clock, forEverMs, this.#signal);
    if (afterMs > 0) await sleep(this.#clock, afterMs, this.#signal);
    if (end === "lost") {
      this.close();
      throw new ConnectorError("PROVIDER_CONNECTION_LOST", "the fake hangs up");
    }
    return { done: false, value: Buffer.from(text) };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.close();
    return { done: true, value: undefined };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#onClose();
  }
}

/** A whole answer of Chat Completions. */
export function says(text: string, rest: Partial<Answer> = {}): Answer {
  const body = {
    id: "answer-1",
    model: "said-model",
    choices: [{ index: 0, message: { role: "assistant", content: text }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 2 },
  };
  return { body: [{ text: JSON.stringify(body) }], ...rest };
}

/** An answer that is no success, with an error in OpenAI's words. */
export function refuses(
  status: number,
  { code, ...rest }: Partial<Answer> & { readonly code?: string } = {},
): Answer {
  const error = { message: "no", type: "error", ...(code && { code }) };
  return { status, body: [{ text: JSON.stringify({ error }) }], ...rest };
}

/** A chunk of a stream: a delta of the first choice. */
export function chunk(delta: object, rest: object = {}): Piece {
  const choices = [{ index: 0, delta, finish_reason: null }];
  const body = { id: "answer-1", model: "said-model", choices, ...rest };
  return { afterMs: 10, text: `data: ${JSON.stringify(body)}\n\n` };
}

/** A word of a stream. */
export function word(content: string): Piece {
  return chunk({ content });
}

/** The end of a stream, with its usage. */
export function ending(reason = "stop", usage?: object): readonly Piece[] {
  const choices = [{ index: 0, delta: {}, finish_reason: reason }];
  const last = { id: "answer-1", model: "said-model", choices, ...(usage && { usage }) };
  return [{ text: `data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n` }];
}

/** A stream of pieces. */
export function streams(...body: readonly Piece[]): Answer {
  return { headers: { "content-type": "text/event-stream" }, body };
}
