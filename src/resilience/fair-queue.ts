/** A place in a queue. */
export class Waiting<T> {
  readonly caller: string;
  readonly item: T;
  /** Neighbours in the caller's line; for the queue alone. */
  before: Waiting<T> | undefined = undefined;
  after: Waiting<T> | undefined = undefined;
  /** The line it stands in; for the queue alone. Unset: none any more. */
  line: Line<T> | undefined = undefined;

  constructor(caller: string, item: T) {
    this.caller = caller;
    this.item = item;
  }
}

/** What waits for one caller, first come first. */
interface Line<T> {
  length: number;
  first: Waiting<T> | undefined;
  last: Waiting<T> | undefined;
}

/**
 * A queue in which callers take turns, and within one caller the first come is the first served.
 * Adding, taking and removing cost the same however long it is.
 */
export class FairQueue<T> {
  /** Lines that are not empty, in the order of their turns. */
  readonly #lines = new Map<string, Line<T>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts something at the end of its caller's line; a new line has its turn last. */
  add(caller: string, item: T): Waiting<T> {
    const waiting = new Waiting(caller, item);
    let line = this.#lines.get(caller);
    if (line === undefined) {
      line = { length: 0, first: undefined, last: undefined };
      this.#lines.set(caller, line);
    }
    waiting.line = line;
    waiting.before = line.last;
    if (line.last === undefined) line.first = waiting;
    else line.last.after = waiting;
    line.last = waiting;
    line.length++;
    this.#size++;
    return waiting;
  }

  /** Takes something out of its line; nothing happens if it is out already. */
  remove(waiting: Waiting<T>): void {
    const { line, before, after } = waiting;
    if (line === undefined) return;
    if (before === undefined) line.first = after;
    else before.after = after;
    if (after === undefined) line.last = before;
    else after.before = before;
    waiting.line = undefined;
    waiting.before = undefined;
    waiting.after = undefined;
    line.length--;
    this.#size--;
    if (line.length === 0) this.#lines.delete(waiting.caller);
  }

  /** Takes out whose turn it is. Unset: nobody waits. */
  next(): T | undefined {
    const [turn] = this.#lines;
    if (turn === undefined) return undefined;
    const [caller, line] = turn;
    const waiting = line.first;
    if (waiting === undefined) return undefined;
    this.remove(waiting);
    if (line.length > 0) {
      this.#lines.delete(caller);
      this.#lines.set(caller, line);
    }
    return waiting.item;
  }

  /**
   * Makes room for `caller`: takes out the last one of the longest line, if that would still not be
   * shorter than the caller's own. Unset: nobody has so much more.
   */
  dropFor(caller: string): T | undefined {
    let longest = (this.#lines.get(caller)?.length ?? 0) + 1;
    let last: Waiting<T> | undefined;
    for (const line of this.#lines.values()) {
      if (line.length <= longest) continue;
      longest = line.length;
      last = line.last;
    }
    if (last === undefined) return undefined;
    this.remove(last);
    return last.item;
  }
}
