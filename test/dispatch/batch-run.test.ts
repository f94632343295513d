// Proves how a batch runs, in virtual time: how many items at once, what a slow reader holds back,
// that a failed item is one result, and what cancels, deadlines and a stop leave behind.
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { StreamBatchCallRequest } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import type {
  CallRequest,
  CallResponse,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { AttemptSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { BatchContext, BatchEvent, CallContext } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { runBatch } from "../../src/dispatch/batch-run.ts";
import { nextTurn } from "../../src/resilience/next-turn.ts";
import { batchOf, heard, wholeAnswer, wordOf } from "../support/batches.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

interface Pending {
  readonly request: CallRequest;
  readonly context: CallContext;
  answer(): void;
  fail(thrown: unknown): void;
}

/** A batch whose items wait for the test, or for their signal. */
class Scene {
  readonly clock = new VirtualClock();
  readonly abort = new AbortController();
  readonly stop = new AbortController();
  /** All that have begun. */
  readonly begun: Pending[] = [];
  mostAtOnce = 0;
  #running = 0;

  readonly call = async (request: CallRequest, context: CallContext): Promise<CallResponse> => {
    const { promise, resolve, reject } = Promise.withResolvers<CallResponse>();
    this.#running += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#running);
    const message = request.request?.contents[0]?.message ?? "";
    const answer = (): void => resolve(wholeAnswer(message));
    this.begun.push({ request, context, answer, fail: reject });
    context.signal.addEventListener("abort", () => reject(context.signal.reason));
    return await promise.finally(() => {
      this.#running -= 1;
    });
  };

  run(
    request: StreamBatchCallRequest,
    concurrency = 4,
    deadlineMs?: number,
  ): AsyncGenerator<BatchEvent, void> {
    const context: BatchContext = {
      signal: this.abort.signal,
      receivedMs: this.clock.now(),
      deadlineMs,
      caller: "someone",
      stopSignal: this.stop.signal,
    };
    return runBatch(request, context, { clock: this.clock, concurrency, call: this.call });
  }
}

/** Lets everything run that waits for nothing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  await nextTurn();
}

const answersAtOnce = async (request: CallRequest): Promise<CallResponse> =>
  wholeAnswer(request.request?.contents[0]?.message ?? "");

function counts(error: ConnectorError | undefined): readonly (string | undefined)[] {
  const { total, succeeded, failed, not_started } = error?.fields.metadata ?? {};
  return [error?.reason, total, succeeded, failed, not_started];
}

describe("items", () => {
  it("run so many at once and no more, and their results come as they are done", async () => {
    const scene = new Scene();
    const events = scene.run(batchOf(6), 2);
    expect(scene.begun).toHaveLength(0);
    const first = events.next();
    await settle();
    expect(scene.begun).toHaveLength(2);
    scene.begun[1]?.answer();
    expect((await first).value).toMatchObject({ kind: "result", id: "1", index: 1 });
    const rest = heard(events);
    for (let index = 0; index < 6; index += 1) {
      if (index !== 1) scene.begun[index]?.answer();
      await settle();
    }
    const { results, summary } = await rest;
    expect(results.map(wordOf)).toEqual(["text 0", "text 2", "text 3", "text 4", "text 5"]);
    expect(scene.mostAtOnce).toBe(2);
    expect(summary).toMatchObject({ total: 6, succeeded: 6, failed: 0, notStarted: 0 });
  });

  it("do not begin while the reader has not taken what is done", async () => {
    const scene = new Scene();
    const events = scene.run(batchOf(100), 3);
    const first = events.next();
    await settle();
    for (const { answer } of scene.begun) answer();
    await first;
    await settle();
    // One was read, two wait: nothing begins before the reader asks again.
    expect(scene.begun).toHaveLength(3);
    await events.next();
    expect(scene.begun).toHaveLength(4);
    await events.return();
  });

  it("that fail are results of their own, whatever they throw", async () => {
    const scene = new Scene();
    const hearing = heard(scene.run(batchOf(4), 4));
    await settle();
    const [a, b, c, d] = scene.begun;
    a?.fail(new ConnectorError("PROVIDER_OVERLOADED", "busy"));
    b?.fail(new TypeError("a bug"));
    c?.fail(undefined);
    d?.answer();
    const { results, summary, error } = await hearing;
    expect(error).toBeUndefined();
    expect(results.map(wordOf)).toEqual([
      "PROVIDER_OVERLOADED",
      "INTERNAL_FAULT",
      "INTERNAL_FAULT",
      "text 3",
    ]);
    expect(summary).toMatchObject({ total: 4, succeeded: 1, failed: 3, notStarted: 0 });
  });

  it("have the options of the batch, and their own over them", async () => {
    const scene = new Scene();
    const request = batchOf(2, {
      defaultOptions: {
        target: "all",
        timeout: durationFromMs(1000),
        fallbackModels: ["a", "b"],
        headers: { x: "1" },
      },
    });
    request.items[1]!.options = batchOf(0, {
      defaultOptions: { timeout: durationFromMs(5), fallbackModels: ["c"], strict: true },
    }).defaultOptions!;
    const events = scene.run(request);
    void events.next().catch(() => undefined);
    await settle();
    const [first, second] = scene.begun.map(({ request: { options } }) => options);
    expect(first).toMatchObject({ target: "all", fallbackModels: ["a", "b"], strict: false });
    expect(second).toMatchObject({
      target: "all",
      timeout: { nanos: 5_000_000 },
      fallbackModels: ["c"],
      headers: { x: "1" },
      strict: true,
    });
    scene.abort.abort(new ConnectorError("CALLER_CANCELLED", "enough"));
  });

  it("arrive when they begin, with the caller and the deadline of the batch", async () => {
    const scene = new Scene();
    const events = scene.run(batchOf(2), 1, 1000);
    const first = events.next();
    await settle();
    scene.clock.advance(300);
    scene.begun[0]?.answer();
    await first;
    const second = events.next();
    await settle();
    scene.begun[1]?.answer();
    await second;
    expect(scene.begun.map(({ context }) => context)).toMatchObject([
      { receivedMs: 0, deadlineMs: 1000, caller: "someone" },
      { receivedMs: 300, deadlineMs: 1000, caller: "someone" },
    ]);
    await events.return();
  });

  it("are let go when they begin", async () => {
    const request = batchOf(3);
    const scene = new Scene();
    const events = runBatch(
      request,
      { signal: scene.abort.signal, receivedMs: 0, deadlineMs: undefined, caller: "" },
      { clock: scene.clock, concurrency: 1, call: answersAtOnce },
    );
    await events.next();
    expect(request.items).toEqual([]);
    await events.return();
  });
});

describe("the end", () => {
  it("comes by a cancel: what runs is aborted, the rest never begins, all is counted", async () => {
    const scene = new Scene();
    const hearing = heard(scene.run(batchOf(10), 3));
    await settle();
    scene.begun[0]?.answer();
    await settle();
    scene.abort.abort(new ConnectorError("CALLER_CANCELLED", "enough"));
    const { results, summary, error } = await hearing;
    expect(results.map(wordOf)).toEqual(["text 0", ...Array(3).fill("CALLER_CANCELLED")]);
    expect(summary).toBeUndefined();
    expect(counts(error)).toEqual(["CALLER_CANCELLED", "10", "1", "3", "6"]);
    expect(scene.begun).toHaveLength(4);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it("comes by the deadline, even if items hear of it first", async () => {
    const scene = new Scene();
    const hearing = heard(scene.run(batchOf(10), 2, 500));
    await settle();
    scene.clock.advance(500);
    const { results, error } = await hearing;
    expect(results.map(wordOf)).toEqual(Array(2).fill("CALLER_DEADLINE_EXCEEDED"));
    expect(counts(error)).toEqual(["CALLER_DEADLINE_EXCEEDED", "10", "0", "2", "8"]);
    expect(error?.message).toBe("the caller's deadline of 500 ms passed");
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it("a deadline that has passed begins nothing", async () => {
    const scene = new Scene();
    const { results, error } = await heard(scene.run(batchOf(2), 2, 0));
    expect([results, scene.begun]).toEqual([[], []]);
    expect(counts(error)).toEqual(["CALLER_DEADLINE_EXCEEDED", "2", "0", "0", "2"]);
  });

  it("a deadline that passes after the last item is done takes nothing back", async () => {
    const scene = new Scene();
    const events = scene.run(batchOf(1), 1, 500);
    const first = events.next();
    await settle();
    scene.begun[0]?.answer();
    await first;
    scene.clock.advance(1000);
    expect((await events.next()).value).toMatchObject({
      kind: "summary",
      summary: { succeeded: 1, duration: { seconds: 1n } },
    });
  });

  it("comes by leaving the loop, which aborts what runs", async () => {
    const scene = new Scene();
    const events = scene.run(batchOf(10), 3);
    const first = events.next();
    await settle();
    scene.begun[0]?.answer();
    await first;
    await events.return();
    await settle();
    const reasons = scene.begun.map(({ context }) => context.signal.reason?.reason);
    expect(reasons).toEqual(Array(3).fill("CALLER_CANCELLED"));
    expect(scene.begun).toHaveLength(3);
  });

  it("comes by a stop: what runs goes on, the rest counts as not started", async () => {
    const scene = new Scene();
    const hearing = heard(scene.run(batchOf(10), 2));
    await settle();
    scene.stop.abort();
    for (const { answer } of scene.begun) answer();
    const { results, summary } = await hearing;
    expect(results.map(wordOf)).toEqual(["text 0", "text 1"]);
    expect(summary).toMatchObject({ total: 10, succeeded: 2, failed: 0, notStarted: 8 });
  });
});

describe("usage and cost", () => {
  it("are the sums of those of the items", async () => {
    const scene = new Scene();
    const hearing = heard(scene.run(batchOf(3), 3));
    await settle();
    const refused = create(AttemptSchema, { httpStatus: 429 });
    const [a, b, c] = scene.begun;
    a?.answer();
    b?.answer();
    c?.fail(new ConnectorError("PROVIDER_RATE_LIMITED", "wait", { attempts: [refused] }));
    const { summary } = await hearing;
    expect(summary?.usage).toMatchObject({ inputTokens: 20n, outputTokens: 20n, source: 1 });
    expect(summary?.cost).toMatchObject({ amountNanos: 14n, known: true, asOf: "2026-01-02" });
  });

  it("are not known where an item broke off after it was sent", async () => {
    const scene = new Scene();
    const hearing = heard(scene.run(batchOf(2), 2));
    await settle();
    const lost = create(AttemptSchema, { httpStatus: 0 });
    scene.begun[0]?.answer();
    scene.begun[1]?.fail(
      new ConnectorError("PROVIDER_CONNECTION_LOST", "gone", { attempts: [lost] }),
    );
    expect((await hearing).summary?.cost).toMatchObject({ known: false, amountNanos: 0n });
  });
});

test.prop({
  count: fc.integer({ min: 1, max: 60 }),
  concurrency: fc.integer({ min: 1, max: 20 }),
  order: fc.infiniteStream(fc.nat()),
  failures: fc.infiniteStream(fc.boolean()),
})("every item has exactly one result, in whatever order they end", async (run) => {
  const scene = new Scene();
  const hearing = heard(scene.run(batchOf(run.count), run.concurrency));
  const waiting = new Set<Pending>();
  let seen = 0;
  for (let ended = 0; ended < run.count; ended += 1) {
    await settle();
    for (const pending of scene.begun.slice(seen)) waiting.add(pending);
    seen = scene.begun.length;
    const list = [...waiting];
    const chosen = list[run.order.next().value % list.length]!;
    waiting.delete(chosen);
    if (run.failures.next().value) chosen.fail(new ConnectorError("PROVIDER_INTERNAL", "no"));
    else chosen.answer();
  }
  const { results, summary } = await hearing;
  const indexes = results.map(({ index }) => index).toSorted((a, b) => a - b);
  expect(indexes).toEqual(Array.from({ length: run.count }, (_, index) => index));
  expect(scene.mostAtOnce).toBeLessThanOrEqual(run.concurrency);
  expect((summary?.succeeded ?? 0) + (summary?.failed ?? 0)).toBe(run.count);
});
