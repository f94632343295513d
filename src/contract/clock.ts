/** A timer that can be given up. Clearing it twice, or after it fired, does nothing. */
export interface Timer {
  /** Gives the timer up. */
  clear(): void;
}

/** The only source of time: passed in, so that every rule of timing is tested in virtual time. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary start: for spans and deadlines. */
  now(): number;
  /** Wall-clock milliseconds since 1970: for timestamps and HTTP dates. */
  wallTimeMs(): number;
  /**
   * Calls back once after `delayMs` (0 or more; over 2^31-1 is cut to that). Keeps no process up.
   */
  schedule(delayMs: number, callback: () => void): Timer;
}

const delayMsMax = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), delayMsMax));
    timer.unref();
    return { clear: () => clearTimeout(timer) };
  },
};
