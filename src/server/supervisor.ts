import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { Clock } from "../contract/clock.ts";
import { ConnectionSpread } from "./connection-spread.ts";
import type { FromWorker } from "./worker-messages.ts";
import { type WorkerEnd, WorkerProcess } from "./worker-process.ts";

/** Delay before a worker that died is started again, ms; it doubles while they die young. */
const restartDelayMs = 100;
/** Longest such delay, ms. */
const restartDelayMsMax = 5_000;
/** Age from which a death says nothing of the next worker, ms. */
const youngMs = 10_000;

/** A worker that did not come up with the others. */
export class WorkerStartError extends Error {
  override readonly name: string = "WorkerStartError";
  /** What the worker tells of it, ready to be printed. */
  readonly text: string;
  readonly exitCode: number;

  constructor(text: string, exitCode: number) {
    super(text);
    this.text = text;
    this.exitCode = exitCode;
  }
}

/** How a supervisor tells what happens. */
export interface SupervisorOutput {
  /** Takes log lines, JSON, each with its line feed. */
  log(line: string): void;
  /** Takes the report of a start or a reload, for people. */
  report(text: string): void;
}

/** One of the numbers, whoever has it. */
interface Post {
  worker: WorkerProcess;
  startedMs: number;
  /** Deaths in a row before their time. */
  youngDeaths: number;
  isReady: boolean;
}

/**
 * Holds the port, and keeps as many workers alive as are wanted. It serves nothing itself: each
 * connection is accepted here and goes to one worker, for good.
 */
export class Supervisor {
  readonly #clock: Clock;
  readonly #output: SupervisorOutput;
  readonly #posts: Post[] = [];
  readonly #spread = new ConnectionSpread();
  readonly #front: Server = createServer({ pauseOnConnect: true }, (socket) =>
    this.#spread.accept(socket),
  );
  readonly #started = Promise.withResolvers<string>();
  readonly #ended = Promise.withResolvers<boolean>();
  #listening: Promise<number> | undefined;
  #isStarted = false;
  #isEnding = false;
  #isSilent = false;
  #isReportDue = true;
  #running = 0;
  #haveAllEndedWell = true;

  constructor(workers: number, clock: Clock, output: SupervisorOutput) {
    this.#clock = clock;
    this.#output = output;
    for (let number = 1; number <= workers; number += 1) {
      const worker = this.#spawn(number, workers);
      const startedMs = clock.now();
      this.#posts.push({ worker, startedMs, youngDeaths: 0, isReady: false });
    }
  }

  /**
   * Resolves with the URL when all workers serve. Rejects with WorkerStartError, or with the
   * system's error when it cannot listen; then no worker is left.
   */
  async start(): Promise<string> {
    try {
      return await this.#started.promise;
    } catch (error) {
      this.kill();
      throw error;
    }
  }

  /** All workers load the configuration again. */
  reload(): void {
    this.#isReportDue = true;
    this.#tellAll("reload");
  }

  /** Ends as one process does. Resolves, when all have ended, with whether all ended well. */
  drain(): Promise<boolean> {
    this.#isEnding = true;
    this.#tellAll("drain");
    this.#front.close();
    this.#spread.close();
    if (this.#running === 0) this.#ended.resolve(this.#haveAllEndedWell);
    return this.#ended.promise;
  }

  /** Ends all workers at once. */
  kill(): void {
    this.#isEnding = true;
    this.#front.close();
    this.#spread.close();
    for (const { worker } of this.#posts) worker.kill();
  }

  #spawn(number: number, workers: number): WorkerProcess {
    this.#running += 1;
    return new WorkerProcess(number, workers, {
      onMessage: (worker, message) => this.#hear(worker, message),
      onEnd: (worker, end) => this.#onEnd(worker, end),
    });
  }

  #hear(worker: WorkerProcess, message: FromWorker): void {
    switch (message.type) {
      case "listen":
        void this.#openPort(message.host, message.port, worker);
        break;
      case "ready":
        this.#isSilent = message.isSilent;
        this.#onReady(worker, message.url);
        break;
      case "failed":
        this.#onFailure(worker, message.text, message.exitCode);
        break;
      case "report":
        if (this.#isReportDue) this.#output.report(message.text);
        this.#isReportDue = false;
        break;
      case "taken":
        this.#spread.taken(worker, message.id);
        break;
      case "refused":
        this.#spread.refused(worker, message.id);
        break;
      case "closed":
        this.#spread.closed(worker);
        break;
      case "leaving":
        this.#spread.remove(worker);
        break;
      default:
        message satisfies never;
    }
  }

  async #openPort(host: string, port: number, worker: WorkerProcess): Promise<void> {
    try {
      this.#listening ??= this.#listen(host, port);
      worker.tell({ type: "listening", port: await this.#listening });
    } catch (error) {
      this.#started.reject(error);
    }
  }

  async #listen(host: string, port: number): Promise<number> {
    this.#front.listen({ host, port });
    await once(this.#front, "listening");
    // Such as no descriptor for one connection more: the others go on.
    this.#front.on("error", (error) => this.#log({ problem: String(error) }, "cannot accept"));
    return (this.#front.address() as AddressInfo).port;
  }

  #onReady(worker: WorkerProcess, url: string): void {
    const post = this.#posts[worker.number - 1];
    if (post === undefined || this.#isEnding) return;
    post.isReady = true;
    this.#spread.add(worker);
    if (!this.#posts.every(({ isReady }) => isReady)) return;
    this.#isStarted = true;
    this.#started.resolve(url);
  }

  #onFailure({ number }: WorkerProcess, text: string, exitCode: number): void {
    if (this.#isStarted) this.#log({ worker: number, problem: text }, "a worker cannot start");
    else this.#started.reject(new WorkerStartError(text, exitCode));
  }

  #onEnd(worker: WorkerProcess, { code, signal }: WorkerEnd): void {
    this.#running -= 1;
    this.#spread.remove(worker);
    const post = this.#posts[worker.number - 1];
    if (post === undefined) return;
    post.isReady = false;
    if (this.#isEnding) {
      this.#haveAllEndedWell &&= code === 0;
      if (this.#running === 0) this.#ended.resolve(this.#haveAllEndedWell);
      return;
    }
    if (!this.#isStarted) {
      const what = signal ?? `exit code ${code}`;
      const text = `error: worker ${worker.number} ended with ${what} before it served\n`;
      this.#started.reject(new WorkerStartError(text, 1));
      return;
    }
    this.#log({ worker: worker.number, code, signal }, "a worker ended, and is started again");
    this.#restart(post);
  }

  #restart(post: Post): void {
    const isYoung = this.#clock.now() - post.startedMs < youngMs;
    post.youngDeaths = isYoung ? post.youngDeaths + 1 : 0;
    const delayMs = restartDelayMs * 2 ** Math.max(post.youngDeaths - 1, 0);
    this.#clock.schedule(Math.min(delayMs, restartDelayMsMax), () => {
      if (this.#isEnding) return;
      post.startedMs = this.#clock.now();
      post.worker = this.#spawn(post.worker.number, this.#posts.length);
    });
  }

  #tellAll(type: "reload" | "drain"): void {
    for (const { worker } of this.#posts) worker.tell({ type });
  }

  #log(facts: object, message: string): void {
    if (this.#isSilent) return;
    const line = { level: 50, time: this.#clock.wallTimeMs(), ...facts, message };
    this.#output.log(`${JSON.stringify(line)}\n`);
  }
}
