import type { Clock, Timer } from "../contract/clock.ts";

/** A call at a time: told once when it has come. */
interface Entry {
  readonly dueMs: number;
  readonly callback: () => void;
  /** The second in which it waits. Unset: it has a timer of its own. */
  bucket: Set<Entry> | undefined;
  timer: Timer | undefined;
}

const secondMs = 1_000;

/**
 * Timers for many calls of which nearly none will ever fire. One that is far away costs a place in
 * the set of its second; only in the last seconds before its time it gets a timer of the clock.
 */
export class CallTimers {
  readonly #clock: Clock;
  readonly #buckets = new Map<number, Set<Entry>>();
  /** Entries that wait in buckets. */
  #waiting = 0;
  #isTicking = false;
  /** The last second whose bucket was emptied. */
  #second = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls back once when the clock shows `dueMs`, never earlier. */
  schedule(dueMs: number, callback: () => void): Timer {
    const nowMs = this.#clock.now();
    const entry: Entry = { dueMs, callback, bucket: undefined, timer: undefined };
    if (dueMs - nowMs < 3 * secondMs) this.#arm(entry, nowMs);
    else this.#keep(entry, nowMs);
    return { clear: () => this.#clear(entry) };
  }

  #arm(entry: Entry, nowMs: number): void {
    entry.timer = this.#clock.schedule(Math.max(entry.dueMs - nowMs, 0), entry.callback);
  }

  #keep(entry: Entry, nowMs: number): void {
    // The bucket is emptied up to a second after its second has begun, or a little more.
    const second = Math.floor(entry.dueMs / secondMs) - 2;
    let bucket = this.#buckets.get(second);
    if (bucket === undefined) {
      bucket = new Set();
      this.#buckets.set(second, bucket);
    }
    bucket.add(entry);
    entry.bucket = bucket;
    this.#waiting += 1;
    if (this.#isTicking) return;
    this.#second = Math.floor(nowMs / secondMs);
    this.#tick();
  }

  #clear(entry: Entry): void {
    entry.timer?.clear();
    if (entry.bucket?.delete(entry) === true) this.#waiting -= 1;
    entry.bucket = undefined;
  }

  #tick(): void {
    this.#isTicking = true;
    this.#clock.schedule(secondMs, () => {
      this.#empty(this.#clock.now());
      this.#isTicking = false;
      if (this.#waiting > 0) this.#tick();
      else this.#buckets.clear();
    });
  }

  #empty(nowMs: number): void {
    const second = Math.floor(nowMs / secondMs);
    while (this.#second < second) {
      this.#second += 1;
      const bucket = this.#buckets.get(this.#second);
      if (bucket === undefined) continue;
      this.#buckets.delete(this.#second);
      this.#waiting -= bucket.size;
      for (const entry of bucket) {
        entry.bucket = undefined;
        this.#arm(entry, nowMs);
      }
    }
  }
}
