import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { CallContext } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { PulledMessages } from "../contract/pulled-messages.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import { AttemptLoop } from "./attempt-loop.ts";
import type { CallEnvironment } from "./call-environment.ts";
import type { CallPlan } from "./call-plan.ts";
import { CommittedStream } from "./committed-stream.ts";
import type { Answered } from "./hedge.ts";
import { Resumption } from "./resumption.ts";
import { type OpenedStream, streamOpening } from "./stream-opening.ts";

/**
 * A planned call, and the messages of its answer. Ends with `finished`, or throws. If it is to be
 * resumed, an answer that breaks off is continued by another attempt.
 */
export class StreamCall implements PulledMessages<StreamCallResponse> {
  onReadable: (() => void) | undefined;
  readonly #environment: CallEnvironment;
  readonly #work: WorkSignal;
  readonly #loop: AttemptLoop<OpenedStream>;
  readonly #resumption: Resumption | undefined;
  #stream: CommittedStream | undefined;
  /** The attempts that are to give a stream. Unset: none has begun. */
  #opening: Promise<void> | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #isOver = false;

  constructor(
    plan: CallPlan,
    context: CallContext,
    environment: CallEnvironment,
    isResumed: boolean,
  ) {
    this.#environment = environment;
    this.#work = new WorkSignal(environment.clock, context.signal);
    const own = { ...context, signal: this.#work.signal };
    this.#loop = new AttemptLoop(streamOpening(environment), plan, own, environment);
    this.#resumption = isResumed ? new Resumption(this.#loop, plan) : undefined;
  }

  get ended(): boolean {
    return this.#isOver && this.#failure === undefined;
  }

  pull(): StreamCallResponse | undefined {
    for (;;) {
      if (this.#failure !== undefined) this.#throwFailure(this.#failure.reason);
      if (this.#isOver) return undefined;
      const told = this.#resumption?.takeOpening();
      if (told !== undefined) return told;
      if (this.#stream === undefined) {
        this.#opening ??= this.#open(this.#loop.run());
        return undefined;
      }
      const message = this.#pullFrom(this.#stream);
      if (message === undefined) {
        if (this.#failure === undefined) return undefined;
        continue;
      }
      const next = this.#resumption === undefined ? message : this.#resumption.next(message);
      if (next !== undefined) return next;
    }
  }

  async leave(): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    this.#work.abort(new ConnectorError("CALLER_CANCELLED", "the stream was left before its end"));
    await this.#opening;
  }

  #pullFrom(stream: CommittedStream): StreamCallResponse | undefined {
    try {
      const message = stream.pull();
      if (stream.isFinished) this.#end();
      return message;
    } catch (thrown) {
      const failure = stream.failure(thrown);
      this.#stream = undefined;
      stream.dispose();
      const rest = this.#resumption?.goOn(failure, stream.answered);
      if (rest === undefined) this.#failure = { reason: failure };
      else this.#opening = this.#open(rest);
      return undefined;
    }
  }

  async #open(answer: Promise<Answered<OpenedStream>>): Promise<void> {
    try {
      this.#stream = new CommittedStream(await answer, this.#environment);
      this.#stream.onReadable = () => this.onReadable?.();
      // Whoever has left cannot be told; what came for it is given up.
      if (this.#isOver) this.#end();
    } catch (reason) {
      if (!this.#isOver) this.#failure = { reason };
    }
    this.onReadable?.();
  }

  #throwFailure(reason: unknown): never {
    this.#failure = undefined;
    this.#end();
    throw reason;
  }

  #end(): void {
    this.#isOver = true;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.dispose();
    this.#work.dispose();
  }
}
