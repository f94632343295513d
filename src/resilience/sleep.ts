import type { Clock } from "../contract/clock.ts";

/**
 * Waits `delayMs` (0 or more), or until the signal aborts: then it rejects with the signal's
 * reason. Its timer and its listener are gone when it settles. The process stays up meanwhile: a
 * call between two attempts may be all that it has to do.
 */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.clear();
      reject(signal.reason);
    };
    const onTime = (): void => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    };
    const timer = clock.schedule(delayMs, onTime, true);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
