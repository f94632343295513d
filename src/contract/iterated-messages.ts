import { MessageStream } from "./message-stream.ts";
import type { PulledMessages } from "./pulled-messages.ts";

/** What a stream gives, to be pulled: its own messages, if it has them, or else one at a time. */
export function pulledMessages<T>(stream: AsyncIterable<T>): PulledMessages<T> {
  return stream instanceof MessageStream ? stream.messages : new IteratedMessages(stream);
}

/** What a stream gives, one at a time: the next is asked for when none is there to be pulled. */
export class IteratedMessages<T> implements PulledMessages<T> {
  onReadable: (() => void) | undefined;
  ended = false;
  readonly #iterator: AsyncIterator<T>;
  #message: T | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #asked = false;

  constructor(stream: AsyncIterable<T>) {
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  pull(): T | undefined {
    const message = this.#message;
    this.#message = undefined;
    if (message !== undefined) return message;
    const failure = this.#failure;
    if (failure !== undefined) {
      this.#failure = undefined;
      this.ended = true;
      throw failure.reason;
    }
    if (!this.ended && !this.#asked) void this.#ask();
    return undefined;
  }

  async leave(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.#message = undefined;
    await this.#iterator.return?.();
  }

  async #ask(): Promise<void> {
    this.#asked = true;
    try {
      const { done = false, value } = await this.#iterator.next();
      if (this.ended) return;
      if (done) this.ended = true;
      else this.#message = value;
    } catch (reason) {
      if (this.ended) return;
      this.#failure = { reason };
    } finally {
      this.#asked = false;
    }
    this.onReadable?.();
  }
}
