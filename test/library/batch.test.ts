// Proves that batches of the library are the same in process and by a server: results in order or
// as done, one bad request, options of one request, cancels that lose nothing, and what is refused.
import { create, toJson } from "@bufbuild/protobuf";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { BatchSummarySchema } from "../../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { systemClock } from "../../src/contract/clock.ts";
import type { BatchEvent, ConnectorApi } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { LLM, LLMBatchResult, LLMRequestInput } from "../../src/contract/llm.ts";
import { noSettings, withBaseURL, withStrict, withTimeout } from "../../src/contract/options.ts";
import { LLMClient } from "../../src/library/llm-client.ts";
import { wholeAnswer } from "../support/batches.ts";
import { FakeApi } from "../support/fake-api.ts";
import { connectorError, until } from "../support/http.ts";
import { setScene, theScene, type Way, ways } from "./ways.ts";

setScene();

function ask(message: string, fields: Partial<LLMRequestInput> = {}): LLMRequestInput {
  return { contents: [{ role: "user", message }], maxOutputTokens: 100, ...fields };
}

function openLLM(way: Way): LLM {
  const llm = way.open("claude-sonnet-5");
  onTestFinished(() => llm.close());
  return llm;
}

function wordsOf(results: readonly LLMBatchResult[]): readonly string[] {
  return results.map(({ id, response, error }) => {
    const said = /You said: "(.*)"/.exec(response?.content.message ?? "")?.[1];
    return `${id}: ${error?.reason ?? said}`;
  });
}

describe.each(ways)("$name", (way) => {
  it("gives results in order, of which one is bad", async () => {
    const results = await openLLM(way).batchCall([
      ask("one"),
      { id: "second", request: ask("two") },
      ask("three", { temperature: 9 }),
      ask("[[simulate: status=529]] four"),
      { request: { contents: [{ role: "nobody" as "user", message: "five" }] } },
    ]);
    expect(wordsOf(results)).toEqual([
      "0: one",
      "second: two",
      "2: INVALID_REQUEST",
      "3: PROVIDER_OVERLOADED",
      "4: INVALID_REQUEST",
    ]);
    expect(results.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(results[2]?.error?.fields.violations?.[0]?.field).toBe("request.temperature");
    expect(results[3]?.error?.fields.attempts?.[0]?.httpStatus).toBe(529);
    expect(results[4]?.error?.fields.violations?.[0]?.field).toBe("request.contents[0].role");
  });

  it("streams results as they are done, and sums up", async () => {
    const stream = openLLM(way).streamBatch(
      [ask("[[simulate: slow=60ms]] slow"), ask("quick"), ask("[[simulate: status=400]] bad")],
      { maxConcurrency: 3 },
    );
    const results: LLMBatchResult[] = [];
    for await (const result of stream) results.push(result);
    expect(wordsOf(results).toSorted()).toEqual([
      "0: slow",
      "1: quick",
      "2: PROVIDER_INVALID_REQUEST",
    ]);
    const summary = await stream.summary;
    expect(summary).toMatchObject({ total: 3, succeeded: 2, failed: 1, notStarted: 0 });
    const tokens = results.map(({ response }) => response?.usage.outputTokens ?? 0n);
    expect(summary.usage?.outputTokens).toBe(tokens.reduce((sum, count) => sum + count));
    expect(summary.cost?.known).toBe(true);
  });

  it("lays the options of a request over those of the model", async () => {
    const llm = way.open("claude-sonnet-5", withTimeout(30));
    onTestFinished(() => llm.close());
    const seed = { seed: 1n };
    const results = await llm.batchCall([
      ask("lax", seed),
      { request: ask("strict", seed), options: [withStrict()] },
      { request: ask("[[simulate: stall-headers]] late"), options: [withTimeout(0.05)] },
    ]);
    expect(wordsOf(results)).toEqual([
      "0: lax",
      "1: UNSUPPORTED_FIELD",
      "2: CALLER_DEADLINE_EXCEEDED",
    ]);
  });

  it("returns what was done of a cancelled batch, and closes what was under way", async () => {
    const { simulator } = theScene();
    const abortedBefore = simulator.abortedRequests;
    const requestsBefore = simulator.requests.length;
    const leave = new AbortController();
    const requests = [
      ask("done"),
      ...Array.from({ length: 20 }, () => ask("[[simulate: stall-headers]] never")),
    ];
    const batch = openLLM(way).batchCall(requests, { signal: leave.signal, maxConcurrency: 4 });
    await until(() => simulator.requests.length === requestsBefore + 5);
    // The answer of the first may still be on its way to us.
    const startedMs = performance.now();
    leave.abort();
    const results = await batch;
    expect(performance.now() - startedMs).toBeLessThan(500);
    expect(wordsOf(results).slice(1)).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index + 1}: CALLER_CANCELLED`),
    );
    await until(() => simulator.abortedRequests === abortedBefore + 4);
    expect(simulator.requests.length).toBe(requestsBefore + 5);
  });

  it("tells of a stream that is left what was done", async () => {
    const { simulator } = theScene();
    const abortedBefore = simulator.abortedRequests;
    const stream = openLLM(way).streamBatch(
      [ask("done"), ...Array.from({ length: 9 }, () => ask("[[simulate: stall-headers]] never"))],
      { maxConcurrency: 2 },
    );
    for await (const { index } of stream) {
      expect(index).toBe(0);
      break;
    }
    expect(await stream.summary).toMatchObject({ total: 10, succeeded: 1, notStarted: 9 });
    await until(() => simulator.abortedRequests > abortedBefore);
  });

  it("throws what is wrong with the whole", async () => {
    const llm = openLLM(way);
    const twice = [
      { id: "a", request: ask("one") },
      { id: "a", request: ask("two") },
    ];
    for (const requests of [[], twice]) {
      const stream = llm.streamBatch(requests);
      const reading = (async () => {
        for await (const _ of stream);
      })();
      const calls = [llm.batchCall(requests), reading, stream.summary].map(connectorError);
      for (const { reason } of await Promise.all(calls)) expect(reason).toBe("INVALID_REQUEST");
    }
    const settings = { maxConcurrency: 257 };
    const error = await connectorError(llm.batchCall([ask("one")], settings));
    expect(error.fields.violations?.[0]?.field).toBe("max_concurrency");
  });
});

/** An LLM over an api of the test. */
function llmOver(batch: ConnectorApi["batch"]): LLM {
  const api = new FakeApi({ batch });
  const close = async (): Promise<void> => undefined;
  return new LLMClient({ model: "m", settings: noSettings, api, clock: systemClock, close });
}

function answered(index: number): BatchEvent {
  const { response } = wholeAnswer(`answer ${index}`);
  if (response === undefined) throw new Error("no answer");
  return { kind: "result", id: String(index), index, outcome: { kind: "response", response } };
}

describe("a batch whose way breaks", () => {
  const lost = new ConnectorError("SERVER_UNREACHABLE", "gone");

  it("keeps what was answered, and tells of the rest", async () => {
    const llm = llmOver(async function* () {
      yield answered(1);
      throw lost;
    });
    const results = await llm.batchCall([ask("a"), ask("b"), ask("c")]);
    expect(results.map(({ error }) => error?.reason)).toEqual([
      "SERVER_UNREACHABLE",
      undefined,
      "SERVER_UNREACHABLE",
    ]);
  });

  it("throws where nothing was answered", async () => {
    const llm = llmOver(() => {
      throw lost;
    });
    expect((await connectorError(llm.batchCall([ask("a")]))).reason).toBe("SERVER_UNREACHABLE");
  });

  it("is told where the end is missing", async () => {
    const stream = llmOver(async function* () {
      yield answered(0);
    }).streamBatch([ask("a"), ask("b")]);
    const reading = (async () => {
      for await (const _ of stream);
    })();
    expect((await connectorError(reading)).reason).toBe("STREAM_TRUNCATED");
    expect((await connectorError(stream.summary)).reason).toBe("STREAM_TRUNCATED");
  });
});

it("refuses options of a request that belong to the model", async () => {
  const llm = llmOver(async function* () {
    yield answered(0);
  });
  const entry = { request: ask("a"), options: [withBaseURL("http://127.0.0.1:1")] };
  const error = await connectorError(llm.batchCall([entry]));
  expect([error.reason, error.message]).toEqual([
    "INVALID_REQUEST",
    "requests[0].options: withBaseURL and withServer belong to newLLM",
  ]);
});

it("nothing is sent before a result is asked for", async () => {
  const begun = vi.fn();
  const summary = create(BatchSummarySchema, { total: 1, succeeded: 1 });
  const stream = llmOver(async function* () {
    begun();
    yield answered(0);
    yield { kind: "summary", summary };
  }).streamBatch([ask("a")]);
  await Promise.resolve();
  expect(begun).not.toHaveBeenCalled();
  for await (const { response } of stream) expect(response?.content.message).toBe("answer 0");
  expect(toJson(BatchSummarySchema, await stream.summary)).toEqual({ total: 1, succeeded: 1 });
});
