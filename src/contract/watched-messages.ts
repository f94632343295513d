import type { PulledMessages } from "./pulled-messages.ts";

/** Messages that were opened. */
export interface OpenedMessages<T> {
  readonly messages: PulledMessages<T>;
  /**
   * Called once: at their end, with their failure, or when they were left and nothing of them is
   * under way any more.
   */
  onOver(): void;
}

/** Messages that are opened by the first pull, which throws what `open` does. */
export class WatchedMessages<T> implements PulledMessages<T> {
  onReadable: (() => void) | undefined;
  readonly #open: () => OpenedMessages<T>;
  #opened: OpenedMessages<T> | undefined;
  #isOver = false;

  constructor(open: () => OpenedMessages<T>) {
    this.#open = open;
  }

  get ended(): boolean {
    return this.#isOver;
  }

  pull(): T | undefined {
    if (this.#isOver) return undefined;
    try {
      this.#opened ??= this.#begin();
      const { messages } = this.#opened;
      const message = messages.pull();
      if (message === undefined && messages.ended) this.#end();
      return message;
    } catch (thrown) {
      this.#end();
      throw thrown;
    }
  }

  async leave(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      await this.#opened?.messages.leave();
    } finally {
      this.#opened?.onOver();
    }
  }

  #begin(): OpenedMessages<T> {
    const opened = this.#open();
    opened.messages.onReadable = () => this.onReadable?.();
    return opened;
  }

  #end(): void {
    this.#isOver = true;
    this.#opened?.onOver();
  }
}
