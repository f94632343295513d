import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import {
  type Attempt,
  AttemptSchema,
  type Route,
  RouteSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Clock } from "../contract/clock.ts";
import type { Reason } from "../contract/reasons.ts";
import type { CallPlan } from "./call-plan.ts";
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
  readonly #plan: CallPlan;
  readonly #redact: Redact;
  readonly #startMs: number;
  #firstDeltaMs: number | undefined;
  #providerRequestId: string | undefined;

  constructor(plan: CallPlan, clock: Clock, redact: Redact) {
    this.#plan = plan;
    this.#clock = clock;
    this.#redact = redact;
    this.#startMs = clock.now();
  }

  /** Where the attempt is now. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Every attempt that was made: none until something is sent. `reason` says why it failed. */
  attempts(reason?: Reason): readonly Attempt[] {
    return this.#phase === "connect" ? [] : [this.#toAttempt(reason)];
  }

  /** Notes that the request leaves. */
  sent(): void {
    this.#phase = "headers";
  }

  /** Notes the head of the provider's answer. */
  answered(status: number, headers: Readonly<Record<string, string>>): void {
    this.httpStatus = status;
    this.headers = headers;
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

  #toAttempt(reason?: Reason): Attempt {
    const { target, receivedMs } = this.#plan;
    return create(AttemptSchema, {
      target: target.name,
      region: target.region,
      reason: reason ?? "",
      httpStatus: this.httpStatus,
      startOffset: durationOf(this.#startMs - receivedMs),
      ...(this.#firstDeltaMs !== undefined && {
        firstDelta: durationOf(this.#firstDeltaMs - this.#startMs),
      }),
      total: durationOf(this.#clock.now() - this.#startMs),
      providerRequestId: this.providerRequestId,
    });
  }

  /** The route of an answer; `reason` says why the attempt failed that was to give it. */
  toRoute(reason?: Reason): Route {
    const { target, match } = this.#plan;
    return create(RouteSchema, {
      provider: target.adapter.name,
      target: target.name,
      region: target.region,
      rule: match.rule,
      simulated: target.simulated,
      attempts: [...this.attempts(reason)],
    });
  }
}

/** Milliseconds as a Duration; negative ones, which only rounding can give, as zero. */
export function durationOf(spanMs: number): Duration {
  const nanos = Math.round(Math.max(spanMs, 0) * 1e6);
  return create(DurationSchema, {
    seconds: BigInt(Math.floor(nanos / 1e9)),
    nanos: nanos % 1e9,
  });
}
