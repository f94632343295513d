import { create } from "@bufbuild/protobuf";
import type {
  BatchCallRequest,
  BatchItem,
  StreamBatchCallRequest,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { CallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { BatchTally } from "../contract/batch-tally.ts";
import type { Clock } from "../contract/clock.ts";
import type {
  BatchContext,
  BatchEvent,
  BatchItemResult,
  ConnectorApi,
} from "../contract/connector-api.ts";
import { ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import { nextTurn } from "../resilience/next-turn.ts";
import { WorkSignal } from "../resilience/work-signal.ts";
import { itemOptions } from "./batch-options.ts";

/** What carries a batch out. */
export interface BatchEnvironment {
  readonly clock: Clock;
  /** Items at once, 1 or more. */
  readonly concurrency: number;
  /** Carries one item out, as a Call of its own; checks it as well. */
  readonly call: ConnectorApi["call"];
}

/** Results that are given without a pause: items that need no provider are done at once. */
const turnResultsMax = 32;

type BatchRequest = BatchCallRequest | StreamBatchCallRequest;

/**
 * Carries out a batch as ConnectorApi says. The request has been checked as a whole; each item is
 * checked by `call`, with the context of the batch and its own time of arrival: when it begins.
 */
export async function* runBatch(
  request: BatchRequest,
  context: BatchContext,
  environment: BatchEnvironment,
): AsyncGenerator<BatchEvent, void> {
  const run = new BatchRun(request, context, environment);
  try {
    let given = 0;
    for (let result = await run.next(); result !== undefined; result = await run.next()) {
      yield result;
      given += 1;
      if (given % turnResultsMax === 0) await nextTurn();
    }
    yield { kind: "summary", summary: run.end() };
  } finally {
    run.leave();
  }
}

/** Id of an item: its own, or its index. */
export function itemId({ id }: BatchItem, index: number): string {
  return id || String(index);
}

class BatchRun {
  readonly #context: BatchContext;
  readonly #environment: BatchEnvironment;
  readonly #defaults: BatchRequest["defaultOptions"];
  /** What has begun is let go. */
  readonly #items: (BatchItem | undefined)[];
  readonly #work: WorkSignal;
  readonly #tally = new BatchTally();
  #begun = 0;
  #running = 0;
  /** Done and not yet read. With what runs never more than `concurrency`. */
  readonly #done: BatchItemResult[] = [];
  #wake: (() => void) | undefined;
  /** Something was under way when the batch was ended. */
  #isCutOff = false;

  constructor(request: BatchRequest, context: BatchContext, environment: BatchEnvironment) {
    this.#context = context;
    this.#environment = environment;
    this.#defaults = request.defaultOptions;
    this.#items = request.items.splice(0);
    this.#work = new WorkSignal(environment.clock, context.signal);
    const { deadlineMs } = context;
    if (deadlineMs !== undefined) {
      this.#work.limit(deadlineMs - environment.clock.now(), () => this.#deadlineError(deadlineMs));
    }
  }

  /** The next result. Undefined: there is none left. */
  async next(): Promise<BatchItemResult | undefined> {
    for (;;) {
      this.#begin();
      const result = this.#done.shift();
      if (result !== undefined || this.#running === 0) return result;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The summary. Throws why the batch was ended, if that was before all was done. */
  end(): ReturnType<BatchTally["summary"]> {
    const total = this.#items.length;
    const { signal } = this.#work;
    if (signal.aborted && (this.#isCutOff || this.#begun < total)) {
      throw toConnectorError(signal.reason, "CALLER_CANCELLED", "the batch was cancelled").with({
        metadata: {
          total: String(total),
          succeeded: String(this.#tally.succeeded),
          failed: String(this.#tally.failed),
          not_started: String(total - this.#begun),
        },
      });
    }
    const { clock } = this.#environment;
    return this.#tally.summary(total, clock.now() - this.#context.receivedMs);
  }

  /** Aborts what is under way, and frees timer and listener. */
  leave(): void {
    if (this.#running > 0) {
      this.#work.abort(new ConnectorError("CALLER_CANCELLED", "the batch was left before its end"));
    }
    this.#work.dispose();
  }

  /** Begins as many items as there is room for. */
  #begin(): void {
    const { concurrency } = this.#environment;
    while (this.#running + this.#done.length < concurrency) {
      const index = this.#begun;
      const item = this.#items[index];
      if (item === undefined || !this.#mayBegin()) return;
      this.#items[index] = undefined;
      this.#begun += 1;
      this.#running += 1;
      void this.#run(item, index);
    }
  }

  #mayBegin(): boolean {
    const { deadlineMs, stopSignal } = this.#context;
    // Items may hear of the deadline before the timer of the batch does.
    if (deadlineMs !== undefined && this.#environment.clock.now() >= deadlineMs) {
      this.#work.abort(this.#deadlineError(deadlineMs));
    }
    return !this.#work.signal.aborted && stopSignal?.aborted !== true;
  }

  /** Never rejects. */
  async #run(item: BatchItem, index: number): Promise<void> {
    const id = itemId(item, index);
    const outcome = await this.#outcomeOf(item);
    const result: BatchItemResult = { kind: "result", id, index, outcome };
    this.#running -= 1;
    this.#isCutOff ||= this.#work.signal.aborted;
    this.#tally.add(result);
    this.#done.push(result);
    this.#wake?.();
  }

  async #outcomeOf({ request, options: own }: BatchItem): Promise<BatchItemResult["outcome"]> {
    const { clock, call } = this.#environment;
    try {
      const options = itemOptions(this.#defaults, own);
      const message = create(CallRequestSchema, {
        ...(request && { request }),
        ...(options && { options }),
      });
      const { stopSignal: _, ...context } = this.#context;
      const { signal } = this.#work;
      const { response } = await call(message, { ...context, signal, receivedMs: clock.now() });
      if (response !== undefined) return { kind: "response", response };
      return { kind: "error", error: new ConnectorError("INTERNAL_FAULT", "there is no answer") };
    } catch (thrown) {
      const message = "this server failed; see its log";
      return { kind: "error", error: toConnectorError(thrown, "INTERNAL_FAULT", message) };
    }
  }

  #deadlineError(deadlineMs: number): ConnectorError {
    const ms = Math.round(deadlineMs - this.#context.receivedMs);
    return new ConnectorError(
      "CALLER_DEADLINE_EXCEEDED",
      `the caller's deadline of ${ms} ms passed`,
    );
  }
}
