import type { RunningServer } from "./server.ts";
import type { WorkerSeat } from "./worker-seat.ts";

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * SIGTERM and SIGINT drain the server, and the process ends with 0; a second one ends it at once,
 * with 143 or 130. SIGHUP loads the configuration again. What nothing caught is logged, without
 * secrets, and ends the process with 1.
 */
export function handleSignals(server: RunningServer): void {
  drainOnSignals(
    () => server.drain().then(() => 0),
    () => undefined,
  );
  process.on("SIGHUP", () => void server.reload());
  endOnCrash(server);
}

/**
 * SIGTERM and SIGINT drain, and the process ends with the code that `drain` resolves with; a second
 * one ends it at once, after `kill`, with 143 or 130.
 */
export function drainOnSignals(drain: () => Promise<number>, kill: () => void): void {
  let isDraining = false;
  for (const [signal, code] of Object.entries(exitCodes)) {
    process.on(signal, () => {
      if (isDraining) {
        kill();
        process.exit(code);
      }
      isDraining = true;
      process.stderr.write("draining; a second signal ends at once\n");
      void drain().then((exitCode) => process.exit(exitCode));
    });
  }
}

/**
 * The same for a worker, whose supervisor says when to drain and to load again. A signal that is
 * meant for the supervisor often goes to all processes of a group: SIGTERM and SIGINT drain the
 * worker too, however often they come, and SIGHUP is left to the supervisor.
 */
export function handleSupervision(server: RunningServer, seat: WorkerSeat): void {
  let isDraining = false;
  const drain = (): void => {
    if (isDraining) return;
    isDraining = true;
    void server.drain().then(() => process.exit(0));
  };
  for (const signal of Object.keys(exitCodes)) process.on(signal, drain);
  process.on("SIGHUP", () => undefined);
  seat.perform({ drain, reload: () => void server.reload() });
  endOnCrash(server);
}

function endOnCrash(server: RunningServer): void {
  process.on("uncaughtException", (error) => {
    server.logCrash(error);
    process.exit(1);
  });
}
