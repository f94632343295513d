import { create } from "@bufbuild/protobuf";
import {
  HeartbeatSchema,
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Clock, Timer } from "../contract/clock.ts";
import { durationOf } from "./attempt-record.ts";

/**
 * A heartbeat whenever a reader has waited for `intervalMs`. One timer runs on beside the messages,
 * and looks at its end how long the present wait has lasted: a message costs no timer of its own.
 */
export class Heartbeats {
  readonly #intervalMs: number;
  readonly #receivedMs: number;
  readonly #clock: Clock;
  #tell: ((heartbeat: StreamCallResponse) => void) | undefined;
  #timer: Timer | undefined;
  /** Since when the reader waits. Unset: it does not. */
  #sinceMs: number | undefined;

  constructor(intervalMs: number, receivedMs: number, clock: Clock) {
    this.#intervalMs = intervalMs;
    this.#receivedMs = receivedMs;
    this.#clock = clock;
  }

  /** Says who is told of each, while its reader waits. */
  tell(listener: (heartbeat: StreamCallResponse) => void): void {
    this.#tell = listener;
  }

  /** The reader begins to wait. */
  begin(): void {
    this.#sinceMs = this.#clock.now();
    if (this.#timer === undefined) this.#arm(this.#intervalMs);
  }

  /** The reader waits no more. */
  rest(): void {
    this.#sinceMs = undefined;
  }

  /** There is nothing to wait for any more. */
  end(): void {
    this.rest();
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
    if (leftMs > 0) this.#arm(leftMs);
    else this.#tell?.(heartbeat(nowMs - this.#receivedMs));
  }
}

function heartbeat(elapsedMs: number): StreamCallResponse {
  const value = create(HeartbeatSchema, { elapsed: durationOf(elapsedMs) });
  return create(StreamCallResponseSchema, { event: { case: "heartbeat", value } });
}
