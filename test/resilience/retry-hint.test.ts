// Proves what each form of a provider's wait is read as, and what counts as not told (fault U20).
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { exhaustedLimits, retryHint } from "../../src/resilience/retry-hint.ts";

const now = Date.UTC(2026, 10, 23, 12, 0, 0);

describe("retryHint", () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ["seconds", { "retry-after": "2" }, 2000],
    ["now", { "retry-after": "0" }, 0],
    ["a fraction", { "retry-after": "0.5" }, 500],
    ["milliseconds win", { "retry-after-ms": "120", "retry-after": "2" }, 120],
    [
      "milliseconds that are rounded to none (Azure)",
      { "retry-after-ms": "0", "retry-after": "1" },
      1000,
    ],
    ["no milliseconds", { "retry-after-ms": "0" }, 0],
    ["milliseconds of AWS", { "x-amz-retry-after": "1500" }, 1500],
    ["negative", { "retry-after": "-1" }, undefined],
    ["endless", { "retry-after": "1e9" }, undefined],
    ["huge", { "retry-after": "1000000000" }, undefined],
    ["not a number", { "retry-after": "NaN" }, undefined],
    ["empty", { "retry-after": "" }, undefined],
    ["a date", { "retry-after": "Mon, 23 Nov 2026 12:00:07 GMT" }, 7000],
    ["a past date", { "retry-after": "Mon, 23 Nov 2026 11:59:00 GMT" }, undefined],
    ["two headers: the first", { "retry-after": "3, 9" }, 3000],
    [
      "the reset of a limit that is used up",
      { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s" },
      360_000,
    ],
    [
      "not the reset of one that is not",
      { "x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "6m0s" },
      undefined,
    ],
    [
      "short durations",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms" },
      120,
    ],
    [
      "RFC 3339",
      {
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-23T12:00:30Z",
      },
      30_000,
    ],
  ])("%s", (_, headers, expected) => {
    expect(retryHint(headers, now).retryAfterMs).toBe(expected);
  });

  it.each([
    ["true", true],
    ["false", false],
    ["maybe", undefined],
  ])("x-should-retry: %s", (told, expected) => {
    expect(retryHint({ "x-should-retry": told }, now).shouldRetry).toBe(expected);
  });

  it("names the limits that are used up", () => {
    const headers = {
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-tokens-remaining": "12",
      "x-ratelimit-remaining-tokens": "0",
    };
    expect(exhaustedLimits(headers)).toEqual(["requests", "tokens"]);
  });

  test.prop([fc.string(), fc.string()])("never gives a wait that cannot be waited", (a, b) => {
    const { retryAfterMs } = retryHint({ "retry-after": a, "retry-after-ms": b }, now);
    if (retryAfterMs === undefined) return;
    expect(Number.isSafeInteger(retryAfterMs)).toBe(true);
    expect(retryAfterMs).toBeGreaterThanOrEqual(0);
  });
});
