// Proves BatchCall and StreamBatchCall on every protocol: order, one bad item (V27), errors with
// their details, what a message cannot hold, cancels, deadlines and a shutdown in mid-batch, one
// place among the open calls, and 10,000 items of which one in twenty fails.
import { describe, expect, it } from "vitest";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallContext, ConnectorApi } from "../../src/contract/connector-api.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { connectorErrorOfStatus } from "../../src/rpc/batch-status.ts";
import { askFor, sentResults, sentWord, wholeAnswer } from "../support/batches.ts";
import { FakeApi } from "../support/fake-api.ts";
import { until } from "../support/http.ts";
import {
  clientOver,
  connectError,
  receivedError,
  timeoutHeader,
  wires,
} from "../support/rpc-client.ts";
import { type RPCServer, type RPCServerOptions, startRPCServer } from "../support/rpc-server.ts";

type Answer = (message: string, context: CallContext) => ReturnType<ConnectorApi["call"]>;

/** A server whose calls are answered by what they ask for. */
async function serve(
  answer: Answer,
  options: Omit<RPCServerOptions, "api"> = {},
): Promise<{ readonly server: RPCServer; readonly api: FakeApi }> {
  const api = new FakeApi({
    call: ({ request }, context) => answer(request?.contents[0]?.message ?? "", context),
  });
  return { server: await startRPCServer({ ...options, api }), api };
}

/** Never answers, and ends with its signal. */
function waitFor({ signal }: CallContext): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

function items(count: number) {
  return Array.from({ length: count }, (_, index) => askFor(`text ${index}`));
}

describe.each(wires)("over $name", (wire) => {
  it("answers in request order, streams as done, and sums up", async () => {
    let running = 0;
    const { server } = await serve(async (message) => {
      running += 1;
      // The first is done last.
      if (message === "text 0") await until(() => running >= 4);
      return wholeAnswer(message);
    });
    const client = clientOver(wire, server.url);
    const batch = await client.batchCall({ items: [...items(3), askFor("text 3", "last")] });
    expect(batch.results.map(sentWord)).toEqual(["text 0", "text 1", "text 2", "text 3"]);
    expect(batch.results.map(({ id, index }) => [id, index])).toEqual([
      ["0", 0],
      ["1", 1],
      ["2", 2],
      ["last", 3],
    ]);
    expect(batch.summary).toMatchObject({
      ...{ total: 4, succeeded: 4, failed: 0, notStarted: 0 },
      usage: { inputTokens: 40n, outputTokens: 40n },
      cost: { known: true, amountNanos: 28n },
    });
    expect(batch.summary?.duration).toBeDefined();
    running = 0;
    const streamed = await sentResults(client.streamBatchCall({ items: items(4) }));
    expect(streamed.map(({ index }) => index)).toEqual([1, 2, 3, 0]);
  });

  it("gives an item the error that a Call would have had", async () => {
    const answer: Answer = async (message) => {
      if (message === "text 1") {
        throw new ConnectorError("PROVIDER_RATE_LIMITED", "slow down: 50 % of \u20ac", {
          retryAfterMs: 1500,
          metadata: { provider: "fake", long: "x".repeat(9_000) },
        });
      }
      if (message === "text 2") throw new TypeError("a bug");
      return wholeAnswer(message);
    };
    const { server } = await serve(answer);
    const client = clientOver(wire, server.url);
    const bad = { request: { model: "a..b" } };
    const { results, summary } = await client.batchCall({ items: [...items(3), bad] });
    const errors = results.slice(1).map(({ outcome }) => {
      if (outcome.case !== "error") throw new Error("no error");
      return connectorErrorOfStatus(outcome.value);
    });
    const call = { request: { model: "m", contents: [{ role: Role.USER, message: "text 1" }] } };
    const ofCall = await receivedError(client.call(call));
    expect({
      ...errors[0],
      stack: "",
      cause: "",
      fields: { ...errors[0]?.fields, cause: "" },
    }).toEqual({
      ...ofCall,
      ...{ stack: "", cause: "", fields: { ...ofCall.fields, cause: "" } },
    });
    expect(errors[0]?.fields.retryAfterMs).toBe(1500);
    expect(errors[1]?.reason).toBe("INTERNAL_FAULT");
    expect(errors[1]?.message).not.toContain("bug");
    expect(errors[2]?.fields.violations?.map(({ field }) => field)).toContain("request.model");
    expect(summary).toMatchObject({ total: 4, succeeded: 1, failed: 3, notStarted: 0 });
    expect(server.faults).toMatchObject([
      { reason: "INTERNAL_FAULT", cause: { message: "a bug" } },
    ]);
  });

  it("a cancel reaches what runs at once, and nothing more begins", async () => {
    let beganAborted = 0;
    const endedMs: number[] = [];
    const { server, api } = await serve(async (_, context) => {
      if (context.signal.aborted) beganAborted += 1;
      return await waitFor(context).finally(() => endedMs.push(performance.now()));
    });
    const client = clientOver(wire, server.url);
    const request = { items: items(40), maxConcurrency: 8 };
    for (const method of ["batchCall", "streamBatchCall"] as const) {
      const before = api.contexts.length;
      endedMs.length = 0;
      const leave = new AbortController();
      const { signal } = leave;
      const call =
        method === "batchCall"
          ? client.batchCall(request, { signal })
          : sentResults(client.streamBatchCall(request, { signal }));
      const failed = connectError(call);
      await until(() => api.contexts.length === before + 8);
      leave.abort();
      await failed;
      await until(() => endedMs.length === 8);
      const spreadMs = Math.max(...endedMs) - Math.min(...endedMs);
      expect(spreadMs).toBeLessThan(50);
      expect(api.contexts.length).toBe(before + 8);
      expect(api.contexts.at(-1)?.signal.reason?.reason).toBe("CALLER_CANCELLED");
    }
    expect(beganAborted).toBe(0);
    expect(server.faults).toEqual([]);
  });

  it("a deadline in mid-batch ends it, and says what was done", async () => {
    const answer: Answer = async (message, context) =>
      message === "text 0" ? wholeAnswer(message) : await waitFor(context);
    const { server } = await serve(answer);
    const client = clientOver(wire, server.url);
    const request = { items: items(9), maxConcurrency: 3 };
    const headers = timeoutHeader(wire, 150);
    const streamed: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const { event } of client.streamBatchCall(request, { headers })) {
        if (event.case === "result") streamed.push(sentWord(event.value));
      }
    };
    const calls = [client.batchCall(request, { headers }), reading()];
    for (const error of await Promise.all(calls.map(receivedError))) {
      expect(error.status).toBe("DEADLINE_EXCEEDED");
      expect(error.fields.metadata).toMatchObject({
        ...{ total: "9", succeeded: "1", failed: "3", not_started: "5" },
      });
    }
    // Each that was under way says why it ended.
    expect(streamed).toEqual(["text 0", ...Array(3).fill("CALLER_DEADLINE_EXCEEDED")]);
  });

  it("a shutdown in mid-batch loses nothing that was answered", async () => {
    const answer: Answer = async (message, context) =>
      message === "text 0" ? wholeAnswer(message) : await waitFor(context);
    const { server, api } = await serve(answer);
    const client = clientOver(wire, server.url);
    const request = { items: items(5), maxConcurrency: 2 };
    const streamed: string[] = [];
    const reading = (async (): Promise<void> => {
      for await (const { event } of client.streamBatchCall(request)) {
        if (event.case === "result") streamed.push(sentWord(event.value));
      }
    })();
    const ended = receivedError(reading);
    const whole = client.batchCall(request);
    await until(() => api.contexts.length === 6);
    server.shutdown.abort(new ConnectorError("SERVER_DRAINING", "going down"));
    const error = await ended;
    expect(error.reason).toBe("SERVER_DRAINING");
    expect(error.fields.metadata).toMatchObject({
      ...{ total: "5", succeeded: "1", failed: "2", not_started: "2" },
    });
    expect(streamed).toEqual(["text 0", "SERVER_DRAINING", "SERVER_DRAINING"]);
    const { results, summary } = await whole;
    expect(results.map(sentWord)).toEqual(["text 0", ...Array(4).fill("SERVER_DRAINING")]);
    expect(summary).toMatchObject({ total: 5, succeeded: 1, failed: 2, notStarted: 2 });
  });
});

describe.each(wires)("answers that fill the message, over $name", (wire) => {
  const limits = { responseBytes: 200 * 1024 };
  const big: Answer = async (message) => wholeAnswer(message.padEnd(40 * 1024, '"'));

  it("are sent as far as they fit, and every other item says why it has none", async () => {
    const { server, api } = await serve(big, { limits });
    const client = clientOver(wire, server.url);
    const { results, summary } = await client.batchCall({ items: items(50), maxConcurrency: 2 });
    expect(results).toHaveLength(50);
    const answered = results.filter(({ outcome }) => outcome.case === "response");
    expect(answered.length).toBeGreaterThanOrEqual(wire.json ? 1 : 3);
    const words = new Set(results.slice(answered.length).map(sentWord));
    expect([...words]).toEqual(["MESSAGE_TOO_LARGE"]);
    const messages = results.map(({ outcome }) =>
      outcome.case === "error" ? outcome.value.message : "",
    );
    expect(messages.filter((text) => text.startsWith("not started"))).toHaveLength(
      50 - api.contexts.length,
    );
    expect(messages.at(-1)).toContain("use StreamBatchCall");
    expect(summary).toMatchObject({
      total: 50,
      succeeded: answered.length,
      failed: api.contexts.length - answered.length,
      notStarted: 50 - api.contexts.length,
    });
    expect(server.faults).toEqual([]);
  });

  it("all come in a stream, but for one that no message holds", async () => {
    const { server } = await serve(
      async (message) =>
        message === "text 3"
          ? wholeAnswer("x".repeat(300 * 1024))
          : await big(message, {} as never),
      { limits },
    );
    const client = clientOver(wire, server.url);
    const told: string[] = [];
    for await (const { event } of client.streamBatchCall({ items: items(10) })) {
      if (event.case === "result") told.push(sentWord(event.value).slice(0, 17));
      else expect(event.value).toMatchObject({ total: 10, succeeded: 9, failed: 1 });
    }
    expect(told).toHaveLength(10);
    expect(told.filter((word) => word === "MESSAGE_TOO_LARGE")).toHaveLength(1);
  });

  it("are not begun where not even errors would fit", async () => {
    const { server, api } = await serve(big, { limits: { responseBytes: 32 * 1024 } });
    const client = clientOver(wire, server.url);
    const error = await receivedError(client.batchCall({ items: items(500) }));
    expect([error.reason, error.status]).toEqual(["MESSAGE_TOO_LARGE", "RESOURCE_EXHAUSTED"]);
    expect(error.message).toContain("use StreamBatchCall");
    expect(api.contexts).toEqual([]);
  });
});

it("a batch is one open call, whatever its items", async () => {
  const { server, api } = await serve((_, context) => waitFor(context), {
    limits: { openCalls: 1 },
  });
  const client = clientOver(wires[0]!, server.url);
  const leave = new AbortController();
  const failed = connectError(client.batchCall({ items: items(9) }, { signal: leave.signal }));
  await until(() => api.contexts.length === 9);
  const refused = await receivedError(sentResults(client.streamBatchCall({ items: items(1) })));
  expect(refused.reason).toBe("SERVER_OVERLOADED");
  leave.abort();
  await failed;
});

describe.each(wires.filter(({ httpVersion, json }) => httpVersion === "2" && !json))(
  "10,000 items over $name",
  (wire) => {
    const faults: readonly ConnectorError[] = [
      new ConnectorError("PROVIDER_OVERLOADED", "busy"),
      new ConnectorError("PROVIDER_RATE_LIMITED", "slow down", { retryAfterMs: 10 }),
      new ConnectorError("PROVIDER_CONNECTION_LOST", "gone"),
      new ConnectorError("CONTENT_FILTERED", "no"),
    ];
    const answer: Answer = async (message) => {
      const index = Number(message.slice("text ".length));
      await new Promise((resolve) => setImmediate(resolve));
      if (index % 20 === 7) throw faults[Math.floor(index / 20) % faults.length];
      return wholeAnswer(message);
    };

    it.each(["batchCall", "streamBatchCall"] as const)(
      "of which one in twenty fails have one result each (%s)",
      async (method) => {
        const { server } = await serve(answer);
        const client = clientOver(wire, server.url);
        const request = { items: items(10_000), maxConcurrency: 64 };
        const results =
          method === "batchCall"
            ? (await client.batchCall(request)).results
            : await sentResults(client.streamBatchCall(request));
        const words = new Map(results.map((result) => [result.index, sentWord(result)]));
        expect([results.length, words.size]).toEqual([10_000, 10_000]);
        for (const [index, word] of words) {
          const fault = faults[Math.floor(index / 20) % faults.length];
          if (word !== (index % 20 === 7 ? fault?.reason : `text ${index}`)) {
            throw new Error(`item ${index}: ${word}`);
          }
        }
      },
      60_000,
    );
  },
);
