// Proves that timers of the machine's clock fire once and never early, long ones that share a timer
// of Node's as well as short ones, and that those that were given up never fire.
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/contract/clock.ts";

/** When a timer fired that was set now, and when it was due. */
function fired(delayMs: number): Promise<{ readonly dueMs: number; readonly atMs: number }> {
  const dueMs = systemClock.now() + delayMs;
  return new Promise((resolve) => {
    // What keeps the process up is the runner.
    systemClock.schedule(delayMs, () => resolve({ dueMs, atMs: systemClock.now() }));
  });
}

describe("schedule", () => {
  it("never fires early, whatever the delay", async () => {
    const delays = [0, 1, 5, 100, 511, 512, 513, 600, 700, 767.5, 768];
    for (const { dueMs, atMs } of await Promise.all(delays.map(fired))) {
      expect(atMs).toBeGreaterThanOrEqual(dueMs);
    }
  });

  it("fires neither early nor twice, and not at all what was given up", async () => {
    const counts = Array.from({ length: 64 }, () => 0);
    const timers = counts.map((_, index) =>
      systemClock.schedule(520 + (index % 8), () => {
        counts[index] = (counts[index] ?? 0) + 1;
      }),
    );
    for (const [index, timer] of timers.entries()) if (index % 3 === 0) timer.clear();
    const late = systemClock.schedule(650, () => {
      counts[0] = 1;
    });
    await fired(600);
    // Its span has begun by now or not: both are given up alike.
    late.clear();
    for (const timer of timers) timer.clear();
    await fired(700);
    expect(counts).toEqual(counts.map((_, index) => (index % 3 === 0 ? 0 : 1)));
  });
});
