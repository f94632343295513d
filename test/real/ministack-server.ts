import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pythonVenv } from "../support/python-venv.ts";
import { freePort } from "./free-port.ts";

const startMsMax = 60_000;
const pollMs = 100;

/** A Bedrock that others wrote, on this machine. */
export interface MinistackServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Installs ministack by its hashes, if it is missing, and starts it on a free port. */
export async function startMinistack(): Promise<MinistackServer> {
  const folder = fileURLToPath(new URL("../../build/real/ministack-venv", import.meta.url));
  const lock = fileURLToPath(new URL("ministack-requirements.txt", import.meta.url));
  const python = await pythonVenv(folder, lock);
  const port = await freePort();
  const child = spawn(python, ["-m", "ministack"], {
    env: {
      ...process.env,
      BIND_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      SERVICES: "bedrock-runtime",
    },
    stdio: "ignore",
  });
  const close = async (): Promise<void> => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  const url = `http://127.0.0.1:${port}`;
  for (let waitedMs = 0; !(await isUp(url)); waitedMs += pollMs) {
    if (waitedMs > startMsMax || child.exitCode !== null) {
      await close();
      throw new Error("ministack does not listen");
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return { url, close };
}

async function isUp(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}
