import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "../real/free-port.ts";
import { pythonVenv } from "../support/python-venv.ts";

const startMsMax = 30_000;
const pollMs = 50;

/** What the judge found wrong with one call. */
export interface Finding {
  readonly code: string;
  readonly title: string;
  readonly path: string;
}

/** What `llmock report` says of all requests since the start or the last reset. */
export interface Verdict {
  readonly calls: number;
  readonly attempts: number;
  readonly faults_injected: number;
  readonly findings: readonly Finding[];
}

/** A request that arrived. */
export interface JudgedRequest {
  readonly model: string;
  readonly status: number;
}

/** llmock, a provider that others wrote, which breaks answers on demand and judges its clients. */
export class LLMock {
  readonly url: string;
  readonly #program: string;
  readonly #child: ChildProcess;

  private constructor(url: string, program: string, child: ChildProcess) {
    this.url = url;
    this.#program = program;
    this.#child = child;
  }

  /** Installs it by its hashes, if it is missing, and starts it. `flags` are more for `serve`. */
  static async start(flags: readonly string[] = []): Promise<LLMock> {
    const folder = fileURLToPath(new URL("../../build/judge/venv", import.meta.url));
    const lock = fileURLToPath(new URL("requirements.txt", import.meta.url));
    await pythonVenv(folder, lock);
    const program = `${folder}/bin/llmock`;
    const port = await freePort();
    const address = ["--host", "127.0.0.1", "--port", String(port)];
    const child = spawn(program, ["serve", ...address, "--log-level", "error", ...flags], {
      stdio: "ignore",
    });
    const mock = new LLMock(`http://127.0.0.1:${port}`, program, child);
    for (let waitedMs = 0; !(await mock.#isUp()); waitedMs += pollMs) {
      if (waitedMs > startMsMax || child.exitCode !== null) {
        await mock.close();
        throw new Error("llmock does not listen");
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return mock;
  }

  /** Puts faults into its queue, for the requests that they match. */
  async script(behaviors: readonly object[]): Promise<void> {
    await this.#post("/_llmock/scenario", { behaviors });
  }

  /** The requests so far, in order of arrival. */
  async requests(): Promise<readonly JudgedRequest[]> {
    const response = await fetch(`${this.url}/_llmock/requests`);
    const { requests } = (await response.json()) as { requests: readonly JudgedRequest[] };
    return requests;
  }

  /** Its own report, and the exit code that it ended with. */
  async report(): Promise<{ readonly verdict: Verdict; readonly exitCode: number }> {
    const child = execFile(this.#program, ["report", "--json", "--url", this.url]);
    let text = "";
    child.stdout?.on("data", (chunk: string) => {
      text += chunk;
    });
    const [exitCode] = await once(child, "close");
    return { verdict: JSON.parse(text) as Verdict, exitCode };
  }

  /** Forgets requests and faults. */
  async reset(): Promise<void> {
    await this.#post("/_llmock/reset", {});
  }

  async close(): Promise<void> {
    this.#child.kill("SIGTERM");
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await once(this.#child, "exit");
    }
  }

  async #post(path: string, body: object): Promise<void> {
    const response = await fetch(`${this.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`llmock: ${response.status} ${await response.text()}`);
  }

  async #isUp(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health`)).ok;
    } catch {
      return false;
    }
  }
}
