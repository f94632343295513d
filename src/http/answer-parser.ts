import { ConnectorError } from "../contract/connector-error.ts";
import { type AnswerHead, parseAnswerHead, requireHeadLines } from "./answer-head.ts";
import { ChunkedBody } from "./chunked-body.ts";
import { malformedResponse } from "./transport-error.ts";

/** Informational (1xx) answers that may come before the real one. */
const informationalMax = 16;

const headEnd = Buffer.from("\r\n\r\n");
const lineFeed = 10;
const noBytes = Buffer.alloc(0);
const protocol = Buffer.from("HTTP/1.");

/**
 * One answer of HTTP/1.1 from bytes that are cut anywhere. Each `push` leaves what it
 * brought in `head`, `piece`, `failure` and `over`. Nothing of the pushed bytes is kept: a head
 * that is not whole and the body are copied.
 */
export class AnswerParser {
  readonly #headBytesMax: number;
  /** The head, if it became whole with the last push; informational ones are left out. */
  head: AnswerHead | undefined;
  /** What the last push brought of the body, in one piece. */
  piece: Buffer | undefined;
  /** Set once the answer cannot be read. */
  failure: ConnectorError | undefined;
  /** Whether the answer has come whole. */
  over = false;
  /** Bytes of the last push that are behind the end of the answer. */
  extraBytes = 0;
  /** The bytes of a head that is not whole. */
  #partial: Buffer = noBytes;
  #judgedBytes = 0;
  #informational = 0;
  /** The head before this one, which is often the same. */
  #lastText = "";
  #lastHead: AnswerHead | undefined;
  #body: AnswerHead | undefined;
  #chunks: ChunkedBody | undefined;
  #left = 0;

  /** `headBytesMax` is the limit on a head, and on each line beside the chunks. */
  constructor(headBytesMax: number) {
    this.#headBytesMax = headBytesMax;
  }

  /** Makes it ready for the next answer. */
  reset(): void {
    this.head = undefined;
    this.piece = undefined;
    this.failure = undefined;
    this.over = false;
    this.extraBytes = 0;
    this.#partial = noBytes;
    this.#judgedBytes = 0;
    this.#informational = 0;
    this.#body = undefined;
    this.#chunks = undefined;
    this.#left = 0;
  }

  /** Takes the next `length` bytes from the beginning of `bytes`. */
  push(bytes: Buffer, length: number): void {
    this.head = undefined;
    this.piece = undefined;
    try {
      const at = this.#body === undefined ? this.#takeHeads(bytes, length) : 0;
      if (this.#body !== undefined) this.#takeBody(bytes, at, length);
    } catch (thrown) {
      if (!(thrown instanceof ConnectorError)) throw thrown;
      this.failure = thrown;
    }
  }

  /** The connection has ended. Returns whether that is how the answer was to end. */
  end(): boolean {
    this.head = undefined;
    this.piece = undefined;
    this.over = this.#body?.framing === "close";
    return this.over;
  }

  /** Takes heads up to the one that is final, and returns where the body begins. */
  #takeHeads(bytes: Buffer, length: number): number {
    let at = 0;
    while (at < length) {
      const known = this.#partial.length;
      const room = this.#headBytesMax - known + headEnd.length;
      let text: string;
      if (known === 0) {
        const end = bytes.subarray(0, Math.min(length, at + room)).indexOf(headEnd, at);
        if (end === -1) return this.#keepPartial(bytes, at, length);
        text = bytes.toString("latin1", at, end + 2);
        at = end + headEnd.length;
      } else {
        const whole = Buffer.concat([
          this.#partial,
          bytes.subarray(at, Math.min(length, at + room)),
        ]);
        const end = whole.indexOf(headEnd, Math.max(known - headEnd.length + 1, 0));
        if (end === -1) return this.#keepPartial(bytes, at, length);
        text = whole.toString("latin1", 0, end + 2);
        at += end + headEnd.length - known;
        this.#partial = noBytes;
        this.#judgedBytes = 0;
      }
      const head = this.#headOf(text);
      if (head.status >= 200) {
        this.#begin(head);
        return at;
      }
      this.#countInformational(head);
    }
    return at;
  }

  /** Many a provider's answers differ in their bodies alone. */
  #headOf(text: string): AnswerHead {
    if (text === this.#lastText && this.#lastHead !== undefined) return this.#lastHead;
    const head = parseAnswerHead(text);
    this.#lastText = text;
    this.#lastHead = head;
    return head;
  }

  #begin(head: AnswerHead): void {
    this.head = head;
    this.#body = head;
    this.#left = head.bodyBytes;
    if (head.framing === "chunked") this.#chunks = new ChunkedBody(this.#headBytesMax);
    else if (head.framing === "length" && head.bodyBytes === 0) this.over = true;
  }

  #countInformational({ status }: AnswerHead): void {
    if (status === 101) throw malformedResponse("headers", "it changes the protocol unasked");
    this.#informational += 1;
    if (this.#informational > informationalMax) {
      throw malformedResponse("headers", "it is preceded by too many informational ones");
    }
  }

  /** Keeps the rest as the beginning of a head. What can be judged of it, is. */
  #keepPartial(bytes: Buffer, at: number, length: number): number {
    const partial = Buffer.concat([this.#partial, bytes.subarray(at, length)]);
    if (partial.length > this.#headBytesMax) {
      throw malformedResponse("headers", `its headers are over ${this.#headBytesMax} bytes`);
    }
    this.#partial = partial;
    const begin = Math.min(partial.length, protocol.length);
    if (partial.compare(protocol, 0, begin, 0, begin) !== 0) {
      throw malformedResponse("headers", "it is not HTTP/1.1");
    }
    const lines = partial.lastIndexOf(lineFeed) + 1;
    if (lines > this.#judgedBytes) {
      const text = partial.toString("latin1", this.#judgedBytes, lines);
      requireHeadLines(text, this.#judgedBytes === 0);
      this.#judgedBytes = lines;
    }
    return length;
  }

  #takeBody(bytes: Buffer, at: number, length: number): void {
    if (this.over) this.extraBytes = length - at;
    else if (this.#chunks !== undefined) this.#takeChunks(this.#chunks, bytes, at, length);
    else if (this.#body?.framing === "close") this.#takePiece(bytes, at, length);
    else {
      const end = Math.min(at + this.#left, length);
      this.#takePiece(bytes, at, end);
      this.#left -= end - at;
      this.over = this.#left === 0;
      this.extraBytes = length - end;
    }
  }

  #takePiece(bytes: Buffer, start: number, end: number): void {
    if (end === start) return;
    const piece = Buffer.allocUnsafe(end - start);
    bytes.copy(piece, 0, start, end);
    this.piece = piece;
  }

  #takeChunks(chunks: ChunkedBody, bytes: Buffer, at: number, length: number): void {
    if (at === length) return;
    const payload = Buffer.allocUnsafe(length - at);
    const stop = chunks.take(bytes, at, length, payload);
    if (chunks.written > 0) this.piece = payload.subarray(0, chunks.written);
    this.failure = chunks.failure;
    this.over = chunks.over;
    if (this.over) this.extraBytes = length - stop;
  }
}
