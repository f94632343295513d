// O07: what becomes of a server that is asked for three times as much as it can do. Drives the real
// server, in a process of its own, over bare gRPC: first its capacity is measured, then it is sent
// one and three times as many calls a second. Once the places of the server are what is short, once
// the time of its processor. `npm run bench:overload`; fails where the p99 of the calls that were
// let in is twice that at capacity or more, or where others are refused without a time to wait.
import { fork } from "node:child_process";
import { once } from "node:events";
import { create, toBinary } from "@bufbuild/protobuf";
import { CallRequestSchema } from "../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { Role } from "../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type CallOutcome, GrpcLoad } from "./overload/grpc-load.ts";
import {
  conclude,
  grouped,
  type Measurement,
  measuringOptions,
  milliseconds,
  quantile,
} from "./reliability/measurement.ts";
import { ServerProcess } from "./reliability/server-process.ts";

/** What is short, and how that is brought about. */
interface Scene {
  readonly what: string;
  /** Time that the provider takes, ms. */
  readonly providerMs: number;
  readonly limits: string;
  /** Callers who find out the capacity. */
  readonly callers: number;
}

const scenes: readonly Scene[] = [
  {
    what: "places (active_calls: 8, queued_calls: 2, a provider of 100 ms)",
    providerMs: 100,
    limits: "{ active_calls: 8, queued_calls: 2 }",
    callers: 10,
  },
  {
    what: "processor (default limits, a provider of 5 ms)",
    providerMs: 5,
    limits: "{}",
    callers: 64,
  },
];
const connections = 16;
const ratioMax = 2;
const statusOk = 0;
const statusExhausted = 8;

const { count: seconds, json } = measuringOptions("seconds", { usual: 10, quick: 3 });
const rows: Measurement[] = [];
for (const scene of scenes) rows.push(await measure(scene));
conclude(rows, json);

async function measure({ what, providerMs, limits, callers }: Scene): Promise<Measurement> {
  const upstream = fork(new URL("overload/upstream.ts", import.meta.url), [String(providerMs)]);
  const [{ port }] = await once(upstream, "message");
  const server = await ServerProcess.start({
    configuration: `limits: ${limits}\nlog_level: error\ntargets:
  - { name: steady, adapter: custom, dialect: openai-chat, base_url: "http://127.0.0.1:${port}/v1", egress: { allow_private: true } }\n`,
  });
  const load = await GrpcLoad.connect(server.url, message(), connections);
  const durationMs = seconds * 1_000;
  // Code that has not run often is slow.
  await load.closed(callers, durationMs);
  const atMost = await load.closed(callers, durationMs);
  const capacity = Math.round((admitted(atMost).length * 1_000) / durationMs);
  // The first second is not counted: overload is a state, and it takes a moment to be told.
  await load.open(capacity, 1_000);
  const once1 = await load.open(capacity, durationMs);
  await load.open(capacity * 3, 1_000);
  const once3 = await load.open(capacity * 3, durationMs);
  load.close();
  await server.kill();
  upstream.kill();
  return judged(what, capacity, once1, once3);
}

function judged(
  what: string,
  capacity: number,
  normal: readonly CallOutcome[],
  overload: readonly CallOutcome[],
): Measurement {
  const [before, after] = [normal, overload].map((outcomes) => ({
    p50: quantile(
      admitted(outcomes).map(({ ms }) => ms),
      0.5,
    ),
    p99: quantile(
      admitted(outcomes).map(({ ms }) => ms),
      0.99,
    ),
    perSecond: Math.round(admitted(outcomes).length / seconds),
  }));
  if (before === undefined || after === undefined) throw new Error("nothing was measured");
  const refused = overload.filter(({ status }) => status === statusExhausted);
  const lost = overload.length - admitted(overload).length - refused.length;
  const untold = refused.filter(({ pushbackMs }) => pushbackMs === undefined).length;
  const ratio = after.p99 / before.p99;
  const refusedMs = quantile(
    refused.map(({ ms }) => ms),
    0.5,
  );
  return {
    number: "O07",
    what: `three times the capacity of ${grouped(capacity)} calls/s; short of ${what}`,
    target: `p99 of admitted calls < ${ratioMax} × that at capacity, the rest refused with a pushback`,
    measured:
      `p99 ${milliseconds(after.p99)} against ${milliseconds(before.p99)}, ${ratio.toFixed(2)} ×; ` +
      `p50 ${milliseconds(after.p50)} against ${milliseconds(before.p50)}; ` +
      `${grouped(after.perSecond)} calls/s let in against ${grouped(before.perSecond)}; ` +
      `${grouped(refused.length)} refused in ${milliseconds(refusedMs)}, ` +
      `${untold} of them without a pushback, ${lost} ended otherwise`,
    isGood: ratio < ratioMax && untold === 0 && lost === 0,
  };
}

function admitted(outcomes: readonly CallOutcome[]): readonly CallOutcome[] {
  return outcomes.filter(({ status }) => status === statusOk);
}

function message(): Uint8Array {
  return toBinary(
    CallRequestSchema,
    create(CallRequestSchema, {
      request: { model: "custom/steady", contents: [{ role: Role.USER, message: "How is it?" }] },
    }),
  );
}
