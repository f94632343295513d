// Proves that the cancel of a batch closes every provider's socket it has open and opens no other
// (S20, T5), through the whole server, on each protocol, and that items of its deadline do too. The
// times that it took are printed.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sentResults } from "../support/batches.ts";
import { until } from "../support/http.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { clientOver, connectError, timeoutHeader, wires } from "../support/rpc-client.ts";
import { oneTarget, openServer, type StartedServer } from "../support/running-server.ts";
import { hello } from "./messages-upstream.ts";

const boundMs = 5_000;
const atOnce = 32;
const batch = { items: Array.from({ length: 500 }, () => hello), maxConcurrency: atOnce };
const took: number[] = [];

let upstream: RawUpstream;
let server: StartedServer;
let requests = 0;
let closedMs: number[] = [];
beforeAll(async () => {
  // Takes requests and never answers.
  upstream = await RawUpstream.listen(async (connection) => {
    await connection.request();
    requests += 1;
    await connection.closed;
    closedMs.push(performance.now());
  });
  server = await openServer({ yaml: oneTarget(upstream.url) }, afterAll);
});
beforeEach(() => {
  requests = 0;
  closedMs = [];
});
afterAll(async () => {
  await upstream.close();
  const sorted = took.toSorted((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => sorted[Math.floor(share * sorted.length)] ?? 0);
  console.info(
    `cancel of a batch: ${sorted.length} sockets closed, ms after the cancel: ` +
      `p50 ${p50?.toFixed(1)}, p99 ${p99?.toFixed(1)}, most ${sorted.at(-1)?.toFixed(1)}`,
  );
});

describe.each(wires)("over $name", (wire) => {
  it.each(["batchCall", "streamBatchCall"] as const)("a cancelled %s lets go", async (method) => {
    const client = clientOver(wire, server.url);
    const leave = new AbortController();
    const options = { signal: leave.signal };
    const call =
      method === "batchCall"
        ? client.batchCall(batch, options)
        : sentResults(client.streamBatchCall(batch, options));
    const failed = connectError(call);
    await until(() => requests === atOnce);
    const cancelledMs = performance.now();
    leave.abort();
    expect((await failed).code).toBe(1);
    await until(() => closedMs.length === atOnce);
    for (const ms of closedMs) {
      took.push(ms - cancelledMs);
      expect(ms - cancelledMs).toBeLessThan(boundMs);
    }
    expect(requests).toBe(atOnce);
  });

  it("a deadline closes the sockets of all items under way, and begins none", async () => {
    const client = clientOver(wire, server.url);
    const headers = timeoutHeader(wire, 1_000);
    const failed = connectError(sentResults(client.streamBatchCall(batch, { headers })));
    expect((await failed).code).toBe(4);
    await until(() => closedMs.length === requests);
    expect(requests).toBeLessThanOrEqual(atOnce);
  });
});
