// Proves how many retries a target may be sent: a tenth of its calls, saved up for ten seconds; one a
// second while it is quiet; and for no sequence of calls, retries and pauses ever more than that.
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { RetryBudget } from "../../src/resilience/retry-budget.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const lifeMs = 10_000;

function start(): { readonly clock: VirtualClock; readonly budget: RetryBudget } {
  const clock = new VirtualClock();
  return { clock, budget: new RetryBudget(clock) };
}

function withdrawAll(budget: RetryBudget): number {
  let count = 0;
  while (count < 100_000 && budget.tryWithdraw()) count++;
  return count;
}

function deposit(budget: RetryBudget, calls: number): void {
  for (let call = 0; call < calls; call++) budget.deposit();
}

describe("a quiet target", () => {
  it("has ten retries, and one more a second", () => {
    const { clock, budget } = start();
    expect(withdrawAll(budget)).toBe(10);
    clock.advance(1_000);
    expect(withdrawAll(budget)).toBe(1);
    clock.advance(3_000);
    expect(withdrawAll(budget)).toBe(3);
  });

  it("saves no more than ten", () => {
    const { clock, budget } = start();
    withdrawAll(budget);
    clock.advance(3_600_000);
    expect(withdrawAll(budget)).toBe(10);
  });

  it("has its ten, and not its calls' share besides", () => {
    const { budget } = start();
    deposit(budget, 50);
    expect(withdrawAll(budget)).toBe(10);
  });
});

describe("a busy target", () => {
  it("has a tenth of its calls", () => {
    const { budget } = start();
    deposit(budget, 5_000);
    expect(withdrawAll(budget)).toBe(500);
  });

  it("loses after ten seconds what it did not use", () => {
    const { clock, budget } = start();
    deposit(budget, 5_000);
    clock.advance(lifeMs);
    expect(withdrawAll(budget)).toBe(10);
  });

  it("keeps for ten seconds, less a slot of one, what it did not use", () => {
    const { clock, budget } = start();
    deposit(budget, 5_000);
    clock.advance(lifeMs - 1_000);
    expect(withdrawAll(budget)).toBe(500);
  });

  it("spends the oldest first", () => {
    const { clock, budget } = start();
    deposit(budget, 1_000);
    clock.advance(5_000);
    deposit(budget, 1_000);
    for (let retry = 0; retry < 100; retry++) budget.tryWithdraw();
    clock.advance(5_000);
    expect(withdrawAll(budget)).toBe(100);
  });

  it.each([
    ["500", 2],
    ["20", 50],
  ])("of %s calls a second gets a tenth in an outage, even at its beginning", (_, pauseMs) => {
    const { clock, budget } = start();
    let retries = 0;
    let over = 0;
    for (let call = 1; call <= 10_000; call++) {
      clock.advance(pauseMs);
      budget.deposit();
      if (budget.tryWithdraw()) retries++;
      if (call >= 100) over = Math.max(over, retries - call / 10);
    }
    expect(over).toBeLessThan(1e-6);
    expect(retries).toBe(1_000);
  });

  it("spreads its retries once what it had saved is gone", () => {
    const { clock, budget } = start();
    const perSecond: number[] = [];
    for (let second = 0; second < 30; second++) {
      let retries = 0;
      for (let call = 0; call < 500; call++) {
        budget.deposit();
        clock.advance(2);
        if (second >= 10 && budget.tryWithdraw()) retries++;
      }
      perSecond.push(retries);
    }
    expect(Math.max(...perSecond.slice(12))).toBeLessThanOrEqual(51);
    expect(Math.min(...perSecond.slice(12))).toBeGreaterThanOrEqual(49);
  });
});

describe("settings", () => {
  it.each([
    ["no floor", { budgetFloorPerSecond: 0 }, 100, 10],
    ["no share", { budgetRatio: 0 }, 1_000, 10],
    ["nothing", { budgetRatio: 0, budgetFloorPerSecond: 0 }, 1_000, 0],
    ["all", { budgetRatio: 1 }, 1_000, 1_000],
    ["a floor for a shorter life", { budgetLifeMs: 2_000, budgetFloorPerSecond: 3 }, 0, 6],
  ])("%s", (_, settings, calls, retries) => {
    const budget = new RetryBudget(new VirtualClock(), { ...defaultResilience, ...settings });
    deposit(budget, calls);
    expect(withdrawAll(budget)).toBe(retries);
  });
});

interface Event {
  readonly atMs: number;
  readonly calls: number;
  readonly retries: number;
}

const step = fc.record({
  pauseMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400 }), fc.nat({ max: 15_000 })),
  calls: fc.nat({ max: 200 }),
  wanted: fc.nat({ max: 60 }),
});

describe("any sequence", () => {
  test.prop([fc.array(step, { maxLength: 60 })])(
    "has in no span more than a tenth of the calls that still count, and the floor",
    (steps) => {
      const { clock, budget } = start();
      const events: Event[] = steps.map(({ pauseMs, calls, wanted }) => {
        clock.advance(pauseMs);
        deposit(budget, calls);
        let retries = 0;
        for (let want = 0; want < wanted; want++) if (budget.tryWithdraw()) retries++;
        return { atMs: clock.now(), calls, retries };
      });
      for (const [from, first] of events.entries()) {
        let retries = 0;
        let calls = 0;
        for (const { atMs, calls: before } of events.slice(0, from)) {
          if (atMs >= first.atMs - lifeMs) calls += before;
        }
        for (const event of events.slice(from)) {
          retries += event.retries;
          calls += event.calls;
          const floor = (lifeMs + 1_000 + event.atMs - first.atMs) / 1_000;
          expect(retries).toBeLessThanOrEqual(calls / 10 + floor + 1e-6);
        }
      }
    },
  );

  test.prop([fc.array(step, { maxLength: 40 })])(
    "ends, after a life of rest, with the floor of a quiet target",
    (steps) => {
      const { clock, budget } = start();
      for (const { pauseMs, calls, wanted } of steps) {
        clock.advance(pauseMs);
        deposit(budget, calls);
        for (let want = 0; want < wanted; want++) budget.tryWithdraw();
      }
      clock.advance(2 * lifeMs);
      expect(withdrawAll(budget)).toBe(10);
    },
  );
});
