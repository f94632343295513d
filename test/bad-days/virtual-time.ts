import type { Clock, Timer } from "../../src/contract/clock.ts";

interface Entry {
  readonly atMs: number;
  /** Breaks ties: what was scheduled first fires first. */
  readonly order: number;
  readonly callback: () => void;
  /** Place in the heap. -1: fired or cleared. */
  place: number;
}

const delayMsMax = 2 ** 31 - 1;
/** Timers that fire in one turn of the event loop, each after the promises of the one before. */
const timersPerTurn = 64;

/**
 * A clock for millions of timers: a binary heap, from which a cleared timer goes at once. Time moves
 * only in `run`, and only when nothing is left to do at this instant.
 */
export class VirtualTime implements Clock {
  #nowMs = 0;
  #orders = 0;
  #fired = 0;
  readonly #startWallMs: number;
  readonly #heap: Entry[] = [];

  constructor(startWallMs: number = Date.UTC(2026, 0, 1)) {
    this.#startWallMs = startWallMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#startWallMs + this.#nowMs;
  }

  /** Throws RangeError for a delay that is no number: no clock can mean it. */
  schedule(delayMs: number, callback: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new RangeError("a timer needs a delay");
    const atMs = this.#nowMs + Math.min(Math.max(delayMs, 0), delayMsMax);
    this.#orders += 1;
    const entry: Entry = { atMs, order: this.#orders, callback, place: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return { clear: () => this.#remove(entry) };
  }

  /** Timers that have not fired and were not cleared. */
  get pendingTimers(): number {
    return this.#heap.length;
  }

  /** Timers that have fired. */
  get firedTimers(): number {
    return this.#fired;
  }

  /**
   * Fires timers in order, each after everything that the one before set off has come to rest, until
   * none is left. Rejects with what a timer throws.
   */
  run(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let isOver = false;
    // Node runs all promises that are ready between two immediates.
    const turn = (): void => {
      if (isOver) return;
      try {
        isOver = !this.#fireNext();
        if (isOver) resolve();
      } catch (thrown) {
        isOver = true;
        reject(thrown);
      }
    };
    const pump = (): void => {
      if (isOver) return;
      for (let count = 0; count < timersPerTurn; count += 1) setImmediate(turn);
      setImmediate(pump);
    };
    setImmediate(pump);
    return promise;
  }

  #fireNext(): boolean {
    const [next] = this.#heap;
    if (next === undefined) return false;
    this.#remove(next);
    this.#nowMs = next.atMs;
    this.#fired += 1;
    next.callback();
    return true;
  }

  #remove(entry: Entry): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, place);
    this.#rise(last);
    this.#sink(last);
  }

  #put(entry: Entry, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }

  #rise(entry: Entry): void {
    while (entry.place > 0) {
      const place = entry.place;
      const above = Math.floor((place - 1) / 2);
      const parent = this.#heap[above];
      if (parent === undefined || !isBefore(entry, parent)) return;
      this.#put(parent, place);
      this.#put(entry, above);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const place = entry.place;
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      if (left === undefined) return;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, entry)) return;
      const below = child.place;
      this.#put(child, place);
      this.#put(entry, below);
    }
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
