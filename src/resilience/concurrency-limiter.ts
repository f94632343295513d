import type { Clock, Timer } from "../contract/clock.ts";

/** A place in flight. */
export interface Permit {
  /** Gives the place back. Later calls do nothing. */
  release(): void;
}

/** Places, and how many may wait for one. */
export interface LimiterSettings {
  /** Places; 1 or more. */
  readonly limit: number;
  /** Callers' requests that may wait; 0: none. */
  readonly queue: number;
  /** Time after which a halved limiter has its old number of places again, ms. */
  readonly recoveryMs: number;
  readonly clock: Clock;
}

/** All places are taken and so are all places to wait. */
export class QueueFull extends Error {
  override readonly name: string = "QueueFull";
  constructor() {
    super("all places are taken, and no more requests may wait");
  }
}

interface Waiter {
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
  readonly grant: (permit: Permit) => void;
  readonly refuse: (error: QueueFull) => void;
}

/** Halvings closer together than this are one: many calls in flight are refused for one cause. */
const halvingMsMin = 1_000;

/**
 * A number of places with a queue before them that is fair between callers: they take turns, and
 * within one caller the first come is the first served. In a full queue, whoever has most in it
 * makes room for those who have less.
 */
export class ConcurrencyLimiter {
  readonly #settings: LimiterSettings;
  #inFlight = 0;
  #waiting = 0;
  /** In the order of their turns. */
  readonly #callers = new Map<string, Set<Waiter>>();
  #halvedMs: number | undefined;
  #halvedPlaces = 0;
  #growthTimer: Timer | undefined;

  constructor(settings: LimiterSettings) {
    this.#settings = settings;
  }

  /** Requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Places now: the limit, or fewer for a while after `halve`. */
  get places(): number {
    if (this.#halvedMs === undefined) return this.#settings.limit;
    const { limit, recoveryMs, clock } = this.#settings;
    const grown = (this.#halvedPlaces * (clock.now() - this.#halvedMs)) / recoveryMs;
    const places = Math.floor(this.#halvedPlaces + grown);
    if (places < limit) return places;
    this.#halvedMs = undefined;
    return limit;
  }

  /** A place, if one is free and nobody waits for it. */
  tryEnter(): Permit | undefined {
    return this.#waiting === 0 && this.#inFlight < this.places ? this.#occupy() : undefined;
  }

  /**
   * A place, as soon as it is this caller's turn. Rejects with QueueFull if no more may wait, at
   * once or when another caller, who has fewer waiting, needs the room; and with the signal's
   * reason when that aborts first.
   */
  enter(caller: string, signal: AbortSignal): Promise<Permit> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const permit = this.tryEnter();
    if (permit !== undefined) return Promise.resolve(permit);
    if (this.#waiting >= this.#settings.queue && !this.#makeRoom(caller)) {
      return Promise.reject(new QueueFull());
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        signal,
        grant: resolve,
        refuse: reject,
        onAbort: () => {
          this.#remove(caller, waiter);
          reject(signal.reason);
        },
      };
      signal.addEventListener("abort", waiter.onAbort, { once: true });
      const queue = this.#callers.get(caller) ?? new Set();
      this.#callers.set(caller, queue.add(waiter));
      this.#waiting++;
      this.#admit();
    });
  }

  /**
   * Halves the places in use: the provider asks for slower growth. They grow back steadily, and
   * beyond what they were up to the limit.
   */
  halve(): void {
    const { clock } = this.#settings;
    if (this.#halvedMs !== undefined && clock.now() - this.#halvedMs < halvingMsMin) return;
    this.#halvedPlaces = Math.max(1, Math.floor(Math.min(this.places, this.#inFlight) / 2));
    this.#halvedMs = clock.now();
  }

  #occupy(): Permit {
    this.#inFlight++;
    let isIn = true;
    return {
      release: () => {
        if (!isIn) return;
        isIn = false;
        this.#inFlight--;
        this.#admit();
      },
    };
  }

  #admit(): void {
    while (this.#waiting > 0 && this.#inFlight < this.places) {
      const [turn] = this.#callers;
      if (turn === undefined) return;
      const [caller, queue] = turn;
      const [waiter] = queue;
      if (waiter === undefined) return;
      this.#remove(caller, waiter);
      if (queue.size > 0) {
        this.#callers.delete(caller);
        this.#callers.set(caller, queue);
      }
      waiter.grant(this.#occupy());
    }
    this.#awaitGrowth();
  }

  /** Refuses the last one of the caller who has most waiting, if this one would not have as many. */
  #makeRoom(caller: string): boolean {
    const own = this.#callers.get(caller)?.size ?? 0;
    let longest: [caller: string, queue: Set<Waiter>] | undefined;
    for (const entry of this.#callers) {
      if (entry[1].size > (longest?.[1].size ?? own + 1)) longest = entry;
    }
    if (longest === undefined) return false;
    const [greediest, queue] = longest;
    const last = [...queue].at(-1);
    if (last === undefined) return false;
    this.#remove(greediest, last);
    last.refuse(new QueueFull());
    return true;
  }

  #remove(caller: string, waiter: Waiter): void {
    waiter.signal.removeEventListener("abort", waiter.onAbort);
    const queue = this.#callers.get(caller);
    if (queue === undefined || !queue.delete(waiter)) return;
    this.#waiting--;
    if (queue.size === 0) this.#callers.delete(caller);
    if (this.#waiting === 0) {
      this.#growthTimer?.clear();
      this.#growthTimer = undefined;
    }
  }

  /** Places that grow back are given away without waiting for a call to end. */
  #awaitGrowth(): void {
    if (this.#waiting === 0 || this.#halvedMs === undefined || this.#growthTimer) return;
    const { recoveryMs, clock } = this.#settings;
    this.#growthTimer = clock.schedule(recoveryMs / this.#halvedPlaces, () => {
      this.#growthTimer = undefined;
      this.#admit();
    });
  }
}
