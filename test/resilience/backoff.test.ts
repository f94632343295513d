// Proves how long a retry waits: any time up to a delay that doubles and is capped; and that a sleep
// ends on its instant or with its signal, and leaves no timer and no listener behind.
import { getEventListeners } from "node:events";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { backoffMs } from "../../src/resilience/backoff.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { sleep } from "../../src/resilience/sleep.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const nearlyOne = 1 - 2 ** -53;

describe("backoffMs", () => {
  it.each([
    ["transient", [49, 99, 199, 399, 799, 1599, 3199, 4999, 4999]],
    ["throttle", [999, 1999, 3999, 7999, 15_999, 19_999, 19_999]],
  ] as const)("%s: at most %j", (delay, longest) => {
    const found = longest.map((_, index) => backoffMs(delay, index + 1, () => nearlyOne));
    expect(found).toEqual(longest);
  });

  it("may be none at all", () => {
    expect(backoffMs("throttle", 3, () => 0)).toBe(0);
  });

  it("takes other settings", () => {
    const settings = { ...defaultResilience, transientDelayMs: 10, transientDelayMsMax: 15 };
    const found = [1, 2].map((retry) => backoffMs("transient", retry, () => nearlyOne, settings));
    expect(found).toEqual([9, 14]);
  });

  test.prop([
    fc.integer({ min: 1, max: 5000 }),
    fc.double({ min: 0, max: nearlyOne, noNaN: true }),
  ])("is a whole number within its cap, however many retries there were", (retry, chance) => {
    const delayMs = backoffMs("transient", retry, () => chance);
    expect(Number.isSafeInteger(delayMs)).toBe(true);
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThanOrEqual(5000);
  });
});

describe("sleep", () => {
  it("ends on its instant", async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const slept = sleep(clock, 100, new AbortController().signal).then(() => seen.push("awake"));
    clock.advance(99);
    await Promise.resolve();
    expect(seen).toEqual([]);
    clock.advance(1);
    await slept;
    expect(seen).toEqual(["awake"]);
  });

  it("ends with its signal, for its reason, and frees its timer", async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 100, controller.signal);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(slept).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not begin under a signal that has aborted", async () => {
    const clock = new VirtualClock();
    const slept = sleep(clock, 100, AbortSignal.abort("over"));
    await expect(slept).rejects.toBe("over");
    expect(clock.pendingTimers).toBe(0);
  });

  it("leaves no listener behind", async () => {
    const clock = new VirtualClock();
    const { signal } = new AbortController();
    const slept = sleep(clock, 1, signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    clock.advance(1);
    await slept;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
