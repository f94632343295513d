import { create } from "@bufbuild/protobuf";
import {
  HeartbeatSchema,
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock, Timer } from "../contract/clock.ts";
import type { PulledMessages } from "../contract/pulled-messages.ts";
import { durationOf } from "./attempt-record.ts";

/**
 * Messages, and a heartbeat whenever their reader has waited for `intervalMs`. One timer runs on
 * beside the messages, and looks at its end how long the present wait has lasted: a message costs
 * no timer of its own.
 */
export class Heartbeats implements PulledMessages<StreamCallResponse> {
  onReadable: (() => void) | undefined;
  readonly #messages: PulledMessages<StreamCallResponse>;
  readonly #intervalMs: number;
  readonly #receivedMs: number;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  /** Since when the reader waits. Unset: it does not. */
  #sinceMs: number | undefined;
  #heartbeat: StreamCallResponse | undefined;

  /** `receivedMs` is when the call arrived, on the clock's scale. */
  constructor(
    messages: PulledMessages<StreamCallResponse>,
    intervalMs: number,
    receivedMs: number,
    clock: Clock,
  ) {
    this.#messages = messages;
    this.#intervalMs = intervalMs;
    this.#receivedMs = receivedMs;
    this.#clock = clock;
    messages.onReadable = () => this.onReadable?.();
  }

  get ended(): boolean {
    return this.#messages.ended;
  }

  pull(): StreamCallResponse | undefined {
    try {
      const message = this.#messages.pull() ?? this.#heartbeat;
      this.#heartbeat = undefined;
      if (message !== undefined) this.#sinceMs = undefined;
      else if (this.#messages.ended) this.#end();
      else this.#wait();
      return message;
    } catch (thrown) {
      this.#end();
      throw thrown;
    }
  }

  leave(): Promise<void> {
    this.#end();
    return this.#messages.leave();
  }

  #wait(): void {
    this.#sinceMs ??= this.#clock.now();
    if (this.#timer === undefined) this.#arm(this.#intervalMs);
  }

  #end(): void {
    this.#sinceMs = undefined;
    this.#timer?.clear();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.schedule(delayMs, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#sinceMs === undefined) return;
    const nowMs = this.#clock.now();
    const leftMs = this.#sinceMs + this.#intervalMs - nowMs;
    if (leftMs > 0) {
      this.#arm(leftMs);
      return;
    }
    this.#heartbeat = heartbeat(nowMs - this.#receivedMs);
    this.onReadable?.();
  }
}

function heartbeat(elapsedMs: number): StreamCallResponse {
  const value = create(HeartbeatSchema, { elapsed: durationOf(elapsedMs) });
  return create(StreamCallResponseSchema, { event: { case: "heartbeat", value } });
}
