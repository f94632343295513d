import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchConfiguration, startFlags } from "../harness/bench-server.ts";
import { pinned, root } from "../harness/machine.ts";
import type { CPUProfile } from "./cpu-profile.ts";

/** What was seen of a server. */
export interface Seen {
  readonly profile: CPUProfile;
  /** The main thread's part of the CPU time of all threads, 0 to 1. */
  readonly mainShare: number;
}

const listening = /listening on http:\/\/(\S+)/;

/** The server, from its sources, on a core of its own, with a profiler inside. */
export class ProfiledServer {
  /** HOST:PORT. */
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(address: string, child: ChildProcess, folder: string) {
    this.address = address;
    this.#child = child;
    this.#folder = folder;
  }

  /** Resolves when it listens; it sends what it is asked for to the provider at `baseURL`. */
  static async start(baseURL: string): Promise<ProfiledServer> {
    const folder = mkdtempSync(join(tmpdir(), "connectors-profile-"));
    const file = join(folder, "connectors.yaml");
    writeFileSync(file, benchConfiguration(baseURL));
    const hook = new URL("profiling-hook.ts", import.meta.url).href;
    const node = [process.execPath, ...startFlags(), "--import", hook];
    const [command, ...args] = pinned("server", node);
    const child = fork(join(root, "src/main.ts"), ["--config", file, "--port", "0"], {
      execPath: command,
      execArgv: args,
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const ended = once(child, "exit").then(() => {
      throw new Error("the server ended before it listened");
    });
    const [line] = await Promise.race([once(child.stdout ?? child, "data"), ended]);
    ended.catch(() => undefined);
    const address = listening.exec(String(line))?.[1];
    if (address === undefined) throw new Error(`the server said: ${String(line)}`);
    return new ProfiledServer(address, child, folder);
  }

  /** Identifier of its process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Begins to profile. */
  async begin(): Promise<void> {
    await this.#ask("begin");
  }

  /** Ends the profile. */
  async end(): Promise<Seen> {
    return (await this.#ask("end")) as Seen;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
    rmSync(this.#folder, { recursive: true });
  }

  async #ask(question: "begin" | "end"): Promise<unknown> {
    const answered = once(this.#child, "message");
    this.#child.send(question);
    const [answer] = await answered;
    return answer;
  }
}
