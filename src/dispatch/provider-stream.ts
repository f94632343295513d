import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamDecoder, StreamEvent, StreamSnapshot } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { createFramer, type Framer } from "../framing/framer.ts";
import type { HttpResponse } from "../http/http-client.ts";
import { nextTurn } from "../resilience/next-turn.ts";
import { AnswerSize } from "./answer-size.ts";
import type { AttemptPlan } from "./call-plan.ts";
import { joinDeltas } from "./join-deltas.ts";
import { decodeText, wholeText } from "./provider-answer.ts";
import { guarded } from "./provider-request.ts";
import { responseEvents } from "./response-events.ts";
import type { StreamTally } from "./stream-tally.ts";

/** What one read of a provider's stream gave. */
export interface StreamRead {
  readonly events: readonly StreamEvent[];
  /** Set with the last read: the answer is whole. */
  readonly answer?: { readonly response: LLMResponse; readonly trailingBytesMissing: boolean };
  /** Set when the stream failed after these events. */
  readonly failure?: unknown;
}

/** Bytes that are decoded without a pause: some ms of work, however many events they hold. */
const turnBytesMax = 128 * 1024;

const brace = 0x7b;
const angle = 0x3c;
const bracket = 0x5b;

/**
 * A provider's stream of bytes as decoded events, one read of the socket at a time.
 *
 * A provider that answers with one JSON body in place of events is understood as well, and so is
 * one that answers with a JSON array of them in place of server-sent events.
 */
export class ProviderStream {
  readonly #response: HttpResponse;
  readonly #plan: AttemptPlan;
  readonly #limits: Limits;
  readonly #tally: StreamTally;
  readonly #body: AsyncIterator<Uint8Array>;
  #framer: Framer;
  readonly #decoder: StreamDecoder;
  readonly #size: AnswerSize;
  #firstByte: number | undefined;
  #turnBytes = 0;

  constructor(response: HttpResponse, plan: AttemptPlan, limits: Limits, tally: StreamTally) {
    const { adapter, dialect } = plan.target;
    this.#response = response;
    this.#plan = plan;
    this.#limits = limits;
    this.#tally = tally;
    this.#body = response.body[Symbol.asyncIterator]();
    this.#framer = createFramer(dialect.framing, limits);
    this.#size = new AnswerSize(limits.providerResponseBytes);
    this.#decoder = guarded(() =>
      dialect.createDecoder({ adapter: adapter.name, model: plan.model }),
    );
  }

  /** What is known of the answer so far. */
  snapshot(): StreamSnapshot {
    return this.#decoder.progress();
  }

  /** Waits for the next read. After one with `answer` or `failure`, it must not be called again. */
  async read(): Promise<StreamRead> {
    let chunk: IteratorResult<Uint8Array, unknown>;
    try {
      chunk = await this.#body.next();
    } catch (failure) {
      return this.#interrupted(failure);
    }
    if (chunk.done) return this.#ended();
    this.#turnBytes += chunk.value.length;
    if (this.#turnBytes > turnBytesMax) {
      this.#turnBytes = 0;
      await nextTurn();
    }
    if (this.#firstByteOf(chunk.value)) {
      if (this.#firstByte === brace || this.#firstByte === angle) {
        return this.#wholeJSON(chunk.value);
      }
      const isList = this.#firstByte === bracket && this.#plan.target.dialect.framing === "sse";
      if (isList) this.#framer = createFramer("json-array", this.#limits);
    }
    return this.#decode(this.#framer.push(chunk.value));
  }

  /** Reads what is left behind the terminal marker, so that the connection can be used again. */
  async drain(bytesMax: number): Promise<void> {
    let bytes = 0;
    try {
      for (;;) {
        const chunk = await this.#body.next();
        if (chunk.done) return;
        bytes += chunk.value.length;
        if (bytes > bytesMax) return await this.close();
      }
    } catch {
      // The answer is whole: how the connection ends is of no interest any more.
    }
  }

  /** Gives the stream up and closes its connection. */
  async close(): Promise<void> {
    await this.#body.return?.();
  }

  #decode(frames: ReturnType<Framer["push"]>): StreamRead {
    const events: StreamEvent[] = [];
    try {
      for (const frame of frames) {
        this.#tally.frame(frame);
        const decoded = guarded(() => this.#decoder.push(frame));
        this.#size.add(frame, decoded);
        events.push(...decoded);
        if (this.#decoder.done) return this.#finish(events);
      }
    } catch (failure) {
      return { events: joinDeltas(events), failure };
    }
    return { events: joinDeltas(events) };
  }

  #ended(): StreamRead {
    const tail = this.#decode(this.#framer.end());
    if (tail.answer !== undefined || tail.failure !== undefined) return tail;
    return this.#finish([...tail.events]);
  }

  /** The connection broke, or a limit was passed: whole if the answer logically was. */
  #interrupted(failure: unknown): StreamRead {
    if (!(failure instanceof ConnectorError) || !mayBeWhole.has(failure.reason)) {
      return { events: [], failure };
    }
    const read = this.#finish([]);
    if (read.answer !== undefined) return read;
    return failure.reason === "PROVIDER_CONNECTION_LOST" ? read : { ...read, failure };
  }

  #finish(events: StreamEvent[]): StreamRead {
    const { events: last, end } = guarded(() => this.#decoder.end());
    if (end.kind === "truncated") {
      const failure = new ConnectorError(
        "STREAM_TRUNCATED",
        "the provider's stream ended before its terminal marker",
      );
      return { events: joinDeltas(events), failure };
    }
    const trailingBytesMissing = end.kind === "logical";
    return {
      events: joinDeltas([...events, ...last]),
      answer: { response: end.response, trailingBytesMissing },
    };
  }

  /**
   * Finds the first byte that tells a stream from JSON and HTML: of text, the first that is no
   * space.
   */
  #firstByteOf(chunk: Uint8Array): boolean {
    const { framing } = this.#plan.target.dialect;
    if (this.#firstByte !== undefined || framing === "ndjson") return false;
    // A frame that begins with what JSON or HTML does would be longer than a gigabyte.
    this.#firstByte = framing === "sse" ? chunk.find((byte) => byte > 0x20) : chunk[0];
    return this.#firstByte !== undefined;
  }

  async #wholeJSON(first: Uint8Array): Promise<StreamRead> {
    const text = await wholeText(this.#beginningWith(first), this.#limits);
    const response = decodeText(text, this.#response, this.#plan, this.#limits);
    return { events: responseEvents(response), answer: { response, trailingBytesMissing: false } };
  }

  async *#beginningWith(first: Uint8Array): AsyncGenerator<Uint8Array> {
    yield first;
    yield* { [Symbol.asyncIterator]: () => this.#body };
  }
}

const mayBeWhole: ReadonlySet<string> = new Set(["PROVIDER_CONNECTION_LOST", "STREAM_STALLED"]);
