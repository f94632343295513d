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
    if (isWork || delayMs < 2 * groupMs) return exactTimer(dueMs, callback, isWork);
    return new GroupedTimer(dueMs, callback);
  },
};

function exactTimer(dueMs: number, callback: () => void, isWork: boolean): Timer {
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
}

/**
 * Span of the long timers that share one of Node's, ms. Limits of calls are given up long before
 * they are due, and an own timer for each would cost more than the rest of it.
 */
const groupMs = 256;

/** The timers that wait, by the number of their span. */
const groups = new Map<number, GroupedTimer[]>();

/** A timer that gets one of Node's own when its span begins, so that it is as exact as any. */
class GroupedTimer implements Timer {
  readonly #dueMs: number;
  readonly #callback: () => void;
  #group: GroupedTimer[] | undefined;
  #index: number;
  #exact: Timer | undefined;

  constructor(dueMs: number, callback: () => void) {
    this.#dueMs = dueMs;
    this.#callback = callback;
    const span = Math.floor(dueMs / groupMs);
    this.#group = groups.get(span) ?? newGroup(span);
    this.#index = this.#group.push(this) - 1;
  }

  clear(): void {
    this.#exact?.clear();
    const last = this.#group?.pop();
    if (this.#group !== undefined && last !== undefined && last !== this) {
      this.#group[this.#index] = last;
      last.#index = this.#index;
    }
    this.#group = undefined;
  }

  /** Its span begins. */
  begin(): void {
    this.#group = undefined;
    this.#exact = exactTimer(this.#dueMs, this.#callback, false);
  }
}

function newGroup(span: number): GroupedTimer[] {
  const group: GroupedTimer[] = [];
  groups.set(span, group);
  exactTimer(
    span * groupMs,
    () => {
      groups.delete(span);
      for (const timer of group.splice(0)) timer.begin();
    },
    false,
  );
  return group;
}
