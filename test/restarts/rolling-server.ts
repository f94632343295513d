import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const startMsMax = 20_000;
const ensureBundle = fileURLToPath(new URL("../../scripts/ensure-bundle.mjs", import.meta.url));
const bundle = fileURLToPath(new URL("../../build/start", import.meta.url));
const copy = fileURLToPath(new URL("../../build/restarts", import.meta.url));

/** How a server process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end, ms. */
  readonly tookMs: number;
}

/** A server process as `npm start` runs it, which can be started again on its port. */
export class RollingServer {
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  /** What the processes said since the last start. */
  errorText = "";

  constructor(port: number, configuration: string) {
    const flags = ["--config", configuration, "--port", String(port), "--log-level", "error"];
    this.#arguments = [`${copy}/main.js`, ...flags];
  }

  /** Makes the bundle, and a copy that nobody else makes anew while it is run. */
  static async prepare(): Promise<void> {
    await once(spawn(process.execPath, [ensureBundle], { stdio: "inherit" }), "exit");
    rmSync(copy, { recursive: true, force: true });
    cpSync(bundle, copy, { recursive: true });
  }

  /** Resolves when it listens. Rejects if it does not. */
  async start(): Promise<void> {
    this.errorText = "";
    const child = spawn(process.execPath, this.#arguments, {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    child.stderr.on("data", (chunk: Buffer) => {
      this.errorText += chunk;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), startMsMax);
    const isUp = await Promise.race([
      once(child.stdout, "data").then(() => true),
      once(child, "exit").then(() => false),
    ]);
    clearTimeout(timer);
    if (!isUp) throw new Error(`the server did not start: ${this.errorText}`);
  }

  /** Asks it to end, and waits until it has; kills it after `patienceMs`. */
  async terminate(patienceMs: number): Promise<Ended> {
    const child = this.#child;
    if (child === undefined) throw new Error("there is no process to end");
    const startMs = performance.now();
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    const [code, signal] = await exited;
    clearTimeout(timer);
    return { code, signal, tookMs: performance.now() - startMs };
  }
}
