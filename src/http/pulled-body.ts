/**
 * A body that is read without a promise for each piece: `read` until it gives nothing, and, unless
 * the body has `ended` by then, again when `onReadable` is called.
 */
export interface PulledBody {
  /**
   * All bytes that have come and were not read, in one piece that is the reader's own; undefined:
   * none now. Throws what `HttpResponse.body` throws, after the bytes before it.
   */
  read(): Uint8Array | undefined;
  /** Whether all was read: `read` gives nothing any more, and throws nothing. */
  readonly ended: boolean;
  /**
   * Called when there is something to read, the end and a failure included: once for all the bytes
   * that one read of the socket brought. It must not throw.
   */
  onReadable: (() => void) | undefined;
  /** Gives up what was not read, and closes the socket unless the answer has come whole. */
  leave(): void;
}

/** The body to be pulled: itself, if it can, or else read one piece ahead. */
export function pulledBody(body: AsyncIterable<Uint8Array>): PulledBody {
  return isPulled(body) ? body : new IteratedBody(body);
}

function isPulled(
  body: AsyncIterable<Uint8Array> & Partial<PulledBody>,
): body is AsyncIterable<Uint8Array> & PulledBody {
  return typeof body.read === "function" && typeof body.leave === "function";
}

class IteratedBody implements PulledBody {
  onReadable: (() => void) | undefined;
  ended = false;
  readonly #iterator: AsyncIterator<Uint8Array>;
  #piece: Uint8Array | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #asked = false;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]();
  }

  read(): Uint8Array | undefined {
    const piece = this.#piece;
    this.#piece = undefined;
    if (piece !== undefined) return piece;
    if (this.#failure !== undefined) throw this.#failure.reason;
    if (!this.ended && !this.#asked) void this.#ask();
    return undefined;
  }

  leave(): void {
    this.#piece = undefined;
    this.ended = true;
    // What goes wrong in leaving is of no interest to who has left.
    this.#iterator.return?.().catch(() => undefined);
  }

  async #ask(): Promise<void> {
    this.#asked = true;
    try {
      const { done = false, value } = await this.#iterator.next();
      if (this.ended) return;
      if (done) this.ended = true;
      else this.#piece = value;
    } catch (reason) {
      this.#failure = { reason };
    }
    this.#asked = false;
    this.onReadable?.();
  }
}
