import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Part, pinned, root } from "./machine.ts";

const readyMsMax = 60_000;
const endMsMax = 5_000;
const probeMs = 20;
const lastWordsLength = 600;

/** A process that listens on a port of 127.0.0.1. */
export class GatewayProcess {
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, pid: number) {
    this.#child = child;
    this.pid = pid;
  }

  /**
   * Starts a command and resolves when the port takes connections. Rejects, with the last that it
   * printed, when it ends before or takes longer than 60 s.
   */
  static async start(
    part: Part,
    port: number,
    command: readonly string[],
  ): Promise<GatewayProcess> {
    const [program, ...rest] = pinned(part, command);
    const child = spawn(program, rest, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let words = "";
    const hear = (text: Buffer): void => {
      words = (words + text).slice(-lastWordsLength);
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    let failure = "";
    child.once("error", (error) => {
      failure = error.message;
    });
    const endMs = Date.now() + readyMsMax;
    while (!(await takesConnections(port))) {
      const isOver = child.exitCode !== null || failure !== "" || Date.now() > endMs;
      if (isOver) {
        child.kill("SIGKILL");
        throw new Error(`${command[0]} does not answer on port ${port}: ${failure}${words}`);
      }
      await sleep(probeMs);
    }
    // taskset becomes the command that it starts, and keeps its id.
    return new GatewayProcess(child, child.pid ?? 0);
  }

  /** Asks the process to end, and after 5 s makes it. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), endMsMax);
    await gone;
    clearTimeout(timer);
  }
}

async function takesConnections(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  const isOpen = await promise;
  socket.destroy();
  return isOpen;
}
