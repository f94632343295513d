// T11: restarts the server process by SIGTERM again and again, as a rolling restart of two does it,
// under unary calls and streams of stock gRPC clients. No unary call may be lost, nor be sent to
// the provider twice; streams end with OK or SERVER_DRAINING. `npm run restarts`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  conclude,
  grouped,
  measuringOptions,
  milliseconds,
} from "../../bench/reliability/measurement.ts";
import { chatTarget } from "../../bench/reliability/scripted-upstream.ts";
import { seededRandom } from "../corpus/pieces.ts";
import { freePort } from "../real/free-port.ts";
import { type CallEnd, GrpcLoad } from "./grpc-load.ts";
import { RollingServer } from "./rolling-server.ts";
import { SteadyUpstream } from "./steady-upstream.ts";

const clients = 4;
const unaryLanes = 4;
const unaryDelayMsMax = 300;
const graceMs = 600;
const abortMs = 400;
/** Time a process may take beyond its grace: for what it was doing when the signal came. */
const exitSlackMs = 3_000;
/**
 * Least time for clients to connect to a server that is back, before the other one goes. On a busy
 * machine they get as long as the server took to start.
 */
const settleMs = 350;
const callDeadlineMs = 30_000;
const random = seededRandom(11);

const { count, json } = measuringOptions("restarts", { usual: 1_000, quick: 25 });
const tally = { unary: 0, whole: 0, drained: 0, askedTwice: 0 };
const faults: string[] = [];
const upstream = new SteadyUpstream();
const folder = mkdtempSync(join(tmpdir(), "connectors-restarts-"));
const configuration = join(folder, "connectors.yaml");
writeFileSync(
  configuration,
  // Clients, provider and both servers share this machine: a start makes all of them late.
  `limits: { drain_grace_ms: ${graceMs}, drain_abort_ms: ${abortMs}, loop_lag_ms: 2000 }\n` +
    `targets:\n${chatTarget("steady", await upstream.listen())}`,
);
await RollingServer.prepare();
const ports = [await freePort(), await freePort()];
const servers = ports.map((port) => new RollingServer(port, configuration));
await Promise.all(servers.map((server) => server.start()));

let isOver = false;
let calls = 0;
const loads = Array.from({ length: clients }, () => new GrpcLoad(ports));
const lanes = loads.flatMap((load, index) => [
  ...Array.from({ length: unaryLanes }, () => unaryLane(load)),
  streamLane(load, 20, 400),
  // One that outlives the grace, on one of the clients.
  ...(index === 0 ? [streamLane(load, 30, 1_200)] : []),
]);
await sleep(settleMs);
const exitsMs: number[] = [];
const startMs = performance.now();
for (let restart = 0; restart < count && faults.length < 20; restart += 1) {
  const server = servers[restart % servers.length];
  if (server !== undefined) await restartOne(server, restart);
}
const tookSeconds = (performance.now() - startMs) / 1_000;
isOver = true;
await Promise.all(lanes);
for (const load of loads) load.close();
await Promise.all(servers.map((server) => server.terminate(graceMs + abortMs + exitSlackMs)));
await upstream.close();
rmSync(folder, { recursive: true });

for (const fault of faults.slice(0, 10)) process.stderr.write(`${fault}\n`);
const isEnough = exitsMs.length === count && tally.unary > count;
conclude(
  [
    {
      number: "T11",
      what: `${grouped(count)} restarts by SIGTERM under load, two servers in turn, clients of grpc-js`,
      target: "0 unary calls lost; streams end with a status within the grace",
      measured:
        `${grouped(faults.length)} faults; ${grouped(tally.unary)} unary calls, all OK, none sent ` +
        `to the provider twice; ${grouped(tally.whole)} streams whole, ${grouped(tally.drained)} ` +
        `ended with SERVER_DRAINING; exit 0 each time, ${milliseconds(Math.max(...exitsMs))} after ` +
        `the signal at most (grace ${graceMs} ms); ${Math.round(tookSeconds)} s`,
      isGood: faults.length === 0 && isEnough && tally.whole > 0,
    },
  ],
  json,
);

async function restartOne(server: RollingServer, restart: number): Promise<void> {
  const patienceMs = graceMs + abortMs + exitSlackMs;
  const { code, signal, tookMs } = await server.terminate(patienceMs);
  exitsMs.push(tookMs);
  if (code !== 0) faults.push(`restart ${restart}: ended with ${code ?? signal} in ${tookMs} ms`);
  // Its report at the start is for people; what it logs is JSON.
  if (/^\{/m.test(server.errorText)) faults.push(`it logged: ${server.errorText}`);
  const startedMs = performance.now();
  await server.start();
  await sleep(Math.max(settleMs, performance.now() - startedMs));
}

async function unaryLane(load: GrpcLoad): Promise<void> {
  while (!isOver) {
    const id = nextId();
    const end = await load.call(
      `${id} ${Math.round(random() ** 2 * unaryDelayMsMax)}`,
      callDeadlineMs,
    );
    tally.unary += 1;
    const { requests, left } = upstream.take(id);
    if (end.code !== "OK" || end.text !== id) faults.push(`unary call ${id}: ${told(end)}`);
    if (requests !== 1 || left > 0) {
      faults.push(`unary call ${id}: ${requests} requests to the provider, ${left} left`);
    }
  }
}

/** Streams of up to `lengthMsMax`, one after the other. */
async function streamLane(load: GrpcLoad, pauseMs: number, lengthMsMax: number): Promise<void> {
  while (!isOver) {
    const id = nextId();
    const deltas = 1 + Math.floor((random() * lengthMsMax) / pauseMs);
    const end = await load.stream(`${id} ${deltas} ${pauseMs}`, callDeadlineMs);
    const { requests } = upstream.take(id);
    const isWhole = end.code === "OK" && end.isWhole && end.text === `${id} `.repeat(deltas);
    const isDrained = end.reason === "SERVER_DRAINING" && !end.isWhole;
    if (isWhole) tally.whole += 1;
    else if (isDrained) tally.drained += 1;
    else faults.push(`stream ${id}: ${told(end)}, ${requests} requests to the provider`);
  }
}

function nextId(): string {
  calls += 1;
  return `call-${calls}`;
}

function told({ code, reason, details, text, isWhole }: CallEnd): string {
  return `${code} ${reason} "${details}", ${text.length} characters, whole: ${isWhole}`;
}
