import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Message } from "@bufbuild/protobuf";
import type { Clock, Timer } from "../contract/clock.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import { pulledMessages } from "../contract/iterated-messages.ts";
import type { Limits } from "../contract/limits.ts";
import type { PulledMessages } from "../contract/pulled-messages.ts";
import type { Arrival } from "./call-arrival.ts";
import { deadlineReason, drainingReason, lastWordsMs, leavingReason } from "./call-context.ts";
import { lingerMs } from "./connection.ts";
import { LaneAnswer } from "./lane-answer.ts";
import { frameOf, RequestReader } from "./lane-messages.ts";
import type { LaneMethod } from "./lane-route.ts";
import type { Permit, ServerAdmission } from "./server-admission.ts";

/** What a call of the lane arrives with. */
export interface LaneArrival extends Arrival {
  /** When it ends at the latest, also without a deadline, ms. */
  readonly endMs: number;
  readonly requestHeaders: IncomingHttpHeaders;
  /** Sent with whatever the answer is. */
  readonly responseHeaders: OutgoingHttpHeaders;
  /** What is wrong with its timeout, which is told to calls that are let in. */
  readonly timeoutFault: ConnectorError | undefined;
}

/** What all calls of a lane share. */
export interface LaneParts {
  readonly limits: Pick<Limits, "requestMs">;
  readonly clock: Clock;
  readonly openCalls: Set<LaneCall>;
  /** Lets calls in. Unset: all of them. */
  readonly admission: ServerAdmission | undefined;
  /** What a call ends with that failed: its status as headers. */
  trailersOf(thrown: unknown): OutgoingHttpHeaders;
}

const success: OutgoingHttpHeaders = { "grpc-status": "0" };

type Phase = "entering" | "reading" | "working" | "over";

/**
 * One call of gRPC on its stream, from its headers to its trailers. It is carried out when the
 * whole request is there. What ends it is told once: by the api, by the deadline or the shutdown
 * (after which the api has a moment for words of its own), or not at all if the caller goes.
 */
export class LaneCall {
  readonly #parts: LaneParts;
  readonly #stream: ServerHttp2Stream;
  readonly #method: LaneMethod;
  readonly #answer: LaneAnswer;
  readonly #controller = new AbortController();
  readonly #receivedMs: number;
  readonly #deadlineMs: number | undefined;
  /** When the stream is closed, whatever has become of the call. */
  readonly #endMs: number;
  /** When its request must have been sent. */
  #requestDueMs: number;
  #phase: Phase = "entering";
  /** Until the call is carried out. */
  #arrival: LaneArrival | undefined;
  #reader: RequestReader | undefined;
  #permit: Permit | undefined;
  #timer: Timer | undefined;
  #lastWords: Timer | undefined;
  /** What a streaming method answers, until it is over. */
  #messages: PulledMessages<Message> | undefined;
  /** Whether the api is waited for, and not the caller. */
  #isWaiting = false;
  /** The time for last words is over. */
  #isSilenced = false;

  constructor(
    parts: LaneParts,
    stream: ServerHttp2Stream,
    method: LaneMethod,
    arrival: LaneArrival,
  ) {
    this.#parts = parts;
    this.#stream = stream;
    this.#method = method;
    this.#answer = new LaneAnswer(stream, arrival.responseHeaders, parts.clock);
    this.#arrival = arrival;
    this.#receivedMs = arrival.receivedMs;
    this.#deadlineMs = arrival.deadlineMs;
    this.#endMs = arrival.endMs + lingerMs;
    this.#requestDueMs = arrival.receivedMs + parts.limits.requestMs;
    stream.on("error", ignore);
    stream.on("close", () => this.#onClose());
    this.#setTimer();
  }

  /** Takes a place among the calls, reads the request, and has it carried out. */
  enter(): void {
    const arrival = this.#arrival;
    const parts = this.#parts;
    if (arrival === undefined) return;
    if (arrival.refusal !== undefined || parts.admission === undefined) {
      this.#admit(undefined);
      return;
    }
    let entered: Permit | Promise<Permit>;
    try {
      entered = parts.admission.enter(arrival.caller, this.#controller.signal);
    } catch (thrown) {
      this.#fail(thrown);
      return;
    }
    if (!(entered instanceof Promise)) {
      this.#admit(entered);
      return;
    }
    entered.then(
      (permit) => this.#admit(permit),
      (thrown: unknown) => this.#fail(thrown),
    );
  }

  /** The server has shut down. */
  shutDown(reason: unknown): void {
    this.#abort(drainingReason(reason));
  }

  #admit(permit: Permit | undefined): void {
    this.#permit = permit;
    if (this.#isOver()) {
      permit?.release();
      return;
    }
    const fault = this.#arrival?.refusal ?? this.#arrival?.timeoutFault;
    if (fault !== undefined) {
      this.#fail(fault);
      return;
    }
    this.#phase = "reading";
    this.#reader = new RequestReader(this.#method.format);
    this.#stream.on("data", (piece: Buffer) => this.#read(piece));
    this.#stream.on("end", () => this.#start());
  }

  #read(piece: Buffer): void {
    // What comes after an error is thrown away.
    if (this.#phase !== "reading") return;
    try {
      this.#reader?.add(piece);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The request has ended: has the call carried out. */
  #start(): void {
    const arrival = this.#arrival;
    const reader = this.#reader;
    const deadlineMs = this.#deadlineMs;
    this.#arrival = undefined;
    this.#reader = undefined;
    // A stream that is reset ends too, and closes right after.
    if (this.#phase !== "reading" || this.#stream.closed || !arrival || !reader) return;
    try {
      const request = reader.end();
      const isLate = deadlineMs !== undefined && this.#parts.clock.now() >= deadlineMs;
      if (isLate) this.#abort(deadlineReason(this.#times()));
      const { signal } = this.#controller;
      if (signal.aborted) throw signal.reason;
      const { receivedMs, caller, previousAttempts, requestHeaders } = arrival;
      this.#phase = "working";
      this.#isWaiting = true;
      const answer = this.#method.handle(
        request,
        { signal, receivedMs, deadlineMs, caller, previousAttempts },
        { requestHeaders, answer: this.#answer },
      );
      if (Symbol.asyncIterator in answer) {
        this.#messages = pulledMessages(answer);
        this.#messages.onReadable = () => this.#onReadable();
        this.#relay(this.#messages);
        return;
      }
      answer.then(
        (message) => this.#succeed(message),
        (thrown: unknown) => this.#fail(thrown),
      );
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #onReadable(): void {
    if (this.#isWaiting && this.#messages !== undefined) this.#relay(this.#messages);
  }

  /** Sends what has come, until the api is waited for, or the caller. */
  #relay(messages: PulledMessages<Message>): void {
    const answer = this.#answer;
    this.#isWaiting = false;
    try {
      while (!this.#isOver()) {
        if (this.#isSilenced) throw this.#controller.signal.reason;
        if (answer.isFull) {
          answer.onceDrained(() => this.#relay(messages));
          return;
        }
        const message = messages.pull();
        if (message !== undefined) answer.send(frameOf(message, this.#method.format));
        else if (messages.ended) this.#succeed(undefined);
        else {
          answer.flush();
          this.#wait();
          return;
        }
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The api is waited for. After an abort, not for long. */
  #wait(): void {
    this.#isWaiting = true;
    if (this.#controller.signal.aborted) this.#limitLastWords();
  }

  #abort(reason: ConnectorError): void {
    const { signal } = this.#controller;
    if (signal.aborted || this.#phase === "over") return;
    this.#controller.abort(reason);
    if (this.#phase === "working" && this.#isWaiting) this.#limitLastWords();
  }

  #limitLastWords(): void {
    this.#lastWords ??= this.#parts.clock.schedule(lastWordsMs, () => {
      this.#isSilenced = true;
      if (this.#isWaiting) this.#fail(this.#controller.signal.reason);
    });
  }

  #succeed(message: Message | undefined): void {
    if (this.#isOver()) return;
    try {
      const frame = message && frameOf(message, this.#method.format);
      this.#leave();
      if (frame === undefined) this.#answer.end(success, false);
      else this.#answer.endWith(frame, success);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    if (this.#isOver()) return;
    this.#leave();
    this.#answer.end(this.#parts.trailersOf(thrown), true);
  }

  /** The call is over; its answer may still be on its way. */
  #leave(): void {
    this.#phase = "over";
    this.#arrival = undefined;
    this.#reader = undefined;
    this.#permit?.release();
    this.#lastWords?.clear();
    // Whoever leaves early has aborted the call; its end is the api's affair and not waited for.
    const messages = this.#messages;
    this.#messages = undefined;
    messages?.leave().catch(ignore);
  }

  #onClose(): void {
    this.#timer?.clear();
    this.#parts.openCalls.delete(this);
    if (this.#isOver()) return;
    this.#phase = "over";
    this.#controller.abort(leavingReason(this.#times(), this.#parts.clock));
    this.#leave();
  }

  #isOver(): boolean {
    return this.#phase === "over";
  }

  #times(): Pick<Arrival, "receivedMs" | "deadlineMs"> {
    return { receivedMs: this.#receivedMs, deadlineMs: this.#deadlineMs };
  }

  /** One timer for all: the whole request, the deadline, and the end of a late answer. */
  #setTimer(): void {
    const isOpen = !this.#isOver() && !this.#controller.signal.aborted;
    const deadlineMs = isOpen ? (this.#deadlineMs ?? this.#endMs) : this.#endMs;
    const dueMs = Math.min(deadlineMs, this.#requestDueMs, this.#endMs);
    const { clock } = this.#parts;
    this.#timer = clock.schedule(Math.max(dueMs - clock.now(), 0), () => this.#onTime());
  }

  #onTime(): void {
    const stream = this.#stream;
    const deadlineMs = this.#deadlineMs;
    const nowMs = this.#parts.clock.now();
    if (nowMs >= this.#endMs) {
      // Nobody reads the answer, which would keep its place among the open calls for ever.
      stream.close(constants.NGHTTP2_CANCEL);
      return;
    }
    if (nowMs >= this.#requestDueMs) {
      this.#requestDueMs = Number.POSITIVE_INFINITY;
      const isWaiting = this.#arrival !== undefined && stream.state.remoteClose !== 1;
      if (isWaiting) {
        stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
        return;
      }
    }
    if (deadlineMs !== undefined && nowMs >= deadlineMs) this.#abort(deadlineReason(this.#times()));
    this.#setTimer();
  }
}

/** A stream that fails is closed, and that is listened to. */
function ignore(): void {}
