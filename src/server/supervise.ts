import { availableParallelism } from "node:os";
import { systemClock } from "../contract/clock.ts";
import { LogSink } from "./log-sink.ts";
import { drainOnSignals } from "./signals.ts";
import { Supervisor, WorkerStartError } from "./supervisor.ts";
import { watchConfiguration } from "./watch-configuration.ts";
import { workersMax } from "./worker-messages.ts";

/** What to supervise. */
export interface SuperviseOptions {
  /** 2 to `workersMax`. */
  readonly workers: number;
  /** The configuration file, if all workers are to load it again when it changes. */
  readonly watchedFile: string | undefined;
  /** Told the URL when all workers serve, and signals are handled. */
  onStarted(url: string): void;
}

/** Processes that `auto` stands for: those that can run at once, by the limits of a container too. */
export function automaticWorkers(): number {
  return Math.min(availableParallelism(), workersMax);
}

/**
 * Runs workers in place of a server until a signal ends the process, by the rules of
 * `handleSignals`. Sets the exit code when they cannot start, having told why.
 */
export async function supervise({
  workers,
  watchedFile,
  onStarted,
}: SuperviseOptions): Promise<void> {
  const log = new LogSink(process.stderr);
  const supervisor = new Supervisor(workers, systemClock, {
    log: (line) => log.write(line),
    report: (text) => process.stderr.write(text),
  });
  try {
    const url = await supervisor.start();
    drainOnSignals(
      () => supervisor.drain().then((isWell) => (isWell ? 0 : 1)),
      () => supervisor.kill(),
    );
    process.on("SIGHUP", () => supervisor.reload());
    if (watchedFile !== undefined) watchConfiguration(watchedFile, () => supervisor.reload());
    onStarted(url);
  } catch (error) {
    if (!(error instanceof WorkerStartError)) throw error;
    process.stderr.write(error.text);
    process.exitCode = error.exitCode;
  }
}
