import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Attempt, Route, Usage } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { Reason } from "../contract/reasons.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { cleaner, type Redact, valueCharactersMax } from "./clean-text.ts";

/** Where an attempt was when it ended. */
export type Phase = "connect" | "headers" | "first_delta" | "stream";

/** What is noted while one attempt runs. */
export class AttemptRecord {
  #phase: Phase = "connect";
  /** HTTP status of the provider. 0: no answer yet. */
  httpStatus = 0;
  /** The provider's headers, by lower-case name. */
  headers: Readonly<Record<string, string>> = {};
  readonly #clock: Clock;
  readonly #plan: AttemptPlan;
  readonly #redact: Redact;
  readonly #startMs: number;
  readonly #ended: Attempt[];
  #answeredMs: number | undefined;
  #firstDeltaMs: number | undefined;
  #providerRequestId: string | undefined;

  /** `ended` are the attempts of the call that have ended; this one joins them when it fails. */
  constructor(plan: AttemptPlan, clock: Clock, redact: Redact, ended: Attempt[]) {
    this.#plan = plan;
    this.#clock = clock;
    this.#redact = redact;
    this.#startMs = clock.now();
    this.#ended = ended;
  }

  /** Where the attempt is now. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Time from its start to the head of an answer, ms. Unset: none came. */
  get latencyMs(): number | undefined {
    return this.#answeredMs === undefined ? undefined : this.#answeredMs - this.#startMs;
  }

  /** Time since its start, ms. */
  get elapsedMs(): number {
    return this.#clock.now() - this.#startMs;
  }

  /** Whether anything was sent. */
  get wasSent(): boolean {
    return this.#phase !== "connect";
  }

  /**
   * Notes that the attempt gave no answer, and why; one that sent nothing leaves no trace. Returns
   * every attempt of the call that has ended.
   */
  fail(reason: Reason, usage: Usage | undefined): readonly Attempt[] {
    if (this.wasSent) this.#ended.push(this.#toAttempt(reason, usage));
    return [...this.#ended];
  }

  /** Notes that the request leaves. */
  sent(): void {
    this.#phase = "headers";
  }

  /** Notes the head of the provider's answer. */
  answered(status: number, headers: Readonly<Record<string, string>>): void {
    this.httpStatus = status;
    this.headers = headers;
    this.#answeredMs = this.#clock.now();
    if (status < 300) this.#phase = "first_delta";
  }

  /** Notes the first delta. */
  firstDelta(): void {
    this.#firstDeltaMs = this.#clock.now();
    this.#phase = "stream";
  }

  /** The provider's id of the request, without secrets. Empty: it gave none. */
  get providerRequestId(): string {
    const given = this.headers[this.#plan.target.dialect.requestIdHeader];
    if (!given) return "";
    this.#providerRequestId ??= cleaner(this.#plan, this.#redact)(given, valueCharactersMax);
    return this.#providerRequestId;
  }

  #toAttempt(reason: Reason | "", usage?: Usage): Attempt {
    const { target, model, keyIndex, receivedMs } = this.#plan;
    const attempt: Attempt = {
      $typeName: "nexen.connectors.v1.Attempt",
      target: target.name,
      region: target.region,
      model,
      keyIndex,
      reason,
      httpStatus: this.httpStatus,
      startOffset: durationOf(this.#startMs - receivedMs),
      total: durationOf(this.#clock.now() - this.#startMs),
      providerRequestId: this.providerRequestId,
    };
    if (usage !== undefined) attempt.usage = usage;
    if (this.#firstDeltaMs !== undefined) {
      attempt.firstDelta = durationOf(this.#firstDeltaMs - this.#startMs);
    }
    return attempt;
  }

  /** The route of the answer that this attempt gave, with every attempt before it. */
  toRoute(): Route {
    return routeOf(this.#plan, [...this.#ended, this.#toAttempt("")]);
  }
}

/** A route that ended at a candidate, by these attempts. */
export function routeOf({ target, match }: AttemptPlan, attempts: readonly Attempt[]): Route {
  return {
    $typeName: "nexen.connectors.v1.Route",
    provider: target.adapter.name,
    target: target.name,
    region: target.region,
    rule: match.rule,
    simulated: target.simulated,
    attempts: [...attempts],
  };
}

/** Milliseconds as a Duration; negative ones, which only rounding can give, as zero. */
export function durationOf(spanMs: number): Duration {
  const nanos = Math.round(Math.max(spanMs, 0) * 1e6);
  return {
    $typeName: "google.protobuf.Duration",
    seconds: BigInt(Math.floor(nanos / 1e9)),
    nanos: nanos % 1e9,
  };
}
