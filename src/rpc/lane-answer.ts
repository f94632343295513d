import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Clock } from "../contract/clock.ts";
import { endUnreadStream } from "./unread-request.ts";

/** Messages that leave together have at most so many bytes, and one more message. */
const joinedBytesMax = 16 * 1024;

const withTrailers = { waitForTrailers: true };
const withoutBody = { endStream: true };

/** The answer to a call as gRPC sends it: headers, messages, trailers. */
export class LaneAnswer {
  readonly #stream: ServerHttp2Stream;
  readonly #clock: Clock;
  #headers: OutgoingHttpHeaders;
  #trailers: OutgoingHttpHeaders | undefined;
  /** Messages that leave with the next flush. */
  #ready: Buffer[] = [];
  #readyBytes = 0;

  /** `headers` are sent with whatever the answer is. */
  constructor(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders, clock: Clock) {
    this.#stream = stream;
    this.#headers = headers;
    this.#clock = clock;
  }

  /** Headers, while none are sent, and trailers besides those of the protocol. */
  addMetadata(headers: OutgoingHttpHeaders, trailers: OutgoingHttpHeaders): void {
    this.#headers = { ...this.#headers, ...headers };
    this.#trailers = { ...this.#trailers, ...trailers };
  }

  /** Whether more would pile up: the caller reads slower than the answer grows. */
  get isFull(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** Calls back when the caller has read on; never, if it goes away. */
  onceDrained(listener: () => void): void {
    this.#stream.once("drain", listener);
  }

  /** Adds a message to those that leave with the next `flush`, or with the end. */
  send(frame: Buffer): void {
    this.#ready.push(frame);
    this.#readyBytes += frame.length;
    if (this.#readyBytes >= joinedBytesMax) this.flush();
  }

  /** Sends what was added. */
  flush(): void {
    const frames = this.#ready;
    const [first] = frames;
    if (first === undefined) return;
    this.#ready = [];
    this.#readyBytes = 0;
    if (this.#begin(undefined))
      this.#stream.write(frames.length === 1 ? first : Buffer.concat(frames));
  }

  /** Sends the only message of an answer that succeeded. */
  endWith(frame: Buffer, trailers: OutgoingHttpHeaders): void {
    if (!this.#begin(trailers)) return;
    this.#stream.end(frame);
  }

  /** Ends an answer. One without messages that failed is nothing but headers. */
  end(trailers: OutgoingHttpHeaders, hasFailed: boolean): void {
    this.flush();
    const stream = this.#stream;
    const isBare = hasFailed && !stream.headersSent && this.#trailers === undefined;
    if (!isBare) {
      if (this.#begin(trailers)) stream.end();
      return;
    }
    if (stream.closed || stream.destroyed) return;
    if (!stream.readableEnded) endUnreadStream(stream, stream, this.#clock);
    stream.respond({ ...this.#headers, ...trailers }, withoutBody);
  }

  /** Sends the headers, if they are not sent. False: the stream is closed. */
  #begin(trailers: OutgoingHttpHeaders | undefined): boolean {
    const stream = this.#stream;
    if (stream.closed || stream.destroyed) return false;
    if (trailers !== undefined) {
      this.#trailers = { ...this.#trailers, ...trailers };
      if (!stream.readableEnded) endUnreadStream(stream, stream, this.#clock);
    }
    if (stream.headersSent) return true;
    stream.respond(this.#headers, withTrailers);
    stream.on("wantTrailers", () => stream.sendTrailers(this.#trailers ?? {}));
    return true;
  }
}
