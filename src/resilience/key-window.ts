import type { Clock } from "../contract/clock.ts";
import type { Reason } from "../contract/reasons.ts";
import {
  type Headers,
  type LimitHeaders,
  limitHeaders,
  numberOf,
  resetDelayMs,
} from "./rate-limit-headers.ts";

/** Why a model under a key rests, and until when. */
export interface Parked {
  /** Instant of the clock (`now()`), ms. */
  readonly untilMs: number;
  readonly reason: Reason;
}

/** One limit, and what the last answer told of it. */
interface Window {
  readonly headers: LimitHeaders;
  readonly perRequest: boolean;
  remaining: number | undefined;
}

/** Tokens of a limit that must be back before another request is worth sending, of the whole. */
const tokenShare = 0.1;

/** Every so many answers all headers are searched for limits; between, known names are read. */
const answersPerSearch = 64;

/**
 * What a provider still grants to one model under one key, by its own headers.
 *
 * Limits that tell their size fill up steadily (Anthropic and OpenAI both describe a bucket that is
 * full at its reset), so that the wait is for the next request and not for the reset. A limit that
 * tells no reset is not waited for: the provider's refusal says how long.
 */
export class KeyWindow {
  readonly #clock: Clock;
  #windows: readonly Window[] = [];
  #answers = 0;
  /** Where size and reset of a limit are read when they matter, which is seldom. */
  #observed: Headers = {};
  #observedMs = 0;
  #observedWallMs = 0;
  /** Requests that left since the headers were observed. */
  #taken = 0;
  #parked: Parked | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes what an answer's headers say; without limits in them nothing changes. */
  observe(headers: Headers, wallTimeMs: number): void {
    const isSearch = this.#answers % answersPerSearch === 0;
    this.#answers++;
    if (isSearch || !this.#knows(headers)) {
      const found = limitHeaders(headers);
      if (found.length > 0) this.#windows = found.map(newWindow);
      else if (this.#windows.length > 0) return;
    }
    if (this.#windows.length === 0) return;
    for (const window of this.#windows) {
      window.remaining = numberOf(headers[window.headers.remaining]);
    }
    this.#observed = headers;
    this.#observedMs = this.#clock.now();
    this.#observedWallMs = wallTimeMs;
    this.#taken = 0;
  }

  /** One request leaves. */
  take(): void {
    this.#taken++;
  }

  /** How long to wait before a request may be sent, ms, whole; 0: now. */
  waitMs(): number {
    let readyMs = this.#parked?.untilMs ?? 0;
    for (const window of this.#windows) {
      const missing = this.#missing(window);
      if (missing > 0) readyMs = Math.max(readyMs, this.#readyMs(window, missing));
    }
    return readyMs === 0 ? 0 : Math.max(0, Math.ceil(readyMs - this.#clock.now()));
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

  #knows(headers: Headers): boolean {
    for (const window of this.#windows) {
      if (headers[window.headers.remaining] === undefined) return false;
    }
    return true;
  }

  /** How much a limit lacks for the next request. What a request costs in tokens is not known. */
  #missing({ headers, perRequest, remaining }: Window): number {
    if (remaining === undefined) return 0;
    if (perRequest) return this.#taken + 1 - remaining;
    return remaining > 0 ? 0 : Math.max(1, this.#size(headers) * tokenShare);
  }

  /** What a limit grants when it is full; 0: not told. */
  #size({ limit }: LimitHeaders): number {
    return (limit && numberOf(this.#observed[limit])) || 0;
  }

  /** When a limit has what it lacks; an instant of the clock, or 0 if that is not known. */
  #readyMs({ headers, remaining = 0 }: Window, missing: number): number {
    const resetText = headers.reset && this.#observed[headers.reset];
    const resetMs = resetDelayMs(resetText, this.#observedWallMs);
    if (resetMs === undefined || resetMs <= 0) return 0;
    const refill = this.#size(headers) - remaining;
    return this.#observedMs + (refill > missing ? (resetMs * missing) / refill : resetMs);
  }
}

function newWindow(headers: LimitHeaders): Window {
  return { headers, perRequest: headers.name.startsWith("req"), remaining: undefined };
}
