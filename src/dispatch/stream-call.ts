import { create } from "@bufbuild/protobuf";
import type { LLMResponse, Warning } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
  StreamFinishedSchema,
  StreamStartedSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { StreamEvent } from "../contract/adapter.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import { AttemptRecord } from "./attempt-record.ts";
import { attemptTimeout, type CallEnvironment, limitToDeadline } from "./call-environment.ts";
import { completeFailure } from "./call-failure.ts";
import type { CallPlan } from "./call-plan.ts";
import { finishResponse, trailingBytesMissing } from "./finish-response.ts";
import { openAnswer } from "./provider-answer.ts";
import { providerRequest } from "./provider-request.ts";
import { ProviderStream, type StreamRead } from "./provider-stream.ts";
import { StreamTally } from "./stream-tally.ts";

const drainBytesMax = 64 * 1024;
const drainMsMax = 1_000;

/** Carries out a planned call and yields its events. Ends with `finished`, or throws. */
export async function* streamCall(
  plan: CallPlan,
  context: CallContext,
  environment: CallEnvironment,
): AsyncGenerator<StreamCallResponse> {
  const call = new StreamCall(plan, context, environment);
  try {
    yield* call.run();
  } catch (thrown) {
    throw call.failure(thrown);
  } finally {
    await call.dispose();
  }
}

class StreamCall {
  readonly #plan: CallPlan;
  readonly #environment: CallEnvironment;
  readonly #record: AttemptRecord;
  readonly #work: WorkSignal;
  readonly #tally = new StreamTally();
  #stream: ProviderStream | undefined;
  #warnings: readonly Warning[] = [];
  /** Events before the first delta: until then another attempt could still be made. */
  #held: StreamEvent[] | undefined = [];
  #finished = false;

  constructor(plan: CallPlan, context: CallContext, environment: CallEnvironment) {
    this.#plan = plan;
    this.#environment = environment;
    this.#record = new AttemptRecord(plan, environment.clock, environment.redact);
    this.#work = new WorkSignal(environment.clock, context.signal);
  }

  async *run(): AsyncGenerator<StreamCallResponse> {
    const { attemptTimeoutMs, firstDeltaTimeoutMs, idleTimeoutMs } = this.#plan;
    const firstDeltaMs = Math.min(attemptTimeoutMs, firstDeltaTimeoutMs);
    limitToDeadline(this.#work, this.#plan, this.#environment.clock);
    const firstDelta = this.#work.limit(firstDeltaMs, attemptTimeout("delta", firstDeltaMs));
    const idle = this.#work.idleLimit(idleTimeoutMs, () => stalled(idleTimeoutMs));
    const stream = await this.#open();
    for (;;) {
      const read = await stream.read();
      const events = this.#release(read);
      if (events.length > 0) {
        firstDelta.clear();
        idle.pause();
        for (const event of events) yield wrap(event);
        idle.touch();
      }
      if (read.failure !== undefined) throw read.failure;
      if (read.answer !== undefined) {
        const response = this.#complete(read.answer.response, read.answer.trailingBytesMissing);
        yield wrap({ case: "finished", value: create(StreamFinishedSchema, { response }) });
        return;
      }
    }
  }

  /** The error that ends the call, with how far it had come. */
  failure(thrown: unknown): ConnectorError {
    const { signal } = this.#work;
    const cause = signal.aborted ? signal.reason : thrown;
    const progress =
      this.#stream && this.#tally.progress(this.#plan.request, this.#stream.snapshot());
    return completeFailure(cause, this.#plan, this.#record, this.#environment, progress);
  }

  /** Frees what the call holds. A connection whose answer is whole is read to its end first. */
  async dispose(): Promise<void> {
    this.#work.dispose();
    if (this.#finished) {
      const { clock } = this.#environment;
      const timer = clock.schedule(drainMsMax, () => this.#work.abort(abandoned()));
      void this.#stream?.drain(drainBytesMax).finally(() => timer.clear());
      return;
    }
    this.#work.abort(abandoned());
    await this.#stream?.close();
  }

  async #open(): Promise<ProviderStream> {
    const plan = this.#plan;
    const { signal } = this.#work;
    signal.throwIfAborted();
    const request = providerRequest(plan, plan.target.dialect.encode, true, signal);
    this.#warnings = request.warnings;
    const response = await openAnswer(request, plan, this.#record, this.#environment);
    this.#stream = new ProviderStream(response, plan, this.#environment.limits, this.#tally);
    return this.#stream;
  }

  /** The events that may leave: none before the first delta, since the attempt may still fail. */
  #release(read: StreamRead): readonly StreamEvent[] {
    const commits = read.answer !== undefined || read.events.some(isDelta);
    if (this.#held !== undefined && !commits) {
      this.#held.push(...read.events);
      return [];
    }
    const events = this.#held === undefined ? read.events : this.#commit(read.events);
    for (const event of events) this.#tally.event(event);
    return events;
  }

  #commit(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#record.firstDelta();
    const { id = "", model = "" } = this.#stream?.snapshot() ?? {};
    const route = this.#record.toRoute();
    const started = create(StreamStartedSchema, { route, id, model });
    return [{ case: "started", value: started }, ...held, ...events];
  }

  #complete(response: LLMResponse, lacksTrailingBytes: boolean): LLMResponse {
    this.#finished = true;
    const warnings = lacksTrailingBytes
      ? [...this.#warnings, trailingBytesMissing()]
      : this.#warnings;
    return finishResponse(response, this.#plan, this.#record, warnings, this.#environment);
  }
}

function isDelta({ case: kind }: StreamEvent): boolean {
  return (
    kind === "textDelta" ||
    kind === "thinkingDelta" ||
    kind === "toolCallDelta" ||
    kind === "partFinished"
  );
}

function wrap(event: StreamEvent): StreamCallResponse {
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
