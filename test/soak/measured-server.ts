// A server in a process of its own that tells its parent how much heap it holds after collection.
import { startServer } from "../../src/server/server.ts";

const server = await startServer(
  { environment: process.env, flags: { port: 0 } },
  { log: (line) => process.stderr.write(line), report: () => undefined },
);

process.on("message", async () => {
  // What a collection frees may hold more that only finalizers free: twice, with a turn in between.
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.send?.({ heapBytes: process.memoryUsage().heapUsed });
});
process.send?.({ url: server.url });
