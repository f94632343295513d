import {
  believableMsMax,
  dateDelayMs,
  type Headers,
  type LimitHeaders,
  limitHeaders,
  numberOf,
  resetDelayMs,
} from "./rate-limit-headers.ts";

/** How long a provider asks to wait, and whether it says that waiting helps. */
export interface RetryHint {
  /** Milliseconds, 0 or more. Unset: not told, or not told so that it can be believed. */
  readonly retryAfterMs: number | undefined;
  /** `x-should-retry`: the provider's own word. Unset: not told. */
  readonly shouldRetry: boolean | undefined;
}

/**
 * Reads what headers say about waiting, most exact first: `retry-after-ms`, `retry-after` (seconds,
 * fractions, HTTP date: RFC 9110 section 10.2.3), `x-amz-retry-after`, then the resets of limits
 * that have nothing left (`anthropic-ratelimit-*-reset` as RFC 3339, `x-ratelimit-reset-*` as a
 * duration).
 *
 * 0 means now. Negative, past, endless and unreadable values count as not told.
 */
export function retryHint(headers: Headers, wallTimeMs: number): RetryHint {
  const told = headers["x-should-retry"]?.trim().toLowerCase();
  const exactMs = numberOf(headers["retry-after-ms"]);
  return {
    retryAfterMs:
      // Azure sends a 0 beside a `retry-after` of a second or more.
      believable(exactMs === 0 ? undefined : exactMs) ??
      believable(retryAfter(headers["retry-after"], wallTimeMs)) ??
      believable(exactMs) ??
      believable(numberOf(headers["x-amz-retry-after"])) ??
      believable(limitReset(headers, wallTimeMs)),
    shouldRetry: told === "true" ? true : told === "false" ? false : undefined,
  };
}

/** Names of the limits whose headers say that nothing is left, such as "requests". */
export function exhaustedLimits(headers: Headers): readonly string[] {
  return spentLimits(headers).map(({ name }) => name);
}

function spentLimits(headers: Headers): readonly LimitHeaders[] {
  return limitHeaders(headers).filter(({ remaining }) => numberOf(headers[remaining]) === 0);
}

function believable(delayMs: number | undefined): number | undefined {
  return delayMs !== undefined && delayMs >= 0 && delayMs <= believableMsMax
    ? Math.ceil(delayMs)
    : undefined;
}

function retryAfter(text: string | undefined, wallTimeMs: number): number | undefined {
  if (text === undefined) return undefined;
  // Repeated headers arrive joined by ", "; a date has one comma of its own after the weekday.
  const first = /^\s*\d/.test(text) ? (text.split(",")[0] ?? "") : text;
  const seconds = numberOf(first);
  if (seconds !== undefined) return seconds * 1000;
  return /^\s*[A-Za-z]{3}/.test(text) ? dateDelayMs(text, wallTimeMs) : undefined;
}

function limitReset(headers: Headers, wallTimeMs: number): number | undefined {
  const delays = spentLimits(headers).flatMap(({ reset }) => {
    const delayMs = reset && resetDelayMs(headers[reset], wallTimeMs);
    return typeof delayMs === "number" && delayMs >= 0 ? [delayMs] : [];
  });
  return delays.length === 0 ? undefined : Math.max(...delays);
}
