import type { BatchSummary } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { BatchTally } from "../contract/batch-tally.ts";
import type { Clock } from "../contract/clock.ts";
import type { BatchEvent, BatchItemResult } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { LLMBatchResult, LLMBatchStream } from "../contract/llm.ts";
import { answerOf } from "./answer-of.ts";
import { Cancellation } from "./cancellation.ts";
import { received } from "./received.ts";

/** What a batch is read from. */
export interface BatchSource {
  /** Items of the batch. */
  readonly total: number;
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** Begins the batch. */
  open(signal: AbortSignal): AsyncIterable<BatchEvent>;
}

/** The `LLMBatchStream` over the events of a batch. */
export class BatchStream implements LLMBatchStream {
  readonly summary: Promise<BatchSummary>;
  readonly #results: AsyncGenerator<LLMBatchResult, undefined>;

  constructor(source: BatchSource) {
    const { promise, resolve, reject } = Promise.withResolvers<BatchSummary>();
    this.summary = promise;
    // The loop tells of a failure before anyone waits for this.
    promise.catch(() => undefined);
    this.#results = readResults(source, resolve, reject);
  }

  [Symbol.asyncIterator](): AsyncIterator<LLMBatchResult, undefined> {
    return this.#results;
  }
}

async function* readResults(
  { total, signal, clock, open }: BatchSource,
  sumUp: (summary: BatchSummary) => void,
  fail: (error: ConnectorError) => void,
): AsyncGenerator<LLMBatchResult, undefined> {
  const leaving = new AbortController();
  const cancellation = new Cancellation([signal, leaving.signal]);
  const tally = new BatchTally();
  const startedMs = clock.now();
  let events: AsyncIterator<BatchEvent> | undefined;
  let summary: BatchSummary | undefined;
  let failure: ConnectorError | undefined;
  try {
    events = open(cancellation.signal)[Symbol.asyncIterator]();
    for (let next = await events.next(); !next.done; next = await events.next()) {
      const event = next.value;
      if (event.kind === "summary") {
        summary = event.summary;
        continue;
      }
      tally.add(event);
      yield await resultOf(event);
    }
    if (summary === undefined) {
      throw new ConnectorError("STREAM_TRUNCATED", "the batch ended before its summary");
    }
    return undefined;
  } catch (thrown) {
    failure = await received(thrown);
    throw failure;
  } finally {
    leaving.abort();
    cancellation.release();
    if (failure === undefined || failure.reason === "CALLER_CANCELLED") {
      sumUp(summary ?? tally.summary(total, clock.now() - startedMs));
    } else fail(failure);
    await events?.return?.();
  }
}

async function resultOf({ id, index, outcome }: BatchItemResult): Promise<LLMBatchResult> {
  if (outcome.kind === "error") return { id, index, error: await received(outcome.error) };
  try {
    return { id, index, response: answerOf(outcome.response) };
  } catch (thrown) {
    return { id, index, error: await received(thrown) };
  }
}
