import type { PulledBody } from "./pulled-body.ts";

/** Bytes and pieces that may wait for the reader before the socket is paused. */
const waitingBytesMax = 64 * 1024;
const waitingPiecesMax = 1024;

/** What a body asks of the transport that feeds it. */
export interface BodySource {
  /** The reader has taken what waited: go on. */
  resume(): void;
  /** The reader has left before the end. */
  leave(): void;
}

/**
 * The bytes of an answer, read once, by pulling or by iterating. Pieces that came together are
 * given as one. A failure comes after the bytes before it; an abort takes them away.
 */
export class ResponseBody implements AsyncIterableIterator<Uint8Array>, PulledBody {
  onReadable: (() => void) | undefined;
  readonly #source: BodySource;
  #first: Uint8Array | undefined;
  /** What came after the first piece and before a read. */
  #more: Uint8Array[] | undefined;
  #waitingBytes = 0;
  #isFull = false;
  #isReading = false;
  #complete = false;
  #failure: { readonly reason: unknown } | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  get ended(): boolean {
    return this.#complete && this.#first === undefined && this.#failure === undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Adds a piece, and says whether the source may go on. */
  push(piece: Uint8Array): boolean {
    const isRoom = this.add(piece);
    this.notify();
    return isRoom;
  }

  /** Like `push`, but the reader is not told: `notify`, `end` or `fail` follows. */
  add(piece: Uint8Array): boolean {
    let pieces = 1;
    if (this.#first === undefined) this.#first = piece;
    else {
      this.#more ??= [];
      pieces += this.#more.push(piece);
    }
    this.#waitingBytes += piece.length;
    this.#isFull = this.#waitingBytes >= waitingBytesMax || pieces >= waitingPiecesMax;
    return !this.#isFull;
  }

  /** Tells the reader that something has come, unless it is just reading. */
  notify(): void {
    if (!this.#isReading) this.onReadable?.();
  }

  /** Nothing comes any more. */
  end(): void {
    this.#complete = true;
    this.notify();
  }

  /** Nothing comes any more, and the reader is to know why, after the bytes that wait. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.notify();
  }

  /** Like `fail`, but the bytes that wait are not given any more. */
  abort(reason: unknown): void {
    this.#drop();
    this.fail(reason);
  }

  read(): Uint8Array | undefined {
    const first = this.#first;
    if (first === undefined) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      return undefined;
    }
    const piece = this.#more === undefined ? first : Buffer.concat([first, ...this.#more]);
    const wasFull = this.#isFull;
    this.#drop();
    if (wasFull && !this.#complete) {
      this.#isReading = true;
      this.#source.resume();
      this.#isReading = false;
    }
    return piece;
  }

  leave(): void {
    this.#drop();
    this.#complete = true;
    this.#failure = undefined;
    this.#source.leave();
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const value = this.read();
      if (value !== undefined) return { done: false, value };
      if (this.ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.onReadable = resolve;
      });
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.leave();
    return { done: true, value: undefined };
  }

  #drop(): void {
    this.#first = undefined;
    this.#more = undefined;
    this.#waitingBytes = 0;
    this.#isFull = false;
  }
}
