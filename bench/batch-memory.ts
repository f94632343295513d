// How much memory a server takes for a batch of 10,000 items of which one in twenty fails, in ways
// of all kinds: the peak of its resident set above what it holds when it has just started, for
// StreamBatchCall and for BatchCall, each with a server of its own. `npm run bench:batch [ITEMS]`;
// fails where an item has not exactly one result, or the peak is 150 MiB or more above idle.
//
// The young generation of the heap is held at 16 MiB a half. By default it grows with the rate at
// which a process allocates, whatever it holds: 10,000 single calls at the same rate then take some
// 230 MiB above idle, and a batch some 150.
import { fork } from "node:child_process";
import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import {
  type BatchItem,
  BatchItemSchema,
  type BatchResult,
} from "../gen/ts/nexen/connectors/v1/batch_pb.ts";
import { ConnectorService } from "../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { connectorErrorOfStatus } from "../src/rpc/batch-status.ts";
import { startSimulator } from "../src/simulator/simulator.ts";

const itemCount = Number(process.argv[2] ?? 10_000);
const maxConcurrency = 64;
const peakBytesMax = 150 * 1024 * 1024;
const faultEvery = 20;
const faults = [
  ...["status=400", "status=401", "status=404", "status=429 retry-after=0", "status=500"],
  ...["status=503", "status=529", "status=502 body=html", "reset", "malformed", "cut-after=0"],
  ...["garbage-utf8", "refusal", "usage=missing", "stall-headers", "huge-event=100KB"],
];
const models = ["claude-sonnet-5", "gpt-4o"];

/** What a run came to. */
interface Run {
  readonly idleBytes: number;
  readonly peakBytes: number;
  readonly seconds: number;
  /** Failed items by reason. */
  readonly failures: ReadonlyMap<string, number>;
  readonly isWhole: boolean;
}

const simulator = await startSimulator();
let isGood = true;
for (const method of ["streamBatchCall", "batchCall"] as const) {
  const run = await measured(method);
  const aboveBytes = run.peakBytes - run.idleBytes;
  const { failures, isWhole, seconds } = run;
  const failed = [...failures.values()].reduce((sum, count) => sum + count, 0);
  console.log(
    `${method}: ${itemCount} items, ${failed} failed, ${seconds.toFixed(1)} s; ` +
      `idle ${mebibytes(run.idleBytes)} MiB, peak ${mebibytes(run.peakBytes)} MiB, ` +
      `${mebibytes(aboveBytes)} MiB above idle`,
  );
  const reasons = [...failures].map(([reason, count]) => `${count} ${reason}`);
  console.log(`  ${reasons.join(", ")}`);
  if (!isWhole) console.error("bad: an item has not exactly one result");
  isGood &&= isWhole && aboveBytes < peakBytesMax;
}
await simulator.close();
console.log(isGood ? "good" : `bad: more than ${mebibytes(peakBytesMax)} MiB, or not whole`);
process.exit(isGood ? 0 : 1);

async function measured(method: "streamBatchCall" | "batchCall"): Promise<Run> {
  const server = fork(new URL("batch-memory-server.ts", import.meta.url), {
    execArgv: ["--expose-gc", "--max-semi-space-size=16"],
    env: {
      PATH: process.env.PATH,
      ANTHROPIC_API_KEY: "sk-ant-bench-key",
      ANTHROPIC_BASE_URL: simulator.baseURLs.anthropic,
      OPENAI_API_KEY: "sk-bench-key",
      OPENAI_BASE_URL: simulator.baseURLs.openai,
    },
  });
  const [{ url, idleBytes }] = (await once(server, "message")) as [
    { readonly url: string; readonly idleBytes: number },
  ];
  const readMaxBytes = 256 * 1024 * 1024;
  const transport = createGrpcTransport({ baseUrl: url, readMaxBytes });
  const client = createClient(ConnectorService, transport);
  const request = { items: Array.from({ length: itemCount }, itemOf), maxConcurrency };
  const startedMs = performance.now();
  const seen = new Uint8Array(itemCount);
  const failures = new Map<string, number>();
  const note = ({ index, outcome }: BatchResult): void => {
    seen[index] = (seen[index] ?? 0) + 1;
    if (outcome.case !== "error") return;
    const { reason } = connectorErrorOfStatus(outcome.value);
    failures.set(reason, (failures.get(reason) ?? 0) + 1);
  };
  if (method === "batchCall") (await client.batchCall(request)).results.forEach(note);
  else {
    for await (const { event } of client.streamBatchCall(request)) {
      if (event.case === "result") note(event.value);
    }
  }
  const seconds = (performance.now() - startedMs) / 1000;
  server.send("peak");
  const [{ peakBytes }] = (await once(server, "message")) as [{ readonly peakBytes: number }];
  server.kill("SIGKILL");
  return { idleBytes, peakBytes, seconds, failures, isWhole: seen.every((count) => count === 1) };
}

function itemOf(_: unknown, index: number): BatchItem {
  const fault = faults[Math.floor(index / faultEvery) % faults.length] ?? "";
  const isFaulty = index % faultEvery === 0;
  const directive = isFaulty ? fault : "text=60";
  return create(BatchItemSchema, {
    request: {
      model: models[index % models.length] ?? "",
      contents: [{ role: Role.USER, message: `[[simulate: ${directive}]] Tell story ${index}` }],
      maxOutputTokens: 500,
    },
    ...(isFaulty && fault === "stall-headers" && { options: { timeout: durationFromMs(300) } }),
  });
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
