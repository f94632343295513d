import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { LLMAnswer, LLMStream } from "../contract/llm.ts";
import { answerOf } from "./answer-of.ts";

type Result = IteratorResult<StreamCallResponse, undefined>;

const done: Result = { done: true, value: undefined };

/**
 * The `LLMStream` over the events of a call. Loops share the events: each is delivered once. The
 * whole answer takes none away, so it can be waited for before, during and after a loop.
 */
export class ResponseStream implements LLMStream {
  readonly #events: AsyncIterator<StreamCallResponse>;
  readonly #cancel: (reason: ConnectorError) => void;
  /** Events that were read, from `#delivered` on not yet by a loop. */
  #read: StreamCallResponse[] = [];
  #delivered = 0;
  #reading: Promise<void> | undefined;
  #answer: LLMAnswer | undefined;
  #final: Promise<LLMAnswer> | undefined;
  /** Set when no event will follow, with the reason if that is a failure. */
  #end: { readonly failure?: unknown } | undefined;

  /** `cancel` ends whatever the events wait for; nothing is asked of them before it is read. */
  constructor(events: AsyncIterator<StreamCallResponse>, cancel: (reason: ConnectorError) => void) {
    this.#events = events;
    this.#cancel = cancel;
  }

  get textStream(): AsyncIterable<string> {
    return textsOf(this);
  }

  finalResponse(): Promise<LLMAnswer> {
    if (this.#final === undefined) {
      this.#final = this.#readToEnd();
      // A loop may tell of the failure before anyone waits for this.
      this.#final.catch(() => undefined);
    }
    return this.#final;
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamCallResponse, undefined> {
    let isLeft = false;
    return {
      next: async () => (isLeft ? done : await this.#next()),
      return: async () => {
        isLeft = true;
        await this.#leave();
        return done;
      },
    };
  }

  async #readToEnd(): Promise<LLMAnswer> {
    while (this.#end === undefined) await this.#readOne();
    if (this.#answer !== undefined) return this.#answer;
    throw this.#end.failure;
  }

  async #next(): Promise<Result> {
    for (;;) {
      const value = this.#takeRead();
      if (value !== undefined) return { done: false, value };
      if (this.#end?.failure !== undefined) throw this.#end.failure;
      if (this.#end !== undefined) return done;
      await this.#readOne();
    }
  }

  #takeRead(): StreamCallResponse | undefined {
    const event = this.#read[this.#delivered];
    if (event !== undefined) this.#delivered += 1;
    else {
      this.#read = [];
      this.#delivered = 0;
    }
    return event;
  }

  /** Reads one event, or the end. Everyone who waits shares one read, so that the order holds. */
  #readOne(): Promise<void> {
    this.#reading ??= this.#events
      .next()
      .then((result) => this.#keep(result))
      .catch((failure: unknown) => {
        this.#end ??= { failure };
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #keep(result: IteratorResult<StreamCallResponse>): void {
    if (this.#end !== undefined) return;
    if (!result.done) {
      const { event } = result.value;
      if (event.case === "finished") this.#answer = answerOf(event.value.response);
      this.#read.push(result.value);
    } else if (this.#answer === undefined) {
      throw new ConnectorError("STREAM_TRUNCATED", "the stream ended before it was finished");
    } else this.#end = {};
  }

  async #leave(): Promise<void> {
    if (this.#end !== undefined) return;
    const reason = new ConnectorError("CALLER_CANCELLED", "the stream was left before its end");
    this.#end = this.#answer === undefined ? { failure: reason } : {};
    this.#cancel(reason);
    await this.#events.return?.();
  }
}

async function* textsOf(stream: LLMStream): AsyncGenerator<string> {
  for await (const { event } of stream) {
    if (event.case === "textDelta") yield event.value.text;
  }
}
