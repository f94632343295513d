import type { RunningServer } from "./server.ts";

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * SIGTERM and SIGINT drain the server, and the process ends with 0; a second one ends it at once,
 * with 143 or 130. SIGHUP loads the configuration again. What nothing caught is logged, without
 * secrets, and ends the process with 1.
 */
export function handleSignals(server: RunningServer): void {
  let isDraining = false;
  for (const [signal, code] of Object.entries(exitCodes)) {
    process.on(signal, () => {
      if (isDraining) process.exit(code);
      isDraining = true;
      process.stderr.write("draining; a second signal ends at once\n");
      void server.drain().then(() => process.exit(0));
    });
  }
  process.on("SIGHUP", () => void server.reload());
  process.on("uncaughtException", (error) => {
    server.logCrash(error);
    process.exit(1);
  });
}
