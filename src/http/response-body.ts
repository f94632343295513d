/** Bytes and chunks that may wait for the reader before the socket is paused. */
const waitingBytesMax = 64 * 1024;
const waitingChunksMax = 1024;

/** What a body asks of the transport that feeds it. */
export interface BodySource {
  /** The reader has taken what waited: go on. */
  resume(): void;
  /** The reader has left before the end. */
  leave(): void;
}

/**
 * The bytes of an answer, read once. Chunks that came together are given as one. A failure comes
 * after the bytes before it; an abort takes them away.
 */
export class ResponseBody implements AsyncIterableIterator<Uint8Array> {
  readonly #source: BodySource;
  #chunks: Buffer[] = [];
  #waitingBytes = 0;
  #ended = false;
  #failure: { readonly reason: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Adds a chunk, and says whether the source may go on. */
  push(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#notify();
    return this.#waitingBytes < waitingBytesMax && this.#chunks.length < waitingChunksMax;
  }

  /** Nothing comes any more. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** Nothing comes any more, and the reader is to know why, after the bytes that wait. */
  fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#notify();
  }

  /** Like `fail`, but the bytes that wait are not given any more. */
  abort(reason: unknown): void {
    this.#chunks = [];
    this.fail(reason);
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (this.#chunks.length === 0) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const [first] = this.#chunks;
    const value =
      first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#waitingBytes = 0;
    this.#source.resume();
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#chunks = [];
    this.end();
    this.#source.leave();
    return { done: true, value: undefined };
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
