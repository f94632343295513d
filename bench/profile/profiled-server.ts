import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CPUProfile } from "./cpu-profile.ts";

/** What was seen of a server. */
export interface Seen {
  readonly profile: CPUProfile;
  /** The main thread's part of the CPU time of all threads, 0 to 1. */
  readonly mainShare: number;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const listening = /listening on http:\/\/(\S+)/;
/** As `npm start` starts it. */
const nodeFlags = ["--max-semi-space-size=16"];

/** Command that keeps what follows on one core; empty where the system has none. */
export function onCore(core: number): readonly string[] {
  const { error } = spawnSync("taskset", ["--version"]);
  return error === undefined ? ["taskset", "-c", String(core)] : [];
}

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
    writeFileSync(file, configuration(baseURL));
    const hook = new URL("profiling-hook.ts", import.meta.url).href;
    const node = [process.execPath, ...nodeFlags, "--import", hook];
    const [command = process.execPath, ...args] = [...onCore(0), ...node];
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

function configuration(baseURL: string): string {
  return `log_level: error
targets:
  - name: bench
    adapter: openai
    dialect: chat
    base_url: ${baseURL}
    api_key: bench
    egress: { allow_private: true }
routes:
  - { id: bench, model: "bench-.*", targets: [bench] }
`;
}
