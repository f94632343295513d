import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

/** How llama.cpp is started. */
export interface LlamaCppOptions {
  /** A chat template of `templates/`. Default: the model's own. */
  readonly template?: "tools" | "reasoning";
  /** Seconds between comments in a silent stream. Default: its own 30. */
  readonly pingSeconds?: number;
}

/** A llama.cpp server with real weights. */
export interface LlamaCppServer {
  readonly url: string;
  /** Slots that are at work now. */
  busySlots(): Promise<number>;
  close(): Promise<void>;
}

const startMsMax = 30_000;
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts one on a free port. `python` is that of the environment that the set-up made. */
export async function startLlamaCpp(
  python: string,
  { template, pingSeconds }: LlamaCppOptions = {},
): Promise<LlamaCppServer> {
  const options = {
    port: await freePort(),
    ...(template && { template: file(`templates/${template}.jinja`) }),
    ...(pingSeconds && { ping_seconds: pingSeconds }),
  };
  const child = spawn(python, [file("serve_llamacpp.py"), JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), startMsMax);
  const url = await readyAt(child.stdout);
  clearTimeout(timer);
  return {
    url,
    async busySlots() {
      const response = await fetch(`${url}/slots`);
      const slots = (await response.json()) as readonly { readonly is_processing: boolean }[];
      return slots.filter((slot) => slot.is_processing).length;
    },
    async close() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

async function readyAt(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const [, url] = /^ready (\S+)$/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error("llama.cpp ended before it listened");
}
