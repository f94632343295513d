import type { PulledMessages } from "./pulled-messages.ts";

/**
 * Pulled messages as a stream to be iterated, with a promise for each and no more. Leaving it early
 * gives up what is under way.
 */
export class MessageStream<T> implements AsyncGenerator<T, undefined, undefined> {
  /** For who takes them without promises, in place of iterating. */
  readonly messages: PulledMessages<T>;
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>> | undefined;

  constructor(messages: PulledMessages<T>) {
    this.messages = messages;
    messages.onReadable = () => this.#wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#waiting !== undefined) return this.#afterwards(() => this.next());
    try {
      const result = this.#pull();
      if (result !== undefined) return Promise.resolve(result);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    const left = this.messages.leave();
    this.#settle({ done: true, value: undefined });
    await left;
    return { done: true, value: undefined };
  }

  async throw(thrown: unknown): Promise<IteratorResult<T, undefined>> {
    await this.return();
    throw thrown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #pull(): IteratorResult<T, undefined> | undefined {
    const value = this.messages.pull();
    if (value !== undefined) return { done: false, value };
    return this.messages.ended ? { done: true, value: undefined } : undefined;
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      const result = this.#pull();
      if (result !== undefined) this.#settle(result);
    } catch (thrown) {
      this.#waiting = undefined;
      waiting.reject(thrown);
    }
  }

  #settle(result: IteratorResult<T, undefined>): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(result);
  }

  #afterwards(
    next: () => Promise<IteratorResult<T, undefined>>,
  ): Promise<IteratorResult<T, undefined>> {
    return this.#waiting === undefined ? next() : this.#waiting.promise.then(next, next);
  }
}
