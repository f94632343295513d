import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { LLMAnswer, LLMStream } from "../contract/llm.ts";

/** The `LLMStream` over the events of a call. Each event is delivered once, to whoever reads it. */
export class ResponseStream implements LLMStream {
  readonly #open: () => AsyncIterable<StreamCallResponse>;
  readonly #release: () => void;
  #events: AsyncIterator<StreamCallResponse> | undefined;
  #answer: LLMAnswer | undefined;
  #failure: unknown;
  #left = false;

  constructor(open: () => AsyncIterable<StreamCallResponse>, release: () => void) {
    this.#open = open;
    this.#release = release;
  }

  get textStream(): AsyncIterable<string> {
    return textsOf(this);
  }

  async finalResponse(): Promise<LLMAnswer> {
    while (this.#answer === undefined) {
      const { done } = await this.#next();
      if (done) break;
    }
    if (this.#answer !== undefined) return this.#answer;
    throw this.#failure ?? new ConnectorError("CALLER_CANCELLED", "the stream was left early");
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamCallResponse> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.#leave();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<IteratorResult<StreamCallResponse, undefined>> {
    if (this.#left) return { done: true, value: undefined };
    try {
      this.#events ??= this.#open()[Symbol.asyncIterator]();
      const result = await this.#events.next();
      if (result.done) {
        this.#end();
        return { done: true, value: undefined };
      }
      const { event } = result.value;
      if (event.case === "finished") this.#answer = event.value.response as LLMAnswer;
      return { done: false, value: result.value };
    } catch (failure) {
      this.#failure = failure;
      this.#end();
      throw failure;
    }
  }

  async #leave(): Promise<void> {
    if (this.#left) return;
    this.#end();
    await this.#events?.return?.();
  }

  #end(): void {
    this.#left = true;
    this.#release();
  }
}

async function* textsOf(stream: LLMStream): AsyncGenerator<string> {
  for await (const { event } of stream) {
    if (event.case === "textDelta") yield event.value.text;
  }
}
