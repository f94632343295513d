import type { Clock } from "../contract/clock.ts";
import type { Reason } from "../contract/reasons.ts";
import { rateLimits, resetDelay } from "./rate-limit-headers.ts";

/** Why a model under a key rests, and until when. */
export interface Parked {
  /** Instant of the clock (`now()`), ms. */
  readonly untilMs: number;
  readonly reason: Reason;
}

interface Window {
  readonly perRequest: boolean;
  readonly limit: number | undefined;
  readonly remaining: number;
  readonly observedMs: number;
  readonly resetMs: number;
}

/** Tokens of a limit that must be back before another request is worth sending, of the whole. */
const tokenShare = 0.1;

/**
 * What a provider still grants to one model under one key, by its own headers.
 *
 * Limits that tell their size fill up steadily (Anthropic and OpenAI both describe a bucket that is
 * full at its reset), so that the wait is for the next request and not for the reset. A limit that
 * tells no reset is not waited for.
 */
export class KeyWindow {
  readonly #clock: Clock;
  #windows: readonly Window[] = [];
  /** Requests that left since the headers were observed. */
  #taken = 0;
  #parked: Parked | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what an answer's headers (names in lower case) say; without limits nothing changes. */
  observe(headers: Readonly<Record<string, string>>, wallTimeMs: number): void {
    const observedMs = this.#clock.now();
    const windows = rateLimits(headers).flatMap(({ name, limit, remaining, resetText }) => {
      const resetMs = resetDelay(resetText, wallTimeMs);
      if (remaining === undefined || resetMs === undefined || resetMs <= 0) return [];
      return [{ perRequest: /^req/.test(name), limit, remaining, observedMs, resetMs }];
    });
    if (windows.length === 0) return;
    this.#windows = windows;
    this.#taken = 0;
  }

  /** One request leaves. */
  take(): void {
    this.#taken++;
  }

  /** How long to wait before a request may be sent, ms; 0: now. */
  waitMs(): number {
    const nowMs = this.#clock.now();
    let waitMs = Math.max(0, (this.#parked?.untilMs ?? 0) - nowMs);
    for (const window of this.#windows) {
      waitMs = Math.max(waitMs, this.#readyMs(window) - nowMs);
    }
    return Math.ceil(waitMs);
  }

  /** Lets the model rest until an instant of the clock (`now()`); an earlier one changes nothing. */
  park(untilMs: number, reason: Reason): void {
    if (untilMs > (this.#parked?.untilMs ?? 0)) this.#parked = { untilMs, reason };
  }

  /** Why and until when it rests. Unset: it does not. */
  get parked(): Parked | undefined {
    return this.#parked !== undefined && this.#parked.untilMs > this.#clock.now()
      ? this.#parked
      : undefined;
  }

  /** When a limit grants the next request. */
  #readyMs({ perRequest, limit, remaining, observedMs, resetMs }: Window): number {
    const needed = perRequest ? this.#taken + 1 : remaining > 0 ? 0 : (limit ?? 1) * tokenShare;
    const missing = needed - remaining;
    if (missing <= 0) return 0;
    const refill = limit === undefined ? 0 : limit - remaining;
    return observedMs + (refill > missing ? (resetMs * missing) / refill : resetMs);
  }
}
