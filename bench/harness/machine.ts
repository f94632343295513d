import { spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";

/** Folder of the repository. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Where the Go commands of `bench/build-go.mjs` lie. */
export const goCommands: string = fileURLToPath(new URL("../../build/bench/", import.meta.url));

/** What a process of a benchmark is: the one that is measured, or one that helps to. */
export type Part = "server" | "load";

const cores: Readonly<Record<Part, string>> = { server: "0", load: "1" };
const canPin = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** The command held to the core of its part: 0 for the server, 1 for mock and load. */
export function pinned(part: Part, command: readonly string[]): readonly [string, ...string[]] {
  const [program = "", ...rest] = command;
  return canPin ? ["taskset", "-c", cores[part], program, ...rest] : [program, ...rest];
}

/** How processes share the machine, in words. */
export function sharing(): string {
  return canPin
    ? "server on core 0, mock and load on core 1"
    : "nothing is pinned (one core, or no taskset): latencies say little";
}

/**
 * What else runs, in words: the load average of the last minute. Empty while it is so low that it
 * changes nothing.
 */
export function otherLoad(): string {
  const load = loadavg()[0] ?? 0;
  if (load < 0.5) return "";
  return (
    `load average ${load.toFixed(1)}: this machine does other work. Figures per CPU-second hold ` +
    "roughly (caches are shared), latencies do not"
  );
}

/** A port of 127.0.0.1 that nobody has now. */
export async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return await promise;
}
