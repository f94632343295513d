import type { Clock, Timer } from "../../src/contract/clock.ts";
import type { HttpRequest, HttpResponse } from "../../src/http/http-client.ts";
import { type BodySource, ResponseBody } from "../../src/http/response-body.ts";
import { connectionLost } from "../../src/http/transport-error.ts";
import type { AttemptFacts } from "./facts.ts";

/**
 * One request at a provider, played after its script. The body is the product's own, so that a
 * reader who does not read stops the provider as a socket would.
 */
export class FakeExchange implements BodySource {
  /** Settled with the head, or with why there is none. */
  readonly answer: Promise<HttpResponse>;
  readonly #facts: AttemptFacts;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #onClosed: (exchange: FakeExchange) => void;
  readonly #body: ResponseBody = new ResponseBody(this);
  readonly #settle: PromiseWithResolvers<HttpResponse> = Promise.withResolvers<HttpResponse>();
  readonly #onAbort = (): void => this.#abort(this.#signal.reason);
  #timer: Timer | undefined;
  #next = 0;
  #isPaused = false;
  #isSilenced = false;

  constructor(
    request: HttpRequest,
    facts: AttemptFacts,
    clock: Clock,
    onClosed: (exchange: FakeExchange) => void,
  ) {
    this.answer = this.#settle.promise;
    this.#facts = facts;
    this.#signal = request.signal;
    this.#clock = clock;
    this.#onClosed = onClosed;
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    this.#after(facts.script.headMs, () => this.#head());
  }

  /** What is known of it. */
  get facts(): AttemptFacts {
    return this.#facts;
  }

  /** The place dies under it: it is cut off, or nothing comes any more. */
  die(how: "cut" | "silence"): void {
    if (this.#facts.closedMs !== undefined) return;
    if (how === "silence") {
      this.#timer?.clear();
      this.#isSilenced = true;
      return;
    }
    const phase = this.#facts.headMs === undefined ? "headers" : "body";
    this.#fail(connectionLost(phase, "ECONNRESET", undefined), "weather");
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#goOn();
  }

  leave(): void {
    this.#close("product");
  }

  #head(): void {
    const { refusal, status, headers } = this.#facts.script;
    if (refusal !== undefined) {
      this.#fail(refusal(), "provider");
      return;
    }
    this.#facts.headMs = this.#clock.now();
    this.#settle.resolve({ status, headers, body: this.#body });
    this.#goOn();
  }

  #goOn(): void {
    const { steps } = this.#facts.script;
    const step = steps[this.#next];
    if (step === undefined) {
      this.#end();
      return;
    }
    // What comes with the head comes in the same packet.
    if (step.afterMs === 0) this.#step();
    else this.#after(step.afterMs, () => this.#step());
  }

  #step(): void {
    const facts = this.#facts;
    const step = facts.script.steps[this.#next];
    if (step === undefined) return;
    this.#next += 1;
    const nowMs = this.#clock.now();
    if (step.told > 0) facts.firstWordMs ??= nowMs;
    if (step.isLogical) facts.logicalMs ??= nowMs;
    if (step.isWhole) facts.wholeMs ??= nowMs;
    facts.told = step.told;
    facts.isPlayed = this.#next === facts.script.steps.length;
    this.#isPaused = !this.#body.push(step.bytes);
    if (!this.#isPaused) this.#goOn();
  }

  #end(): void {
    const { end } = this.#facts.script;
    if (end === "never") return;
    if (end === "lost") {
      this.#fail(connectionLost("body", "ECONNRESET", undefined), "provider");
      return;
    }
    this.#close("provider");
    this.#body.end();
  }

  #after(delayMs: number, then: () => void): void {
    if (this.#isSilenced || delayMs === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#clock.schedule(delayMs, then);
  }

  #fail(reason: unknown, by: "provider" | "weather"): void {
    if (!this.#close(by)) return;
    this.#settle.reject(reason);
    this.#body.fail(reason);
  }

  #abort(reason: unknown): void {
    if (!this.#close("product")) return;
    this.#settle.reject(reason);
    this.#body.abort(reason);
  }

  #close(by: AttemptFacts["closedBy"]): boolean {
    const facts = this.#facts;
    if (facts.closedMs !== undefined) return false;
    facts.closedMs = this.#clock.now();
    facts.closedBy = by;
    this.#timer?.clear();
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.#onClosed(this);
    return true;
  }
}
