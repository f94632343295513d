import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { captured } from "./canary.ts";

/** How a process ended. */
export interface Ended {
  /** Exit code. Null: a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process gets besides its arguments. */
export interface SpawnOptions {
  /** Its whole environment, but for PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Its standard input. Default: empty. */
  readonly input?: string;
  /** Node's own flags. */
  readonly nodeFlags?: readonly string[];
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A Node process that runs a script of the project; killed if it outlives the test. */
export class SpawnedProcess {
  readonly child: ChildProcess;
  /** Resolves when it has ended and all its output is read. */
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";
  readonly #waiting = new Set<() => void>();

  /** `script` is a path from the root of the repository. */
  constructor(script: string, args: readonly string[], options: SpawnOptions = {}) {
    const { environment = {}, input = "", nodeFlags = [] } = options;
    this.child = spawn(process.execPath, [...nodeFlags, script, ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, ...environment },
    });
    // A process may end without reading its input.
    this.child.stdin?.on("error", () => undefined).end(input);
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.stdout += captured(chunk.toString());
      this.#wake();
    });
    this.child.stderr?.on("data", (chunk: Buffer) => {
      this.stderr += captured(chunk.toString());
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#wake();
      });
    });
    onTestFinished(() => void this.child.kill("SIGKILL"));
  }

  /** The first match in its output, standard output first. Rejects if it ends without one. */
  async output(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`ended without ${pattern}: ${this.stdout}${this.stderr}`);
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
