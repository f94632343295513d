// Proves with what chance calls are held back: never among the first of a window, never while half of
// them are answered, and so often otherwise that an overloaded target gets about twice what it takes.
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { AdaptiveThrottle } from "../../src/resilience/adaptive-throttle.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function start(random: () => number = chance(7)): {
  readonly clock: VirtualClock;
  readonly throttle: AdaptiveThrottle;
} {
  const clock = new VirtualClock();
  return { clock, throttle: new AdaptiveThrottle(clock, random) };
}

function settle(throttle: AdaptiveThrottle, accepted: number, refused: number): void {
  for (let call = 0; call < accepted; call++) throttle.settle(true);
  for (let call = 0; call < refused; call++) throttle.settle(false);
}

describe("the chance to be held back", () => {
  it.each([
    ["nothing seen", 0, 0, 0],
    ["twenty refused", 0, 20, 0],
    ["twenty-one refused", 0, 21, 1 / 22],
    ["all of many refused", 0, 980, 960 / 981],
    ["half of them answered", 500, 500, 0],
    ["a quarter answered", 250, 750, (1000 - 20 - 500) / 1001],
    ["all answered", 1000, 0, 0],
  ])("%s", (_, accepted, refused, rejection) => {
    const { throttle } = start();
    settle(throttle, accepted, refused);
    expect(throttle.rejection).toBeCloseTo(rejection, 10);
  });

  it("forgets after ten seconds", () => {
    const { clock, throttle } = start();
    settle(throttle, 0, 100);
    clock.advance(9_000);
    expect(throttle.rejection).toBeGreaterThan(0.7);
    clock.advance(1_000);
    expect(throttle.rejection).toBe(0);
  });

  it.each([10, 11, 15, 19, 20, 86_400])("forgets all in a pause of %d seconds", (seconds) => {
    const { clock, throttle } = start();
    for (let second = 0; second < 10; second++) {
      clock.advance(1_000);
      settle(throttle, 0, 100);
    }
    clock.advance(seconds * 1_000);
    settle(throttle, 0, 20);
    expect(throttle.rejection).toBe(0);
  });

  it("counts a success that is taken back as none", () => {
    const { clock, throttle } = start();
    settle(throttle, 60, 0);
    clock.advance(5_000);
    for (let each = 0; each < 60; each++) throttle.retract();
    expect(throttle.rejection).toBeCloseTo(40 / 61);
    clock.advance(5_000);
    expect(throttle.rejection).toBe(0);
    settle(throttle, 0, 30);
    expect(throttle.rejection).toBeCloseTo(10 / 31);
  });

  it("forgets when told", () => {
    const { throttle } = start();
    settle(throttle, 0, 100);
    throttle.reset();
    expect(throttle.rejection).toBe(0);
  });

  it("decides by the random source", () => {
    const held = start(() => 0.74);
    const passed = start(() => 0.76);
    settle(held.throttle, 0, 80);
    settle(passed.throttle, 0, 80);
    expect(held.throttle.rejection).toBeCloseTo(60 / 81);
    expect(held.throttle.tryPass()).toBe(false);
    expect(passed.throttle.tryPass()).toBe(true);
  });

  it("takes settings", () => {
    const settings = { ...defaultResilience, throttleRatio: 1, throttleAllowance: 0 };
    const throttle = new AdaptiveThrottle(new VirtualClock(), () => 0, settings);
    settle(throttle, 50, 50);
    expect(throttle.rejection).toBeCloseTo(50 / 101);
  });
});

/** Calls that a target of this capacity is sent per second, by the second, of those offered. */
function load(offered: number, capacity: number, seconds: number): number[] {
  const { clock, throttle } = start();
  return Array.from({ length: seconds }, () => {
    let sent = 0;
    for (let call = 0; call < offered; call++) {
      clock.advance(1_000 / offered);
      if (!throttle.tryPass()) continue;
      throttle.settle(sent < capacity);
      sent++;
    }
    return sent;
  });
}

describe("an overloaded target", () => {
  it("gets about twice what it takes", () => {
    const sent = load(1_000, 100, 40).slice(20);
    const mean = sent.reduce((sum, each) => sum + each, 0) / sent.length;
    expect(mean).toBeGreaterThan(180);
    expect(mean).toBeLessThan(225);
  });

  it("gets all calls that it can take", () => {
    expect(load(100, 100, 30)).toEqual(Array.from({ length: 30 }, () => 100));
  });

  it("gets a few calls still when it takes none, to find out", () => {
    const sent = load(1_000, 0, 40).slice(20);
    const sum = sent.reduce((total, each) => total + each, 0);
    expect(sum).toBeGreaterThan(20);
    expect(sum).toBeLessThan(400);
  });
});

describe("any sequence", () => {
  const step = fc.record({
    pauseMs: fc.oneof(fc.constant(0), fc.nat({ max: 12_000 })),
    accepted: fc.nat({ max: 50 }),
    refused: fc.nat({ max: 50 }),
  });

  test.prop([fc.array(step)])("counts what a window of ten seconds holds", (steps) => {
    const { clock, throttle } = start(() => 1);
    const seen: { second: number; accepted: number; refused: number }[] = [];
    for (const { pauseMs, accepted, refused } of steps) {
      clock.advance(pauseMs);
      settle(throttle, accepted, refused);
      const second = Math.floor(clock.now() / 1_000);
      seen.push({ second, accepted, refused });
      const inWindow = seen.filter((each) => each.second > second - 10);
      const accepts = inWindow.reduce((sum, each) => sum + each.accepted, 0);
      const requests = inWindow.reduce((sum, each) => sum + each.accepted + each.refused, 0);
      const expected = Math.max(0, (requests - 20 - 2 * accepts) / (requests + 1));
      expect(throttle.rejection).toBeCloseTo(expected, 10);
      expect(throttle.rejection).toBeLessThan(1);
    }
  });
});
