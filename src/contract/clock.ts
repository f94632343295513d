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
   * Calls back once after `delayMs` (0 or more; over 2^31-1 is cut to that), by `now()` never
   * earlier. Keeps no process up, unless `isWork`: somebody waits for nothing but this.
   */
  schedule(delayMs: number, callback: () => void, isWork?: boolean): Timer;
}

const delayMsMax = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  schedule(delayMs, callback, isWork = false) {
    const dueMs = performance.now() + Math.min(Math.max(delayMs, 0), delayMsMax);
    const arm = (): NodeJS.Timeout => {
      const timeout = setTimeout(fire, Math.max(Math.ceil(dueMs - performance.now()), 0));
      return isWork ? timeout : timeout.unref();
    };
    // Node counts whole milliseconds from the start of its turn, and may be early by one.
    const fire = (): void => {
      if (performance.now() < dueMs) timer = arm();
      else callback();
    };
    let timer = arm();
    return { clear: () => clearTimeout(timer) };
  },
};
