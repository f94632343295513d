import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort, goCommands } from "../harness/machine.ts";
import { firstAnswer } from "./first-answer.ts";
import type { Job, JobResult } from "./job.ts";
import type { Launch, Peer, Place } from "./peer.ts";
import { residentMB } from "./process-tree.ts";

const startMsMax = 90_000;
const jobGraceMs = 60_000;
const endMsMax = 5_000;
const sampleMs = 200;
const lastWordsLength = 300;
const gatewayCore = "0";
/** How long open calls may go on after the time that is measured; streams, as long as the longest. */
const drainSeconds = 1;
const streamDrainSeconds = 4;

/** The upstream, and for what models. */
export interface Upstream {
  readonly port: number;
  readonly models: readonly string[];
}

/** A peer that has answered its first call. */
export class RunningPeer {
  /** From the start of its process to the first right answer. */
  readonly startMs: number;
  readonly #launch: Launch;
  readonly #port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #lines: Interface;

  private constructor(
    startMs: number,
    launch: Launch,
    port: number,
    child: ChildProcess,
    folder: string,
    lines: Interface,
  ) {
    this.startMs = startMs;
    this.#launch = launch;
    this.#port = port;
    this.#child = child;
    this.#folder = folder;
    this.#lines = lines;
  }

  /** Starts it on the gateway's core. Rejects, with its last words, when it does not answer. */
  static async start(peer: Peer, { port: upstreamPort, models }: Upstream): Promise<RunningPeer> {
    const folder = mkdtempSync(join(tmpdir(), "connectors-peer-"));
    const home = join(folder, "home");
    mkdirSync(home);
    const upstreamURL = `http://127.0.0.1:${upstreamPort}/v1`;
    const place: Place = { port: await freePort(), upstreamURL, folder, models };
    const launch = await peer.launch(place);
    const begun = performance.now();
    const child = spawn("taskset", ["--cpu-list", gatewayCore, ...launch.command], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: home, ...launch.environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const lines = createInterface({ input: child.stdout });
    let said = "";
    const remember = (chunk: Buffer | string): void => {
      said = `${said}${chunk}`.slice(-lastWordsLength);
    };
    child.stderr.on("data", remember);
    lines.on("line", remember);
    // A process that has ended takes no more jobs; what it was asked rejects on its own.
    child.stdin.on("error", () => undefined);
    const isOver = new AbortController();
    const ended = once(child, "exit", { signal: isOver.signal }).then(([code]) => {
      throw new Error(`ended with ${code}: ${said.trim()}`);
    });
    try {
      const port = await Promise.race([answered(launch, place.port, lines), ended]);
      const startMs = performance.now() - begun;
      return new RunningPeer(startMs, launch, port, child, folder, lines);
    } catch (error) {
      await killed(child);
      rmSync(folder, { recursive: true, force: true });
      throw error;
    } finally {
      isOver.abort();
      ended.catch(() => undefined);
    }
  }

  /** Resident memory of its process tree now, MB. */
  residentMB(): number {
    return residentMB(this.#pid);
  }

  /** Does a job. Rejects when it fails as a whole or takes a minute longer than it should. */
  async measure(job: Job): Promise<JobResult> {
    const { wire } = this.#launch;
    if (wire.protocol === "in-process") return await this.#inProcess(job);
    const path = wire.protocol === "openai" ? wire.path : undefined;
    const headers = wire.protocol === "openai" ? (wire.headers ?? {}) : {};
    const prefix = wire.protocol === "openai" ? (wire.modelPrefix ?? "") : "";
    return await loadResult(job, this.#port, [
      ...["--protocol", wire.protocol, "--pid", String(this.#pid)],
      ...["--model", `${prefix}${job.model}`],
      ...(path === undefined ? [] : ["--path", path]),
      ...Object.entries(headers).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ]);
  }

  /** Ends it at once. */
  async stop(): Promise<void> {
    await killed(this.#child);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("it could not be started");
    return pid;
  }

  async #inProcess(job: Job): Promise<JobResult> {
    const before = this.residentMB();
    let peak = before;
    const sampling = setInterval(() => {
      peak = Math.max(peak, this.residentMB());
    }, sampleMs);
    try {
      const patience = AbortSignal.timeout(msMaxOf(job));
      const answer = once(this.#lines, "line", { signal: patience });
      this.#child.stdin?.write(`${JSON.stringify(job)}\n`);
      const [line] = await answer;
      return { ...JSON.parse(line), rssMB: { before, peak, after: this.residentMB() } };
    } finally {
      clearInterval(sampling);
    }
  }
}

/** The same job done without a gateway, by the mock itself. */
export async function measureDirect(job: Job, upstreamPort: number): Promise<JobResult> {
  return await loadResult(job, upstreamPort, ["--protocol", "openai", "--model", job.model]);
}

async function loadResult(job: Job, port: number, how: readonly string[]): Promise<JobResult> {
  const { stream, concurrency, rate, seconds, warmupSeconds } = job;
  const { stdout } = await promisify(execFile)(
    join(goCommands, "load"),
    [
      ...["--target", `127.0.0.1:${port}`, ...how],
      ...(stream ? ["--stream"] : []),
      ...(rate === undefined ? ["--concurrency", String(concurrency)] : ["--rate", String(rate)]),
      ...["--seconds", String(seconds), "--warmup", String(warmupSeconds)],
      ...["--drain", String(stream ? streamDrainSeconds : drainSeconds)],
    ],
    { timeout: msMaxOf(job) },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
}

function msMaxOf({ seconds, warmupSeconds }: Job): number {
  return (seconds + warmupSeconds) * 1_000 + jobGraceMs;
}

/** Resolves to the port once it has answered; 0 for what has none. */
async function answered(launch: Launch, port: number, lines: Interface): Promise<number> {
  const { wire, portIn } = launch;
  if (wire.protocol === "in-process") {
    const [line] = await once(lines, "line", { signal: AbortSignal.timeout(startMsMax) });
    const { state } = JSON.parse(line);
    if (state !== "right") throw new Error(`its first call was ${state}`);
    return 0;
  }
  const own = portIn === undefined ? port : await toldPort(lines, portIn);
  await firstAnswer(wire, own, startMsMax);
  return own;
}

async function toldPort(lines: Interface, pattern: RegExp): Promise<number> {
  const signal = AbortSignal.timeout(startMsMax);
  for (;;) {
    const [line] = await once(lines, "line", { signal });
    const [, port] = pattern.exec(line) ?? [];
    if (port !== undefined) return Number(port);
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const isEnded = await Promise.race([ended.then(() => true), sleep(endMsMax, false)]);
  if (!isEnded) {
    child.kill("SIGKILL");
    await ended;
  }
}
