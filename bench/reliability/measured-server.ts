// A server in a process of its own, by the file that its one argument names, that tells its parent
// what it holds and how long its event loop stood still. Started by server-process.ts.
import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { startServer } from "../../src/server/server.ts";

const file = process.argv[2];
const server = await startServer(
  { ...(file && { file }), environment: process.env, flags: { port: 0 } },
  { log: (line) => process.stderr.write(line), report: () => undefined },
);
const samplingMs = 1;
const delays = monitorEventLoopDelay({ resolution: samplingMs });
/** CPU time of the event loop's thread between two of its timers, µs. */
const work = createHistogram();
let ticking: NodeJS.Timeout | undefined;
let usedBefore = 0;

const answers = {
  /** Bytes of heap and open sockets, after collection. */
  async held() {
    // What a collection frees may hold more that only finalizers free: with turns in between.
    for (let round = 0; round < 4; round += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const sockets = process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap");
    return { heapBytes: process.memoryUsage().heapUsed, sockets: sockets.length };
  },
  async watchLoop() {
    delays.reset();
    work.reset();
    delays.enable();
    usedBefore = threadMicroseconds();
    ticking = setInterval(tick, samplingMs);
    return {};
  },
  async loopDelays() {
    delays.disable();
    clearInterval(ticking);
    const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - samplingMs);
    return {
      p999Ms: ms(delays.percentile(99.9)),
      longestMs: delays.count > 0 ? ms(delays.max) : 0,
      p999WorkMs: work.percentile(99.9) / 1000,
      longestWorkMs: work.count > 0 ? work.max / 1000 : 0,
    };
  },
};

function tick(): void {
  const used = threadMicroseconds();
  work.record(Math.max(1, used - usedBefore));
  usedBefore = used;
}

function threadMicroseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

process.on("message", async (question: keyof typeof answers) => {
  process.send?.(await answers[question]());
});
process.send?.({ url: server.url });
