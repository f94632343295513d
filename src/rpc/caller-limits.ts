import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";

/** What one caller may do, as configured. */
export interface CallerLimit {
  readonly name: string;
  /** Calls it may begin in a minute. Unset: any number. */
  readonly callsPerMinute?: number | undefined;
  /** Calls it may have open at once. Unset: any number. */
  readonly concurrentCalls?: number | undefined;
}

/** What a caller has done. */
interface Account {
  limit: CallerLimit;
  open: number;
  /** Calls it may begin now; below 0 after a batch that was longer. */
  tokens: number;
  /** When `tokens` was right, ms. */
  atMs: number;
}

const minuteMs = 60_000;
/** What sums of parts of a call may lack of a whole one: who waited as told is let in. */
const roundingCalls = 1e-9;
/** Time proposed to a caller that has too many calls open: nobody knows when one ends, ms. */
const openWaitMs = 1_000;

/**
 * Holds each caller to its own limits: a bucket of `calls_per_minute` that refills evenly, and a
 * count of open calls. Callers that are not configured have none.
 */
export class CallerLimits {
  readonly #clock: Clock;
  #accounts = new Map<string, Account>();

  constructor(clock: Clock, callers: readonly CallerLimit[]) {
    this.#clock = clock;
    this.replace(callers);
  }

  /** Puts other limits in place of those there are. What callers have done still counts. */
  replace(callers: readonly CallerLimit[]): void {
    const atMs = this.#clock.now();
    const accounts = callers.map((limit): [string, Account] => {
      const known = this.#accounts.get(limit.name);
      if (known === undefined) return [limit.name, newAccount(limit, atMs)];
      const spent = (known.limit.callsPerMinute ?? 0) - this.#tokens(known);
      known.limit = limit;
      known.tokens = (limit.callsPerMinute ?? 0) - spent;
      known.atMs = atMs;
      return [limit.name, known];
    });
    this.#accounts = new Map(accounts);
  }

  /**
   * Counts a call of a caller and returns how to tell that it is over. Throws CALLER_RATE_LIMITED
   * beyond a limit.
   */
  enter(caller: string): (() => void) | undefined {
    const account = this.#accounts.get(caller);
    if (account === undefined) return undefined;
    const { callsPerMinute, concurrentCalls } = account.limit;
    if (concurrentCalls !== undefined && account.open >= concurrentCalls) {
      throw limited(caller, "concurrent_calls", concurrentCalls, openWaitMs);
    }
    if (callsPerMinute !== undefined) {
      const tokens = this.#tokens(account);
      if (tokens < 1 - roundingCalls) {
        const waitMs = Math.ceil(((1 - tokens) * minuteMs) / callsPerMinute);
        throw limited(caller, "calls_per_minute", callsPerMinute, waitMs);
      }
      account.tokens = tokens - 1;
      account.atMs = this.#clock.now();
    }
    account.open += 1;
    return () => {
      account.open -= 1;
    };
  }

  /** Counts calls that came along with one, such as the further items of a batch. */
  charge(caller: string, calls: number): void {
    const account = this.#accounts.get(caller);
    if (account?.limit.callsPerMinute === undefined) return;
    account.tokens = this.#tokens(account) - calls;
    account.atMs = this.#clock.now();
  }

  #tokens({ limit, tokens, atMs }: Account): number {
    const max = limit.callsPerMinute ?? 0;
    return Math.min(max, tokens + ((this.#clock.now() - atMs) * max) / minuteMs);
  }
}

function newAccount(limit: CallerLimit, atMs: number): Account {
  return { limit, open: 0, tokens: limit.callsPerMinute ?? 0, atMs };
}

function limited(
  caller: string,
  limit: "calls_per_minute" | "concurrent_calls",
  max: number,
  retryAfterMs: number,
): ConnectorError {
  const what = limit === "calls_per_minute" ? "begins more than" : "has more open than";
  return new ConnectorError(
    "CALLER_RATE_LIMITED",
    `caller "${caller}" ${what} its ${max} calls${limit === "calls_per_minute" ? " a minute" : ""}`,
    { retryAfterMs, quotaSubjects: [limit], metadata: { caller, limit, max: String(max) } },
  );
}
