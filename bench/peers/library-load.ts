// Measures a library in this process: `node bench/peers/library-load.ts openai|connectors URL`.
// Reads jobs as JSON lines from standard input and answers each with a JSON line, after a first
// line once it has had an answer. The caller's own work is in the figures: there is no one else.
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../reliability/measurement.ts";
import { connectorsClient } from "./connectors-client.ts";
import { expectedOf, type InProcessClient } from "./in-process-client.ts";
import type { Job, JobResult, Percentiles } from "./job.ts";
import { openaiClient } from "./openai-client.ts";

/** What has happened so far. */
interface Tally {
  calls: number;
  textBytes: number;
  errors: number;
  wrong: number;
}

const microsecondsPerSecond = 1e6;
const millisecondsPerSecond = 1_000;
const tickMs = 1;

/** Carries out one job: as the load client (bench/go) does it for gateways. */
class Load {
  readonly #client: InProcessClient;
  readonly #job: Job;
  readonly #tally: Tally = { calls: 0, textBytes: 0, errors: 0, wrong: 0 };
  readonly #latencies: number[] = [];
  readonly #firsts: number[] = [];
  #isMeasuring = false;
  #isStopped = false;

  constructor(client: InProcessClient, job: Job) {
    this.#client = client;
    this.#job = job;
  }

  async run(): Promise<Omit<JobResult, "rssMB">> {
    const { seconds, warmupSeconds, stream, model } = this.#job;
    const all = this.#job.rate === undefined ? this.#keep() : this.#pace(this.#job.rate);
    await sleep(warmupSeconds * millisecondsPerSecond);
    const [from, used, begun] = [{ ...this.#tally }, process.cpuUsage(), performance.now()];
    this.#isMeasuring = true;
    await sleep(seconds * millisecondsPerSecond);
    this.#isMeasuring = false;
    const { user, system } = process.cpuUsage(used);
    const took = (performance.now() - begun) / millisecondsPerSecond;
    const to = { ...this.#tally };
    this.#isStopped = true;
    await all;
    const { chunks, text } = expectedOf(model);
    return {
      calls: to.calls - from.calls,
      chunks: stream ? ((to.textBytes - from.textBytes) * chunks) / text.length : 0,
      errors: this.#tally.errors,
      wrong: this.#tally.wrong,
      seconds: took,
      cpuSeconds: (user + system) / microsecondsPerSecond,
      latencyMs: percentiles(this.#latencies),
      firstChunkMs: percentiles(this.#firsts),
    };
  }

  /** So many at once; streams begin spread over the warm-up. */
  async #keep(): Promise<void> {
    const { concurrency = 1, warmupSeconds, stream } = this.#job;
    const spreadMs = stream ? warmupSeconds * millisecondsPerSecond : 0;
    const lane = async (_: unknown, index: number): Promise<void> => {
      if (spreadMs > 0) await sleep((index / concurrency) * spreadMs);
      while (!this.#isStopped) await this.#one(performance.now());
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
  }

  /** So many a second, whatever became of those before. */
  async #pace(rate: number): Promise<void> {
    const begun = performance.now();
    const calls: Promise<void>[] = [];
    while (!this.#isStopped) {
      const due = ((performance.now() - begun) / millisecondsPerSecond) * rate;
      while (calls.length < due) {
        calls.push(this.#one(begun + (calls.length / rate) * millisecondsPerSecond));
      }
      await sleep(tickMs);
    }
    await Promise.all(calls);
  }

  async #one(dueAt: number): Promise<void> {
    const { model, stream } = this.#job;
    const since = (): number => performance.now() - dueAt;
    let isFirst = true;
    const onText = (bytes: number): void => {
      this.#tally.textBytes += bytes;
      if (isFirst && this.#isMeasuring) this.#firsts.push(since());
      isFirst = false;
    };
    try {
      const heard = await (stream ? this.#client.stream(model, onText) : this.#client.call(model));
      const isRight = heard.isWhole && heard.text === expectedOf(model).text;
      this.#tally[isRight ? "calls" : "wrong"] += 1;
      if (isRight && this.#isMeasuring) this.#latencies.push(since());
    } catch {
      this.#tally.errors += 1;
    }
  }
}

const [library, upstreamURL = ""] = process.argv.slice(2);
const client =
  library === "openai" ? openaiClient(upstreamURL) : await connectorsClient(upstreamURL);
const first = await client.call("bench-500b");
process.stdout.write(`${JSON.stringify({ state: first.isWhole ? "right" : "wrong" })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await new Load(client, JSON.parse(line)).run())}\n`);
}

function percentiles(values: readonly number[]): Percentiles {
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => quantile(values, share));
  return { p50: p50 ?? Number.NaN, p90: p90 ?? Number.NaN, p99: p99 ?? Number.NaN };
}
