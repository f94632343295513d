import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  type BatchSummary,
  BatchSummarySchema,
} from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import {
  type Cost,
  CostSchema,
  type Usage,
  UsageSchema,
  UsageSource,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { BatchItemResult } from "./connector-api.ts";
import type { ConnectorError } from "./connector-error.ts";
import { addTokenCounts } from "./token-counts.ts";

/** Names of tools of providers that are counted; the uses of others are left out of the sum. */
const toolNamesMax = 64;
const amountNanosMax = 2n ** 63n - 1n;

/** Adds up what the items of a batch came to. */
export class BatchTally {
  #succeeded = 0;
  #failed = 0;
  readonly #usage: Usage = create(UsageSchema, { source: UsageSource.REPORTED });
  #amountNanos = 0n;
  #isCostKnown = true;
  #asOf = "";

  /** Items answered so far. */
  get succeeded(): number {
    return this.#succeeded;
  }

  /** Items failed so far. */
  get failed(): number {
    return this.#failed;
  }

  /** Tokens of the answers so far. */
  get usage(): Usage {
    return this.#usage;
  }

  /**
   * Cost of the items so far, known only if that of each is. One that failed cost nothing where
   * nothing was sent, or a provider refused it; of others nobody knows what the provider charges.
   */
  get cost(): Cost {
    const known = this.#isCostKnown && this.#amountNanos <= amountNanosMax;
    return create(CostSchema, known ? this.#knownCost : { known });
  }

  /** Adds one result. */
  add({ outcome }: BatchItemResult): void {
    if (outcome.kind === "error") {
      this.#failed += 1;
      this.#isCostKnown &&= costNothing(outcome.error);
      return;
    }
    this.#succeeded += 1;
    const { usage, cost } = outcome.response;
    this.#addUsage(usage);
    this.#addCost(cost);
  }

  /** The summary of a batch of so many items, so long after its arrival. */
  summary(total: number, durationMs: number): BatchSummary {
    return create(BatchSummarySchema, {
      total,
      succeeded: this.#succeeded,
      failed: this.#failed,
      notStarted: total - this.#succeeded - this.#failed,
      usage: this.#usage,
      cost: this.cost,
      duration: durationFromMs(Math.max(Math.round(durationMs), 0)),
    });
  }

  get #knownCost(): { known: true; amountNanos: bigint; asOf: string } {
    return { known: true, amountNanos: this.#amountNanos, asOf: this.#asOf };
  }

  #addUsage(usage: Usage | undefined): void {
    const sum = this.#usage;
    if (usage?.source !== UsageSource.REPORTED) sum.source = UsageSource.ESTIMATED;
    if (usage === undefined) return;
    addTokenCounts(sum, usage);
    for (const [name, count] of Object.entries(usage.serverToolUses)) {
      const before = sum.serverToolUses[name];
      const hasRoom = Object.keys(sum.serverToolUses).length < toolNamesMax;
      if (before !== undefined || hasRoom) sum.serverToolUses[name] = (before ?? 0n) + count;
    }
  }

  #addCost(cost: Cost | undefined): void {
    if (!cost?.known) {
      this.#isCostKnown = false;
      return;
    }
    this.#amountNanos += cost.amountNanos;
    // The sum is only as new as the oldest price in it.
    if (this.#asOf === "" || (cost.asOf !== "" && cost.asOf < this.#asOf)) this.#asOf = cost.asOf;
  }
}

function costNothing({ fields }: ConnectorError): boolean {
  return (fields.attempts ?? []).every(({ httpStatus }) => httpStatus >= 400);
}
