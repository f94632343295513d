import type { Configuration } from "../config/configuration.ts";
import type { Limits } from "../contract/limits.ts";

/** Limits of the whole server: calls, connections, entries and bytes of all workers together. */
const sharedLimits = [
  "openCalls",
  "activeCalls",
  "queuedCalls",
  "sessions",
  "targetCalls",
  "targetQueue",
  "providerConnections",
  "idempotencyEntries",
  "idempotencyStoreBytes",
] as const satisfies readonly (keyof Limits)[];

/**
 * What one of so many workers may do, for all of them together to do what the configuration says:
 * its part of what is limited for the whole server and for a caller, rounded up. What is limited
 * for a call, a connection or the heap of a process stays as it is.
 */
export function workerShare(configuration: Configuration, workers: number): Configuration {
  const { limits, callers, resilience } = configuration;
  const part = (whole: number): number => Math.ceil(whole / workers);
  const parts = sharedLimits.map((name) => [name, part(limits[name])]);
  return {
    ...configuration,
    limits: { ...limits, ...Object.fromEntries(parts) },
    callers: callers.map((caller) => ({
      ...caller,
      callsPerMinute: caller.callsPerMinute && part(caller.callsPerMinute),
      concurrentCalls: caller.concurrentCalls && part(caller.concurrentCalls),
    })),
    resilience: {
      ...resilience,
      targetConcurrency: part(resilience.targetConcurrency),
      targetQueue: part(resilience.targetQueue),
      budgetFloorPerSecond: resilience.budgetFloorPerSecond / workers,
    },
  };
}
