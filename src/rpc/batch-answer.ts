import { create } from "@bufbuild/protobuf";
import {
  type BatchCallRequest,
  type BatchCallResponse,
  BatchCallResponseSchema,
  type BatchResult,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { BatchTally } from "../contract/batch-tally.ts";
import type { Clock } from "../contract/clock.ts";
import type { BatchContext, BatchEvent, BatchItemResult } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { itemId } from "../dispatch/batch-run.ts";
import { batchResult, failedResult, type SizeOf, tooLarge, withFailed } from "./batch-results.ts";
import { cleanText } from "./error-text.ts";

/** What the message holds besides its results, bytes. */
const summaryBytes = 16 * 1024;
/** What a short error may have beyond those that are measured, with its place in the list, bytes. */
const spareBytes = 192;
const shortMessageBytes = 64;

/** What a batch is gathered with. */
export interface BatchAnswerOptions {
  /** Largest message that can be sent. */
  readonly bytesMax: number;
  readonly sizeOf: SizeOf;
  readonly clock: Clock;
}

/**
 * Gathers a whole batch into one message, in request order. Where answers fill it, one that no
 * longer fits is an error, nothing more begins, and every item that did not begin is an error that
 * says so. A server that shuts down meanwhile still tells what was done.
 */
export class BatchAnswer {
  readonly #options: BatchAnswerOptions;
  readonly #ids: readonly string[];
  readonly #results: (BatchResult | undefined)[];
  /** Bytes of a short error without its id. */
  readonly #errorBytes: number;
  /** Bytes that no item needs in any case. */
  #bytesLeft: number;
  readonly #full = new AbortController();
  readonly #tally = new BatchTally();
  #tooLargeCount = 0;

  /** Throws MESSAGE_TOO_LARGE for more items than one message could tell of at all. */
  constructor({ items }: BatchCallRequest, options: BatchAnswerOptions) {
    const { bytesMax, sizeOf } = options;
    this.#options = options;
    this.#ids = items.map(itemId);
    this.#results = items.map(() => undefined);
    const errors = [doesNotFit(bytesMax), notStarted(bytesMax), drained()];
    const sizes = errors.map((error) => sizeOf(failedResult("", 0, error)));
    this.#errorBytes = Math.max(...sizes) + spareBytes;
    const reserved = this.#ids.reduce((sum, id) => sum + this.#reservedBytes(id), 0);
    this.#bytesLeft = bytesMax - summaryBytes - reserved;
    if (this.#bytesLeft < 0) {
      const message = `the results of ${items.length} items do not fit into ${bytesMax} bytes`;
      throw tooLarge(`${message}; use StreamBatchCall`, bytesMax);
    }
  }

  /** Runs the batch to its end. Throws what ends the batch as a whole. */
  async gather(
    run: (context: BatchContext) => AsyncIterable<BatchEvent>,
    context: BatchContext,
  ): Promise<BatchCallResponse> {
    let rest = notStarted(this.#options.bytesMax);
    try {
      for await (const event of run({ ...context, stopSignal: this.#full.signal })) {
        if (event.kind === "result") this.#keep(event);
      }
    } catch (thrown) {
      // The caller still listens, and what was answered has been paid for.
      if (!(thrown instanceof ConnectorError) || thrown.reason !== "SERVER_DRAINING") throw thrown;
      rest = drained();
    }
    const { clock } = this.#options;
    const durationMs = clock.now() - context.receivedMs;
    return create(BatchCallResponseSchema, {
      results: this.#ids.map((id, index) => this.#results[index] ?? failedResult(id, index, rest)),
      summary: withFailed(this.#tally.summary(this.#ids.length, durationMs), this.#tooLargeCount),
    });
  }

  #keep(result: BatchItemResult): void {
    this.#tally.add(result);
    const whole = batchResult(result);
    const bytes = this.#options.sizeOf(whole) - this.#reservedBytes(result.id);
    if (bytes <= this.#bytesLeft) {
      this.#bytesLeft -= Math.max(bytes, 0);
      this.#results[result.index] = whole;
      return;
    }
    this.#results[result.index] = this.#shortened(result);
    this.#full.abort();
  }

  /** A result that always fits. */
  #shortened({ id, index, outcome }: BatchItemResult): BatchResult {
    if (outcome.kind === "error") {
      const { reason, message, fields } = outcome.error;
      const short = cleanText(message, shortMessageBytes);
      const { code, retryAfterMs } = fields;
      return failedResult(id, index, new ConnectorError(reason, short, { code, retryAfterMs }));
    }
    this.#tooLargeCount += 1;
    return failedResult(id, index, doesNotFit(this.#options.bytesMax));
  }

  #reservedBytes(id: string): number {
    return this.#errorBytes + Buffer.byteLength(JSON.stringify(id));
  }
}

function doesNotFit(bytesMax: number): ConnectorError {
  const message = "the answer does not fit into the message beside the others";
  return tooLarge(`${message}; use StreamBatchCall`, bytesMax);
}

function notStarted(bytesMax: number): ConnectorError {
  const message = "not started: the answers of others fill the message";
  return tooLarge(`${message}; use StreamBatchCall`, bytesMax);
}

function drained(): ConnectorError {
  const message = "not started: the server is shutting down";
  return new ConnectorError("SERVER_DRAINING", message, { retryAfterMs: 0 });
}
