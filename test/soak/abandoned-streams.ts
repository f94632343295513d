// T8: opens streams through a running server and leaves each at a random moment: by leaving the
// loop, by the caller's signal, by a deadline, or at its end. Fails if the server's heap has grown
// by more than 5 MiB after collection, or a socket stays open. `npm run soak -- --streams 100000`.
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import {
  conclude,
  grouped,
  inLanes,
  measuringOptions,
} from "../../bench/reliability/measurement.ts";
import { type Held, ServerProcess } from "../../bench/reliability/server-process.ts";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { seededRandom } from "../corpus/pieces.ts";

const warmUpStreams = 2_000;
const lanes = 32;
const heapGrowthBytesMax = 5 * 1024 * 1024;
const quietMsMax = 20_000;
const pollMs = 100;
const models = ["claude-sonnet-5", "gpt-5"];
const random = seededRandom(1);

const { count, json } = measuringOptions("streams", { usual: 10_000, quick: 10_000 });
const simulator = await startSimulator({ pace: { firstDeltaMs: 3, deltaMs: 1 } });
const server = await ServerProcess.start({
  // A hundred thousand resets of one client are a flood, and keep a small machine busy: neither is
  // tried here, and a stream that was refused leaves nothing behind.
  configuration: "limits: { resets_per_10s: 1000000, loop_lag_ms: 60000 }\n",
  environment: {
    ANTHROPIC_API_KEY: "sk-ant-soak-key",
    ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
    OPENAI_API_KEY: "sk-soak-key",
    OPENAI_BASE_URL: simulator.baseURLs.openai,
  },
});
const session = new Http2SessionManager(server.url);
const client = createClient(
  ConnectorService,
  createGrpcTransport({ baseUrl: server.url, sessionManager: session }),
);

let refused = 0;
await openAndLeave(warmUpStreams);
const before = await atRest();
await openAndLeave(count);
session.abort();
const after = await atRest();
const growth = after.heapBytes - before.heapBytes;
const { openConnections, abortedRequests } = simulator;
conclude(
  [
    {
      number: "T8",
      what: `what is left of ${grouped(count)} streams that were opened and left`,
      target: "heap growth ≤ 5 MiB after collection; no socket",
      measured:
        `${mebibytes(growth)} MiB (${mebibytes(before.heapBytes)} before, ` +
        `${mebibytes(after.heapBytes)} after), ${after.sockets} sockets of the server, ` +
        `${openConnections} of the provider; ${grouped(abortedRequests)} requests were aborted at it` +
        (refused > 0 ? `; ${grouped(refused)} streams were refused` : ""),
      isGood:
        growth <= heapGrowthBytesMax &&
        after.sockets === 0 &&
        openConnections === 0 &&
        abortedRequests > 0 &&
        refused === 0,
    },
  ],
  json,
);
await server.kill();
await simulator.close();

async function openAndLeave(streams: number): Promise<void> {
  await inLanes(streams, lanes, leaveOne);
}

async function leaveOne(): Promise<void> {
  const way = random();
  const controller = new AbortController();
  const request = {
    model: models[Math.floor(random() * models.length)] ?? "",
    contents: [{ role: Role.USER, message: "[[simulate: text=12]] Tell a story" }],
  };
  const timer =
    way < 0.4 ? setTimeout(() => controller.abort(), Math.floor(random() * 40)) : undefined;
  const timeoutMs = way > 0.8 ? 1 + Math.floor(random() * 40) : 60_000;
  let left = way > 0.7 ? Number.POSITIVE_INFINITY : Math.floor(random() * 10);
  try {
    const options = { signal: controller.signal, timeoutMs };
    for await (const _ of client.streamCall({ request }, options)) {
      left--;
      if (left < 0) break;
    }
  } catch (error) {
    const { code } = ConnectError.from(error);
    if (code !== Code.Canceled && code !== Code.DeadlineExceeded) refused += 1;
  } finally {
    clearTimeout(timer);
  }
}

/** What the server holds once nothing is under way. */
async function atRest(): Promise<Held> {
  const deadlineMs = performance.now() + quietMsMax;
  const isQuiet = (): boolean => simulator.openConnections === 0;
  while (!isQuiet() && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return await server.held();
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(2);
}
