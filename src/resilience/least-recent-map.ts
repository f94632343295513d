/** Name of an entry, in parts: joining them for each look-up would cost more than the look-up. */
export type Path = readonly [first: string, second: string, third: string];

interface Entry<T> {
  readonly path: Path;
  readonly value: T;
  newer: Entry<T> | undefined;
  older: Entry<T> | undefined;
}

/** A map of at most `max` entries; the one that was used the longest time ago goes first. */
export class LeastRecentMap<T> {
  readonly #max: number;
  readonly #entries = new Map<string, Map<string, Map<string, Entry<T>>>>();
  #size = 0;
  #newest: Entry<T> | undefined;
  #oldest: Entry<T> | undefined;

  /** `max`: 1 or more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Entries now. */
  get size(): number {
    return this.#size;
  }

  /** The values, the one used last first. Looking at them is no use of them. */
  *values(): Generator<T> {
    for (let entry = this.#newest; entry !== undefined; entry = entry.older) yield entry.value;
  }

  /** The value of a path, made if it is missing; it is the one used last now. */
  take(first: string, second: string, third: string, make: () => T): T {
    const known = this.#entries.get(first)?.get(second)?.get(third);
    if (known === undefined) return this.#add([first, second, third], make());
    if (known !== this.#newest) {
      this.#unlink(known);
      this.#link(known);
    }
    return known.value;
  }

  #add(path: Path, value: T): T {
    const entry: Entry<T> = { path, value, newer: undefined, older: undefined };
    const [first, second, third] = path;
    const seconds = this.#entries.get(first) ?? new Map<string, Map<string, Entry<T>>>();
    const thirds = seconds.get(second) ?? new Map<string, Entry<T>>();
    this.#entries.set(first, seconds.set(second, thirds.set(third, entry)));
    this.#link(entry);
    this.#size++;
    if (this.#size > this.#max && this.#oldest !== undefined) this.#forget(this.#oldest);
    return value;
  }

  #forget(entry: Entry<T>): void {
    this.#unlink(entry);
    this.#size--;
    const [first, second, third] = entry.path;
    const seconds = this.#entries.get(first);
    const thirds = seconds?.get(second);
    thirds?.delete(third);
    if (thirds?.size === 0) seconds?.delete(second);
    if (seconds?.size === 0) this.#entries.delete(first);
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
