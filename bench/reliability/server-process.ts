import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How a measured server is started. */
export interface ServerProcessOptions {
  /** Its configuration file. Default: none. */
  readonly configuration?: string;
  /** Its environment, besides PATH. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a server holds after collection. */
export interface Held {
  readonly heapBytes: number;
  /** Sockets that are open, callers' and providers'. */
  readonly sockets: number;
}

/** How long a server's event loop stood still, in samples of 1 ms. */
export interface LoopDelays {
  /** By the clock: what else runs on the machine is in it. */
  readonly p999Ms: number;
  readonly longestMs: number;
  /** By the CPU time that its thread spent between two of its timers. */
  readonly p999WorkMs: number;
  readonly longestWorkMs: number;
}

/** A server in a process of its own, which tells what it holds. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** Resolves when it listens. Rejects if it ends before that. */
  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const { configuration, environment } = options;
    const folder = mkdtempSync(join(tmpdir(), "connectors-measured-"));
    const file = join(folder, "connectors.yaml");
    if (configuration !== undefined) writeFileSync(file, configuration);
    const program = new URL("measured-server.ts", import.meta.url);
    const child = fork(program, configuration === undefined ? [] : [file], {
      execArgv: ["--expose-gc"],
      env: { PATH: process.env.PATH, ...environment },
    });
    const ended = once(child, "exit").then(() => {
      throw new Error("the server ended before it listened");
    });
    const [{ url }] = await Promise.race([once(child, "message"), ended]);
    ended.catch(() => undefined);
    return new ServerProcess(url, child, folder);
  }

  /** Collects garbage and counts what is left. */
  async held(): Promise<Held> {
    return await this.#ask("held");
  }

  /** Begins to watch the event loop. */
  async watchLoop(): Promise<void> {
    await this.#ask("watchLoop");
  }

  /** What was seen since `watchLoop`. */
  async loopDelays(): Promise<LoopDelays> {
    return await this.#ask("loopDelays");
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true });
  }

  async #ask<T>(question: string): Promise<T> {
    const answered = once(this.#child, "message");
    this.#child.send(question);
    const [answer] = await answered;
    return answer as T;
  }
}
