import type { Clock, Timer } from "../contract/clock.ts";
import { FairQueue } from "./fair-queue.ts";

/** A place in flight. */
export interface Permit {
  /** Gives the place back. Later calls do nothing. */
  release(): void;
}

/** Places, and how many may wait for one. */
export interface LimiterSettings {
  /** Places; 1 or more. */
  readonly limit: number;
  /** Requests that may wait; 0: none. */
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
  readonly #clock: Clock;
  readonly #recoveryMs: number;
  readonly #queue: FairQueue<Waiter> = new FairQueue();
  #limit: number;
  #queueMax: number;
  #inFlight = 0;
  #halvedMs: number | undefined;
  #halvedPlaces = 0;
  #growthTimer: Timer | undefined;

  constructor({ limit, queue, recoveryMs, clock }: LimiterSettings) {
    this.#clock = clock;
    this.#recoveryMs = recoveryMs;
    this.#limit = limit;
    this.#queueMax = queue;
  }

  /** Requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** Places now: the limit, or fewer for a while after `halve`. */
  get places(): number {
    if (this.#halvedMs === undefined) return this.#limit;
    const rounds = (this.#clock.now() - this.#halvedMs) / this.#recoveryMs;
    // Steadily back to what it was; what lies beyond that was never tried, and is found by doubling.
    const growth = rounds <= 1 ? 1 + rounds : 2 ** rounds;
    const places = Math.floor(this.#halvedPlaces * growth);
    if (places < this.#limit) return places;
    this.#halvedMs = undefined;
    return this.#limit;
  }

  /** A place, if one is free and nobody waits for it. */
  tryEnter(): Permit | undefined {
    return this.#queue.size === 0 && this.#inFlight < this.places ? this.#occupy() : undefined;
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
    if (this.#queue.size >= this.#queueMax && !this.#makeRoom(caller)) {
      return Promise.reject(new QueueFull());
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.remove(waiting);
        if (this.#queue.size === 0) this.#forgetGrowth();
        reject(signal.reason);
      };
      const waiting = this.#queue.add(caller, { signal, onAbort, grant: resolve, refuse: reject });
      signal.addEventListener("abort", onAbort, { once: true });
      // Places may have grown back since the last call ended.
      this.#admit();
    });
  }

  /**
   * Halves the places in use: the provider asks for slower growth. They grow back steadily, and
   * beyond what they were by doubling in the same time, up to the limit.
   */
  halve(): void {
    const nowMs = this.#clock.now();
    if (this.#halvedMs !== undefined && nowMs - this.#halvedMs < halvingMsMin) return;
    this.#halvedPlaces = Math.max(1, Math.floor(Math.min(this.places, this.#inFlight) / 2));
    this.#halvedMs = nowMs;
  }

  /**
   * Sets other limits. Who is in flight or waits stays so, even if there are more of them now than
   * the limits allow.
   */
  resize(limit: number, queue: number): void {
    this.#limit = limit;
    this.#queueMax = queue;
    this.#admit();
  }

  #occupy(): Permit {
    this.#inFlight++;
    let isIn = true;
    return {
      release: () => {
        if (!isIn) return;
        isIn = false;
        this.#inFlight--;
        if (this.#queue.size > 0) this.#admit();
      },
    };
  }

  #admit(): void {
    while (this.#queue.size > 0 && this.#inFlight < this.places) {
      const waiter = this.#queue.next();
      if (waiter === undefined) break;
      waiter.signal.removeEventListener("abort", waiter.onAbort);
      waiter.grant(this.#occupy());
    }
    if (this.#queue.size === 0) this.#forgetGrowth();
    else this.#awaitGrowth();
  }

  /** Refuses the last one of the caller who has most waiting, if this one would not have as many. */
  #makeRoom(caller: string): boolean {
    const waiter = this.#queue.dropFor(caller);
    if (waiter === undefined) return false;
    waiter.signal.removeEventListener("abort", waiter.onAbort);
    waiter.refuse(new QueueFull());
    return true;
  }

  /** A place that grows back is given away without waiting for a call to end. */
  #awaitGrowth(): void {
    const halvedMs = this.#halvedMs;
    if (halvedMs === undefined || this.#growthTimer !== undefined) return;
    const growth = (this.places + 1) / this.#halvedPlaces;
    const rounds = growth <= 2 ? growth - 1 : Math.log2(growth);
    const delayMs = halvedMs + rounds * this.#recoveryMs - this.#clock.now();
    // Sums of fractions are not exact; a timer that is too early is set again.
    this.#growthTimer = this.#clock.schedule(Math.max(1, Math.ceil(delayMs - 1e-6)), () => {
      this.#growthTimer = undefined;
      this.#admit();
    });
  }

  #forgetGrowth(): void {
    this.#growthTimer?.clear();
    this.#growthTimer = undefined;
  }
}
