interface Entry<T> {
  readonly key: string;
  readonly value: T;
  newer: Entry<T> | undefined;
  older: Entry<T> | undefined;
}

/** A map of at most `max` entries; the one that was used the longest time ago goes first. */
export class LeastRecentMap<T> {
  readonly #max: number;
  readonly #entries = new Map<string, Entry<T>>();
  #newest: Entry<T> | undefined;
  #oldest: Entry<T> | undefined;

  /** `max`: 1 or more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Entries now. */
  get size(): number {
    return this.#entries.size;
  }

  /** The values, the one used last first. Looking at them is no use of them. */
  *values(): Generator<T> {
    for (let entry = this.#newest; entry !== undefined; entry = entry.older) yield entry.value;
  }

  /** The value of a key, made if it is missing; it is the one used last now. */
  take(key: string, make: () => T): T {
    const known = this.#entries.get(key);
    if (known === undefined) return this.#add(key, make());
    if (known !== this.#newest) {
      this.#unlink(known);
      this.#link(known);
    }
    return known.value;
  }

  #add(key: string, value: T): T {
    const entry = { key, value, newer: undefined, older: undefined };
    this.#entries.set(key, entry);
    this.#link(entry);
    if (this.#entries.size > this.#max && this.#oldest !== undefined) {
      this.#entries.delete(this.#oldest.key);
      this.#unlink(this.#oldest);
    }
    return value;
  }

  #link(entry: Entry<T>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ newer, older }: Entry<T>): void {
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
  }
}
