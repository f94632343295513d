import { create } from "@bufbuild/protobuf";
import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
  StreamFinishedSchema,
  StreamStartedSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { retryRule } from "../resilience/retry-rules.ts";
import type { CallEnvironment } from "./call-environment.ts";
import { finishResponse, trailingBytesMissing } from "./finish-response.ts";
import type { Answered } from "./hedge.ts";
import type { OpenAttempt } from "./open-attempt.ts";
import type { StreamRead } from "./provider-stream.ts";
import type { OpenedStream } from "./stream-opening.ts";

const drainBytesMax = 64 * 1024;
const drainMsMax = 1_000;

/** A stream from its first delta to its end: what one attempt gives, and no other any more. */
export class CommittedStream {
  readonly #attempt: OpenAttempt;
  readonly #opened: OpenedStream;
  readonly #environment: CallEnvironment;
  #finished = false;

  constructor({ attempt, answer }: Answered<OpenedStream>, environment: CallEnvironment) {
    this.#attempt = attempt;
    this.#opened = answer;
    this.#environment = environment;
  }

  /** `started`, the events of the provider, and `finished`. Throws what ends it before. */
  async *events(): AsyncGenerator<StreamCallResponse> {
    const { stream, tally, held, first } = this.#opened;
    const { plan, work } = this.#attempt;
    const idle = work.idleLimit(plan.idleTimeoutMs, () => stalled(plan.idleTimeoutMs));
    let read: StreamRead = { ...first, events: [this.#started(), ...held, ...first.events] };
    for (;;) {
      if (read.events.length > 0) {
        idle.pause();
        for (const event of read.events) tally.event(event);
        for (const event of read.events) yield wrap(event);
        idle.touch();
      }
      if (read.failure !== undefined) throw read.failure;
      if (read.answer !== undefined) {
        const response = this.#complete(read.answer.response, read.answer.trailingBytesMissing);
        yield wrap({ case: "finished", value: create(StreamFinishedSchema, { response }) });
        return;
      }
      read = await stream.read();
    }
  }

  /** The error that ended it, with how far it had come. Call it once. */
  failure(thrown: unknown): ConnectorError {
    const failure = this.#attempt.failure(thrown);
    const { target, model } = this.#attempt.plan;
    this.#environment.states.health(target.name, model).note(retryRule(failure).outcome);
    return failure;
  }

  /** Frees what the call holds. A connection whose answer is whole is read to its end first. */
  async dispose(): Promise<void> {
    const { work } = this.#attempt;
    const { stream } = this.#opened;
    this.#attempt.close();
    if (this.#finished) {
      const { clock } = this.#environment;
      const timer = clock.schedule(drainMsMax, () => work.abort(abandoned()));
      void stream.drain(drainBytesMax).finally(() => timer.clear());
      return;
    }
    work.abort(abandoned());
    await stream.close();
  }

  #started(): StreamEvent {
    const { id = "", model = "" } = this.#opened.stream.snapshot();
    const route = this.#attempt.record.toRoute();
    return { case: "started", value: create(StreamStartedSchema, { route, id, model }) };
  }

  #complete(response: LLMResponse, lacksTrailingBytes: boolean): LLMResponse {
    this.#finished = true;
    const { plan, record } = this.#attempt;
    const { warnings } = this.#opened;
    const all = lacksTrailingBytes ? [...warnings, trailingBytesMissing()] : warnings;
    return finishResponse(response, plan, record, all, this.#environment);
  }
}

/** An event as the message that carries it. */
export function wrap(event: StreamEvent): StreamCallResponse {
  return create(StreamCallResponseSchema, { event });
}

function stalled(idleMs: number): ConnectorError {
  return new ConnectorError("STREAM_STALLED", `the provider sent nothing for ${idleMs} ms`, {
    metadata: { timeout_ms: String(idleMs) },
  });
}

function abandoned(): ConnectorError {
  return new ConnectorError("CALLER_CANCELLED", "the stream was left before its end");
}
