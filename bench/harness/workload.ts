import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RunningGateway } from "./gateway.ts";
import { goCommands, pinned } from "./machine.ts";

/** What is asked of a gateway for a while. */
export interface Workload {
  /**
   * What the mock says: `bench-500b` 500 bytes; `bench-200x10b` 200 pieces of 10 bytes, with
   * `-100ms` one each 100 ms.
   */
  readonly model: string;
  /** Default: whole answers. */
  readonly stream?: boolean;
  /** Calls at once, each after the one before in its place. Default: 16. Not with `rate`. */
  readonly concurrency?: number;
  /** Calls a second that begin whatever became of those before. */
  readonly rate?: number;
  /** Time that is measured. */
  readonly seconds: number;
  /** Time before that. The first streams begin spread over it. */
  readonly warmupSeconds: number;
  /** Time for open calls to end afterwards; what is open then is cut. Default: 10. */
  readonly drainSeconds?: number;
  /** Time until memory is looked at again. Default: 0. */
  readonly settleSeconds?: number;
}

/** Percentiles, ms. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What became of a workload, as `load` prints it. */
export interface LoadResult {
  readonly calls: number;
  /** Pieces of the mock that arrived, however they were joined on the way. */
  readonly chunks: number;
  /** Messages or events that carried them. */
  readonly events: number;
  /** Calls that failed, from the first to the last. */
  readonly errors: number;
  /** Calls that ended as a success with another text, or without an end or usage. */
  readonly wrong: number;
  /** Calls that were cut at the end of the drain. */
  readonly unfinished: number;
  readonly seconds: number;
  /** User and system time of the gateway's process tree. */
  readonly cpuSeconds: number;
  readonly loadCpuSeconds: number;
  readonly callsPerCpuSecond: number;
  readonly chunksPerCpuSecond: number;
  readonly latencyMs: Percentiles;
  readonly firstChunkMs: Percentiles;
  /** Resident memory of the process tree, MB of 10^6 bytes; `open` is that under full load. */
  readonly rssMB: {
    readonly before: number;
    readonly open: number;
    readonly peak: number;
    readonly after: number;
  };
  readonly firstError?: string;
}

const graceSeconds = 30;

/** Has `load` do the work. Rejects when it cannot be done at all, or does not end. */
export async function measure(gateway: RunningGateway, workload: Workload): Promise<LoadResult> {
  const { drainSeconds = 10, settleSeconds = 0 } = workload;
  const flags = {
    target: gateway.target,
    protocol: gateway.protocol,
    pid: gateway.pid,
    model: (gateway.modelPrefix ?? "") + workload.model,
    concurrency: workload.concurrency ?? 16,
    rate: workload.rate ?? 0,
    seconds: workload.seconds,
    warmup: workload.warmupSeconds,
    drain: drainSeconds,
    settle: settleSeconds,
    ...(gateway.path === undefined ? {} : { path: gateway.path }),
  };
  const [program, ...rest] = pinned("load", [
    join(goCommands, "load"),
    ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`),
    ...(workload.stream === true ? ["--stream"] : []),
    ...(gateway.headers ?? []).map((header) => `--header=${header}`),
  ]);
  const seconds = workload.seconds + workload.warmupSeconds + drainSeconds + settleSeconds;
  const { stdout } = await promisify(execFile)(program, rest, {
    timeout: (seconds + graceSeconds) * 1_000,
  });
  return JSON.parse(stdout);
}
