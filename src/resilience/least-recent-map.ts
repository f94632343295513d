/** A map of at most `max` entries; the one that was used the longest time ago goes first. */
export class LeastRecentMap<T> {
  readonly #max: number;
  readonly #entries = new Map<string, T>();
  #newest: string | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /** Entries now. */
  get size(): number {
    return this.#entries.size;
  }

  /** The entry, made if it is missing; it is the most recently used one now. */
  take(key: string, make: () => T): T {
    const known = this.#entries.get(key);
    if (known !== undefined && key === this.#newest) return known;
    const value = known ?? make();
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size > this.#max) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.#entries.delete(oldest);
    }
    return value;
  }
}
