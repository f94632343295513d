import type { LLMResponse } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame, StreamDecoder, StreamEvent, StreamSnapshot } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import { createFramer, type Framer } from "../framing/framer.ts";
import type { HttpResponse } from "../http/http-client.ts";
import { type PulledBody, pulledBody } from "../http/pulled-body.ts";
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
  readonly events: StreamEvent[];
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
  /** Called when there may be something to read. */
  onReadable: (() => void) | undefined;
  readonly #response: HttpResponse;
  readonly #plan: AttemptPlan;
  readonly #limits: Limits;
  readonly #tally: StreamTally;
  readonly #body: PulledBody;
  #framer: Framer;
  readonly #decoder: StreamDecoder;
  readonly #size: AnswerSize;
  #firstByte: number | undefined;
  #turnBytes = 0;
  #isPausing = false;
  /** Set where the answer is one body: the only read that it gives, once it is there. */
  #whole: { read: StreamRead | undefined } | undefined;

  constructor(response: HttpResponse, plan: AttemptPlan, limits: Limits, tally: StreamTally) {
    const { adapter, dialect } = plan.target;
    this.#response = response;
    this.#plan = plan;
    this.#limits = limits;
    this.#tally = tally;
    this.#body = pulledBody(response.body);
    this.#body.onReadable = () => this.onReadable?.();
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

  /** Whether all bytes were read. */
  get ended(): boolean {
    return this.#body.ended;
  }

  /**
   * What has come since the last read. Undefined: nothing. After a read with `answer` or `failure`,
   * it must not be called again.
   */
  read(): StreamRead | undefined {
    if (this.#isPausing) return undefined;
    if (this.#whole !== undefined) return this.#whole.read;
    let bytes: Uint8Array | undefined;
    try {
      bytes = this.#body.read();
    } catch (failure) {
      return this.#interrupted(failure);
    }
    if (bytes === undefined) return this.#body.ended ? this.#ended() : undefined;
    if (this.#firstByteOf(bytes)) {
      if (this.#firstByte === brace || this.#firstByte === angle) {
        void this.#readWhole(bytes);
        return undefined;
      }
      const isList = this.#firstByte === bracket && this.#plan.target.dialect.framing === "sse";
      if (isList) this.#framer = createFramer("json-array", this.#limits);
    }
    this.#countTurn(bytes.length);
    return this.#decode(this.#framer.push(bytes));
  }

  /** Waits for the next read; `onReadable` is its own meanwhile. */
  async next(): Promise<StreamRead> {
    for (;;) {
      const read = this.read();
      if (read !== undefined) return read;
      await new Promise<void>((resolve) => {
        this.onReadable = resolve;
      });
    }
  }

  /** Reads what is left behind the terminal marker, so that the connection can be used again. */
  async drain(bytesMax: number): Promise<void> {
    let bytes = 0;
    try {
      for await (const piece of this.#bytes()) {
        bytes += piece.length;
        if (bytes > bytesMax) return this.close();
      }
    } catch {
      // The answer is whole: how the connection ends is of no interest any more.
    }
  }

  /** Gives the stream up and closes its connection. */
  close(): void {
    this.#body.leave();
  }

  /** Lets other work have its turn after as many bytes as take some ms. */
  #countTurn(bytes: number): void {
    this.#turnBytes += bytes;
    if (this.#turnBytes <= turnBytesMax) return;
    this.#turnBytes = 0;
    this.#isPausing = true;
    void nextTurn().then(() => {
      this.#isPausing = false;
      this.onReadable?.();
    });
  }

  #decode(frames: ReturnType<Framer["push"]>): StreamRead {
    const events: StreamEvent[] = [];
    try {
      const isDone = guarded(() => frames.some((frame) => this.#take(frame, events)));
      return isDone ? this.#finish(events) : { events };
    } catch (failure) {
      return { events, failure };
    }
  }

  /** Adds the events of a frame, and says whether the terminal marker was seen. */
  #take(frame: Frame, events: StreamEvent[]): boolean {
    this.#tally.frame(frame);
    const decoded = this.#decoder.push(frame);
    this.#size.add(frame, decoded);
    joinDeltas(events, decoded);
    return this.#decoder.done;
  }

  #ended(): StreamRead {
    const tail = this.#decode(this.#framer.end());
    if (tail.answer !== undefined || tail.failure !== undefined) return tail;
    return this.#finish(tail.events);
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
      return { events, failure };
    }
    joinDeltas(events, last);
    const trailingBytesMissing = end.kind === "logical";
    return { events, answer: { response: end.response, trailingBytesMissing } };
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

  /** Reads an answer that is one body; then `read` gives it. */
  async #readWhole(first: Uint8Array): Promise<void> {
    this.#whole = { read: undefined };
    try {
      const text = await wholeText(this.#bytes(first), this.#limits);
      const response = decodeText(text, this.#response, this.#plan, this.#limits);
      const events = [...responseEvents(response)];
      this.#whole.read = { events, answer: { response, trailingBytesMissing: false } };
    } catch (failure) {
      this.#whole.read = { events: [], failure };
    }
    this.onReadable?.();
  }

  /** The bytes that are left, after `first` if it is given. Leaving them closes the connection. */
  async *#bytes(first?: Uint8Array): AsyncGenerator<Uint8Array> {
    try {
      if (first !== undefined) yield first;
      while (!this.#body.ended) {
        const bytes = this.#body.read();
        if (bytes !== undefined) yield bytes;
        else if (!this.#body.ended) {
          await new Promise<void>((resolve) => {
            this.#body.onReadable = resolve;
          });
        }
      }
    } finally {
      if (!this.#body.ended) this.close();
    }
  }
}

const mayBeWhole: ReadonlySet<string> = new Set(["PROVIDER_CONNECTION_LOST", "STREAM_STALLED"]);
