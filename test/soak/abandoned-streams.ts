// Opens 10,000 streams through a running server and leaves each at a random moment: by leaving the
// loop, by the caller's signal, by a deadline, or at its end. Fails if the server's heap has grown
// by more than 5 MiB after collection, or a socket to a provider stays open. Run by `npm run soak`.
import { fork } from "node:child_process";
import { once } from "node:events";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { startSimulator } from "../../src/simulator/simulator.ts";
import { seededRandom } from "../corpus/pieces.ts";

const warmUpStreams = 2_000;
const streams = Number(process.argv[2] ?? 10_000);
const concurrency = 64;
const heapGrowthBytesMax = 5 * 1024 * 1024;
const quietMsMax = 20_000;
const models = ["claude-sonnet-5", "gpt-5"];
const random = seededRandom(1);

const simulator = await startSimulator({ pace: { firstDeltaMs: 3, deltaMs: 1 } });
const server = fork(new URL("measured-server.ts", import.meta.url), {
  execArgv: ["--expose-gc"],
  env: {
    PATH: process.env.PATH,
    ANTHROPIC_API_KEY: "sk-ant-soak-key",
    ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
    OPENAI_API_KEY: "sk-soak-key",
    OPENAI_BASE_URL: simulator.baseURLs.openai,
  },
});
const { url } = await told<{ url: string }>();
const client = createClient(ConnectorService, createGrpcTransport({ baseUrl: url }));

await openAndLeave(warmUpStreams);
const before = await heapAtRest();
const startedMs = performance.now();
await openAndLeave(streams);
const tookSeconds = (performance.now() - startedMs) / 1000;
const after = await heapAtRest();
const growth = after - before;
const { openConnections, abortedRequests } = simulator;

console.log(`${streams} streams opened and left in ${tookSeconds.toFixed(1)} s`);
console.log(`${abortedRequests} requests were aborted at the provider before their end`);
console.log(`heap ${mebibytes(before)} MiB before, ${mebibytes(after)} MiB after`);
console.log(`connections to the provider left: ${openConnections}`);
server.kill("SIGKILL");
await simulator.close();
const isGood = growth <= heapGrowthBytesMax && openConnections === 0 && abortedRequests > 0;
console.log(isGood ? "good" : `bad: the heap grew by ${mebibytes(growth)} MiB`);
process.exit(isGood ? 0 : 1);

async function openAndLeave(count: number): Promise<void> {
  const turns = Array.from({ length: count }).values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const _ of turns) await leaveOne();
    }),
  );
}

async function leaveOne(): Promise<void> {
  const way = random();
  const controller = new AbortController();
  const request = {
    model: models[Math.floor(random() * models.length)] ?? "",
    contents: [{ role: Role.USER, message: "[[simulate: text=30]] Tell a story" }],
  };
  const timer =
    way < 0.4 ? setTimeout(() => controller.abort(), Math.floor(random() * 40)) : undefined;
  const timeoutMs = way > 0.8 ? 1 + Math.floor(random() * 40) : 60_000;
  let left = way > 0.7 ? Number.POSITIVE_INFINITY : Math.floor(random() * 20);
  try {
    const options = { signal: controller.signal, timeoutMs };
    for await (const _ of client.streamCall({ request }, options)) {
      left--;
      if (left < 0) break;
    }
  } catch {
    // Cancelled or out of time: that is what is tried here.
  } finally {
    clearTimeout(timer);
  }
}

/** The server's heap once nothing is under way, bytes. */
async function heapAtRest(): Promise<number> {
  const deadlineMs = performance.now() + quietMsMax;
  while (simulator.openConnections > 0 && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  server.send("heap");
  return (await told<{ heapBytes: number }>()).heapBytes;
}

async function told<T>(): Promise<T> {
  const [message] = await once(server, "message");
  return message as T;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(2);
}
