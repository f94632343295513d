import { type ChildProcess, fork } from "node:child_process";
import type { Socket } from "node:net";
import type { Taker } from "./connection-spread.ts";
import { type FromWorker, type ToWorker, workerVariable } from "./worker-messages.ts";

/** How a worker's process ended. */
export interface WorkerEnd {
  /** Exit code. Null: a signal ended it, or it never ran. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Who is told of a worker. */
export interface WorkerListener {
  onMessage(worker: WorkerProcess, message: FromWorker): void;
  /** Once, as the last. */
  onEnd(worker: WorkerProcess, end: WorkerEnd): void;
}

/** A process like this one, with the same arguments and its standard output and error. */
export class WorkerProcess implements Taker {
  /** 1 to the number of workers; one that is started again keeps that of the one before. */
  readonly number: number;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor(number: number, workers: number, listener: WorkerListener) {
    const [, script = "", ...args] = process.argv;
    const env = { ...process.env, [workerVariable]: `${number}/${workers}` };
    const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
    this.number = number;
    this.#child = fork(script, args, { env, stdio: [...stdio] });
    const end = (code: number | null, signal: NodeJS.Signals | null): void => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      listener.onEnd(this, { code, signal });
    };
    this.#child.on("message", (message) => listener.onMessage(this, message as FromWorker));
    // Later than `exit`: what it said last has been read.
    this.#child.once("close", end);
    // Such as no room for one process more; of one that runs, its end tells all.
    this.#child.on("error", () => {
      if (this.#child.pid === undefined) end(null, null);
    });
  }

  /** Tells it something. One that has just died does not hear it. */
  tell(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, undefined, undefined, ignore);
  }

  give(id: number, socket: Socket): void {
    const message: ToWorker = { type: "connection", id };
    // It stays open here too until it is taken: whoever dies before that has not touched it.
    if (this.#child.connected) this.#child.send(message, socket, { keepOpen: true }, ignore);
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** What could not be sent was sent to a dead process, whose end is told anyway. */
function ignore(): void {}
