import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { PulledMessages } from "./pulled-messages.ts";

type Result = IteratorResult<StreamCallResponse, undefined>;

/**
 * Pulled messages as a stream to be iterated, with a promise for each and no more, and heartbeats
 * among them if there are any. Leaving it early gives up what is under way.
 */
export class MessageStream implements AsyncGenerator<StreamCallResponse, undefined, undefined> {
  readonly #messages: PulledMessages;
  readonly #heartbeats: Heartbeats | undefined;
  #waiting: PromiseWithResolvers<Result> | undefined;

  constructor(messages: PulledMessages, heartbeats?: Heartbeats) {
    this.#messages = messages;
    this.#heartbeats = heartbeats;
    messages.onReadable = () => this.#wake();
    heartbeats?.tell((heartbeat) => this.#settle({ done: false, value: heartbeat }));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    if (this.#waiting !== undefined) return this.#afterwards(() => this.next());
    try {
      const result = this.#pull();
      if (result !== undefined) return Promise.resolve(result);
    } catch (thrown) {
      this.#heartbeats?.end();
      return Promise.reject(thrown);
    }
    this.#waiting = Promise.withResolvers();
    this.#heartbeats?.begin();
    return this.#waiting.promise;
  }

  async return(): Promise<Result> {
    this.#heartbeats?.end();
    const left = this.#messages.leave();
    this.#settle({ done: true, value: undefined });
    await left;
    return { done: true, value: undefined };
  }

  async throw(thrown: unknown): Promise<Result> {
    await this.return();
    throw thrown;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #pull(): Result | undefined {
    const value = this.#messages.pull();
    if (value !== undefined) return { done: false, value };
    if (!this.#messages.ended) return undefined;
    this.#heartbeats?.end();
    return { done: true, value: undefined };
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    try {
      const result = this.#pull();
      if (result !== undefined) this.#settle(result);
    } catch (thrown) {
      this.#waiting = undefined;
      this.#heartbeats?.end();
      waiting.reject(thrown);
    }
  }

  #settle(result: Result): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#heartbeats?.rest();
    waiting?.resolve(result);
  }

  #afterwards(next: () => Promise<Result>): Promise<Result> {
    return this.#waiting === undefined ? next() : this.#waiting.promise.then(next, next);
  }
}
