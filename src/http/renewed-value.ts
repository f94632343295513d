import type { Clock } from "../contract/clock.ts";

/** Something fetched, and until when it is good. */
export interface Fetched<T> {
  readonly value: T;
  /** Wall-clock milliseconds since 1970. Unset: for good. */
  readonly expiresMs: number | undefined;
}

/** Left of a value's time when a new one is fetched, ms. */
const renewalMs = 300_000;

/**
 * Something that is fetched when it is first wanted, kept, and fetched anew five minutes before it
 * expires. Who asks at once waits for one fetch; who gives up ends only its own wait. While the
 * fetch of a new one fails, the old one is given until it expires.
 */
export class RenewedValue<T> {
  readonly #clock: Clock;
  readonly #fetch: () => Promise<Fetched<T>>;
  #held: Fetched<T> | undefined;
  #fetching: Promise<T> | undefined;

  /** `fetch` must end by itself. */
  constructor(clock: Clock, fetch: () => Promise<Fetched<T>>) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** The value. Throws what the fetch throws, or the signal's reason. */
  async get(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const held = this.#held;
    if (held !== undefined && this.#leftMs(held) > renewalMs) return held.value;
    this.#fetching ??= this.#renew();
    try {
      return await untilAborted(this.#fetching, signal);
    } catch (failure) {
      if (signal.aborted || held === undefined || this.#leftMs(held) <= 0) throw failure;
      return held.value;
    }
  }

  async #renew(): Promise<T> {
    try {
      this.#held = await this.#fetch();
      return this.#held.value;
    } finally {
      this.#fetching = undefined;
    }
  }

  #leftMs({ expiresMs = Number.POSITIVE_INFINITY }: Fetched<T>): number {
    return expiresMs - this.#clock.wallTimeMs();
  }
}

/** What a promise gives, or the signal's reason if that comes first. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let giveUp = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason as Error);
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
