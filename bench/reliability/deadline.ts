// T6: how long after its deadline a call ends, by a caller that does not watch the deadline itself,
// on the machine's clock, sleeps between attempts included: `node bench/reliability/deadline.ts`.
import type { ServerResponse } from "node:http";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { seededRandom } from "../../test/corpus/pieces.ts";
import {
  conclude,
  grouped,
  inLanes,
  measuringOptions,
  milliseconds,
  quantile,
} from "./measurement.ts";
import {
  answerJSON,
  beginStream,
  type ChatRequest,
  chatEvent,
  chatTarget,
  ScriptedUpstream,
} from "./scripted-upstream.ts";
import { ServerProcess } from "./server-process.ts";

/** What a provider does while the deadline passes. Each has a target of its own, and its state. */
const scenes = [
  { name: "silence", streams: false },
  { name: "trickle", streams: false },
  { name: "silence", streams: true },
  { name: "deltas", streams: true },
  { name: "unavailable", streams: false },
  { name: "limited", streams: false },
] as const;
const targetMs = 50;
const lanes = 12;
const deadlineMsMin = 100;
const deadlineMsMax = 600;
const random = seededRandom(6);

const { count, json } = measuringOptions("calls", { usual: 3_000, quick: 300 });
const timers = new Set<NodeJS.Timeout>();
const upstream = await ScriptedUpstream.listen(dawdle);
const names = scenes.map((_, index) => `scene-${index}`);
const server = await ServerProcess.start({
  configuration: `targets:\n${names.map((name) => chatTarget(name, upstream.baseURL)).join("")}`,
});
const client = createClient(ConnectorService, createGrpcTransport({ baseUrl: server.url }));

const overshoots: number[] = [];
const byScene: number[][] = scenes.map(() => []);
let endedBefore = 0;
const surprises: string[] = [];
await inLanes(scenes.length * 16, lanes, async (index) => {
  await callOne(index % scenes.length);
});
overshoots.length = 0;
endedBefore = 0;
await inLanes(count, lanes, async (index) => {
  await callOne(index % scenes.length);
});
const p99 = quantile(overshoots, 0.99);
conclude(
  [
    {
      number: "T6",
      what: "a call ends after its deadline, sleeps between attempts included",
      target: `p99 ≤ ${targetMs} ms`,
      measured:
        `p50 ${milliseconds(quantile(overshoots, 0.5))}, p99 ${milliseconds(p99)}, longest ` +
        `${milliseconds(Math.max(...overshoots))} over in ${grouped(overshoots.length)} calls; ` +
        `${grouped(endedBefore)} ended before, with the provider's error`,
      isGood: p99 <= targetMs && overshoots.length > 0 && surprises.length === 0,
    },
  ],
  json,
);
for (const [scene, { name, streams }] of scenes.entries()) {
  const p99OfScene = milliseconds(quantile(byScene[scene] ?? [], 0.99));
  process.stderr.write(`${streams ? "stream" : "unary"}, ${name}: p99 ${p99OfScene}\n`);
}
for (const surprise of surprises.slice(0, 5)) process.stderr.write(`${surprise}\n`);
for (const timer of timers) clearInterval(timer);
await server.kill();
await upstream.close();

async function callOne(scene: number): Promise<void> {
  const deadlineMs = Math.round(deadlineMsMin + random() * (deadlineMsMax - deadlineMsMin));
  const request = {
    request: { model: "custom/slow", contents: [{ role: Role.USER, message: String(scene) }] },
    options: { target: names[scene] ?? "" },
  };
  // Not `timeoutMs`: with it this client would end the call by itself.
  const options = { headers: { "grpc-timeout": `${deadlineMs}m` } };
  const startMs = performance.now();
  const code = await codeOf(async () => {
    if (!scenes[scene]?.streams) return void (await client.call(request, options));
    for await (const _ of client.streamCall(request, options));
  });
  const overMs = performance.now() - startMs - deadlineMs;
  const isPassed = code === Code.DeadlineExceeded;
  const isProviders = code === Code.Unavailable || code === Code.ResourceExhausted;
  if (isPassed || overMs > 0) {
    overshoots.push(Math.max(0, overMs));
    byScene[scene]?.push(Math.max(0, overMs));
  } else {
    endedBefore += 1;
  }
  if (isPassed ? overMs < -1 : !isProviders) {
    surprises.push(`scene ${scene}: ${code && Code[code]} ${overMs} ms after the deadline`);
  }
}

/** Undefined: it did not fail. */
async function codeOf(work: () => Promise<void>): Promise<Code | undefined> {
  try {
    await work();
  } catch (error) {
    return ConnectError.from(error).code;
  }
  return undefined;
}

function dawdle({ words: [scene = ""] }: ChatRequest, response: ServerResponse): void {
  const { name, streams } = scenes[Number(scene)] ?? scenes[0];
  switch (name) {
    case "silence":
      if (streams) beginStream(response);
      return;
    case "deltas":
      beginStream(response);
      repeat(response, chatEvent("on "));
      return;
    case "trickle":
      response.writeHead(200, { "content-type": "application/json" });
      repeat(response, " ");
      return;
    case "unavailable":
      answerJSON(response, '{"error":{"message":"busy"}}', 503);
      return;
    case "limited":
      answerJSON(response, '{"error":{"message":"slowly"}}', 429, { "retry-after-ms": "120" });
  }
}

/** Writes the same again and again until the caller leaves. */
function repeat(response: ServerResponse, text: string): void {
  const timer = setInterval(() => response.write(text), 20);
  timers.add(timer);
  response.once("close", () => {
    clearInterval(timer);
    timers.delete(timer);
  });
}
