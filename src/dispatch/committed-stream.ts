import { create } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type StreamCallResponse,
  StreamFinishedSchema,
  StreamStartedSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { retryRule } from "../resilience/retry-rules.ts";
import type { IdleLimit } from "../resilience/work-signal.ts";
import type { CallEnvironment } from "./call-environment.ts";
import { finishResponse, trailingBytesMissing } from "./finish-response.ts";
import type { Answered } from "./hedge.ts";
import type { StreamRead } from "./provider-stream.ts";
import type { OpenedStream } from "./stream-opening.ts";

const drainBytesMax = 64 * 1024;
const drainMsMax = 1_000;
const nothing: StreamRead = { events: [] };

/** A stream from its first delta to its end: what one attempt gives, and no other any more. */
export class CommittedStream {
  /** The attempt, and its stream. */
  readonly answered: Answered<OpenedStream>;
  readonly #environment: CallEnvironment;
  readonly #idle: IdleLimit;
  #read: StreamRead;
  /** How many events of the read were pulled. */
  #taken = 0;
  #finished = false;

  constructor(answered: Answered<OpenedStream>, environment: CallEnvironment) {
    this.answered = answered;
    this.#environment = environment;
    const { plan, work } = answered.attempt;
    this.#idle = work.idleLimit(plan.idleTimeoutMs, () => stalled(plan.idleTimeoutMs));
    const { held, first } = answered.answer;
    this.#read = { ...first, events: [this.#started(), ...held, ...first.events] };
  }

  /** Called when there may be more to pull. */
  set onReadable(listener: () => void) {
    this.answered.answer.stream.onReadable = listener;
  }

  /** Whether `finished` was pulled: nothing follows it. */
  get isFinished(): boolean {
    return this.#finished;
  }

  /**
   * The next message: `started`, the events of the provider, and `finished`. Undefined: none has
   * come. Throws what ends it before.
   */
  pull(): StreamCallResponse | undefined {
    for (;;) {
      const event = this.#read.events[this.#taken];
      if (event !== undefined) {
        if (this.#taken === 0) this.#deliver(this.#read.events);
        this.#taken += 1;
        return wrap(event);
      }
      if (this.#taken > 0) this.#idle.touch();
      if (this.#read.failure !== undefined) throw this.#read.failure;
      const { answer } = this.#read;
      if (answer !== undefined) {
        const response = this.#complete(answer.response, answer.trailingBytesMissing);
        return wrap({ case: "finished", value: create(StreamFinishedSchema, { response }) });
      }
      this.#read = nothing;
      this.#taken = 0;
      const read = this.answered.answer.stream.read();
      if (read === undefined) return undefined;
      this.#read = read;
    }
  }

  /** The error that ended it, with how far it had come. Call it once. */
  failure(thrown: unknown): ConnectorError {
    const { attempt } = this.answered;
    const failure = attempt.failure(thrown);
    const { target, model } = attempt.plan;
    this.#environment.states.health(target.name, model).note(retryRule(failure).outcome);
    return failure;
  }

  /** Frees what the call holds. A connection whose answer is whole is read to its end first. */
  dispose(): void {
    const { attempt, answer } = this.answered;
    // What is aborted here would wake a reader that has its end already.
    answer.stream.onReadable = undefined;
    attempt.close();
    if (!this.#finished) {
      attempt.work.abort(abandoned());
      answer.stream.close();
    } else if (!answer.stream.ended) {
      const { clock } = this.#environment;
      const timer = clock.schedule(drainMsMax, () => attempt.work.abort(abandoned()));
      void answer.stream.drain(drainBytesMax).finally(() => timer.clear());
    }
  }

  #deliver(events: readonly StreamEvent[]): void {
    this.#idle.pause();
    for (const event of events) this.answered.answer.tally.event(event);
  }

  #started(): StreamEvent {
    const { id = "", model = "" } = this.answered.answer.stream.snapshot();
    const route = this.answered.attempt.record.toRoute();
    return { case: "started", value: create(StreamStartedSchema, { route, id, model }) };
  }

  #complete(response: LLMResponse, lacksTrailingBytes: boolean): LLMResponse {
    this.#finished = true;
    const { plan, record } = this.answered.attempt;
    const { warnings } = this.answered.answer;
    const all = lacksTrailingBytes ? [...warnings, trailingBytesMissing()] : warnings;
    return finishResponse(response, plan, record, all, this.#environment);
  }
}

/** An event as the message that carries it. */
export function wrap(event: StreamEvent): StreamCallResponse {
  return { $typeName: "nexen.connectors.v1.StreamCallResponse", event };
}

function stalled(idleMs: number): ConnectorError {
  return new ConnectorError("STREAM_STALLED", `the provider sent nothing for ${idleMs} ms`, {
    metadata: { timeout_ms: String(idleMs) },
  });
}

function abandoned(): ConnectorError {
  return new ConnectorError("CALLER_CANCELLED", "the stream was left before its end");
}
