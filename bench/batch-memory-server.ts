// A server in a process of its own that tells its parent its resident set when it is idle, and the
// peak of it when it is asked.
import { readFileSync } from "node:fs";
import { startServer } from "../src/server/server.ts";

const server = await startServer(
  { environment: process.env, flags: { port: 0 } },
  { log: () => undefined, report: () => undefined },
);

process.on("message", () => process.send?.({ peakBytes: peakBytes() }));
globalThis.gc?.();
process.send?.({ url: server.url, idleBytes: process.memoryUsage().rss });

/** The largest resident set that the process ever had. */
function peakBytes(): number {
  const [, kibibytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}
