// T5: how long after a caller cancels the provider sees the connection close. Cancels calls through
// a running server in each phase, over real sockets: `node bench/reliability/cancel.ts`.
import type { ServerResponse } from "node:http";
import { type Client, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import {
  conclude,
  grouped,
  inLanes,
  measuringOptions,
  milliseconds,
  quantile,
} from "./measurement.ts";
import {
  beginStream,
  type ChatRequest,
  chatEvent,
  chatTarget,
  ScriptedUpstream,
} from "./scripted-upstream.ts";
import { ServerProcess } from "./server-process.ts";

/** Where a call is when it is cancelled. */
const phases = [
  "unary, before the head",
  "unary, in the body",
  "stream, before the head",
  "stream, before the first delta",
  "stream, between deltas",
  "stream, after the last delta",
] as const;
const targetMs = 50;
/** Calls at once: few, or their wait for this machine's CPU would be measured. */
const lanes = 4;
const warmUpCount = 600;
/** No call is waited for longer than this, ms: one that never ends is the worst result. */
const patienceMs = 10_000;

interface Cancelled {
  /** The provider has got as far as the phase wants. */
  readonly ready: PromiseWithResolvers<void>;
  /** The provider's connection is closed. */
  readonly closed: PromiseWithResolvers<number>;
}

const { count, json } = measuringOptions("streams", { usual: 10_000, quick: 600 });
const underWay = new Map<string, Cancelled>();
const upstream = await ScriptedUpstream.listen(hold);
const server = await ServerProcess.start({
  // Ten thousand cancels from one connection are what its guard against floods of resets is for.
  configuration: `limits: { resets_per_10s: 1000000 }\ntargets:\n${chatTarget("held", upstream.baseURL)}`,
});
const client: Client<typeof ConnectorService> = createClient(
  ConnectorService,
  createGrpcTransport({ baseUrl: server.url }),
);

await inLanes(warmUpCount, lanes, async (index) => {
  await cancelOne(index, index % phases.length);
});
const delays: number[][] = phases.map(() => []);
await inLanes(count, lanes, async (index) => {
  const phase = index % phases.length;
  delays[phase]?.push(await cancelOne(index, phase));
});
const all = delays.flat();
const slowest = phases
  .map((name, phase) => ({ name, ms: quantile(delays[phase] ?? [], 0.99) }))
  .toSorted((a, b) => b.ms - a.ms)[0];
const p99 = quantile(all, 0.99);
const lost = all.filter((ms) => ms >= patienceMs).length;
conclude(
  [
    {
      number: "T5",
      what: `the provider's connection is closed after the caller cancels, in ${phases.length} phases`,
      target: `p99 ≤ ${targetMs} ms`,
      measured:
        `p50 ${milliseconds(quantile(all, 0.5))}, p99 ${milliseconds(p99)}, ` +
        `longest ${milliseconds(Math.max(...all))} in ${grouped(count)} cancelled calls; ` +
        `slowest phase: ${slowest?.name}, p99 ${milliseconds(slowest?.ms ?? Number.NaN)}`,
      isGood: p99 <= targetMs && (slowest?.ms ?? Number.NaN) <= targetMs && lost === 0,
    },
  ],
  json,
);
await server.kill();
await upstream.close();

/** Milliseconds from the caller's cancel to the end of the provider's connection. */
async function cancelOne(index: number, phase: number): Promise<number> {
  const id = String(index);
  const cancelled = {
    ready: Promise.withResolvers<void>(),
    closed: Promise.withResolvers<number>(),
  };
  underWay.set(id, cancelled);
  const leaving = new AbortController();
  const call = phase < 2 ? unary(id, phase, leaving.signal) : stream(id, phase, leaving.signal);
  call.catch((error: unknown) => {
    if (!leaving.signal.aborted) cancelled.ready.reject(error);
  });
  await cancelled.ready.promise;
  const startMs = performance.now();
  leaving.abort();
  const timer = setTimeout(() => cancelled.closed.resolve(startMs + patienceMs), patienceMs);
  const endMs = await cancelled.closed.promise;
  clearTimeout(timer);
  underWay.delete(id);
  return endMs - startMs;
}

function requestFor(id: string, phase: number) {
  const message = `${id} ${phase}`;
  return { request: { model: "custom/held", contents: [{ role: Role.USER, message }] } };
}

async function unary(id: string, phase: number, signal: AbortSignal): Promise<void> {
  await client.call(requestFor(id, phase), { signal });
}

async function stream(id: string, phase: number, signal: AbortSignal): Promise<void> {
  for await (const { event } of client.streamCall(requestFor(id, phase), { signal })) {
    // Deltas have been on the whole way: now the stream is in its middle, or behind its last one.
    if (event.case === "textDelta" && event.value.text.includes("last")) {
      underWay.get(id)?.ready.resolve();
    }
  }
}

/** The provider: goes as far as the phase wants, and says when the connection is closed. */
function hold({ words: [id = "", phase = ""] }: ChatRequest, response: ServerResponse): void {
  const cancelled = underWay.get(id);
  response.once("close", () => cancelled?.closed.resolve(performance.now()));
  const name = phases[Number(phase)];
  if (name === "unary, in the body") {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"id":');
  } else if (name === "stream, before the first delta") {
    beginStream(response);
  } else if (name === "stream, between deltas" || name === "stream, after the last delta") {
    beginStream(response);
    response.write(chatEvent("one ") + chatEvent("last "));
    if (name === "stream, after the last delta") response.write(chatEvent("", "stop"));
    return;
  }
  cancelled?.ready.resolve();
}
