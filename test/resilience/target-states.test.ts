// Proves that state is kept by name, apart for each target, model and key; that there is never more of
// it than allowed, the least recently used going first; and what a reload of the settings keeps.
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { LeastRecentMap } from "../../src/resilience/least-recent-map.ts";
import { defaultResilience, type ResilienceSettings } from "../../src/resilience/settings.ts";
import { TargetStates } from "../../src/resilience/target-states.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function states(settings: Partial<ResilienceSettings> = {}): TargetStates {
  return new TargetStates(new VirtualClock(), () => 0.5, { ...defaultResilience, ...settings });
}

function fail(known: TargetStates, target: string, model: string): void {
  for (let call = 0; call < 20; call++) {
    const admittance = known.health(target, model).admit();
    if (admittance.kind === "yes") admittance.leave("failed");
  }
}

describe("what is known of targets", () => {
  it("is the same for the same names", () => {
    const known = states();
    expect(known.health("a", "m")).toBe(known.health("a", "m"));
    expect(known.budget("a")).toBe(known.budget("a"));
    expect(known.key("a", "0", "m")).toBe(known.key("a", "0", "m"));
    expect(known.keyStanding("a", "0")).toBe(known.keyStanding("a", "0"));
    expect(known.limiter("a")).toBe(known.limiter("a"));
  });

  it("is another for other names", () => {
    const known = states();
    const keys = [
      known.key("a", "0", "m"),
      known.key("a", "0", "n"),
      known.key("a", "1", "m"),
      known.key("b", "0", "m"),
      known.key("b", "m", "0"),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    fail(known, "a", "m");
    expect(known.health("a", "m").state).toBe("open");
    expect(known.health("a", "n").state).toBe("closed");
    expect(known.health("b", "m").state).toBe("closed");
  });

  it("takes its settings", () => {
    const known = states({ targetConcurrency: 1, breakerFailures: 5, budgetFloorPerSecond: 0 });
    known.limiter("a").tryEnter();
    expect(known.limiter("a").tryEnter()).toBeUndefined();
    fail(known, "a", "m");
    expect(known.health("a", "m").state).toBe("open");
    expect(known.budget("a").tryWithdraw()).toBe(false);
    expect(known.settings.breakerFailures).toBe(5);
  });

  it("is bounded, however many models callers name", () => {
    const known = states({ stateEntries: 100 });
    fail(known, "a", "real");
    fail(known, "a", "seldom");
    for (let each = 0; each < 1_000; each++) {
      known.health("a", `made up ${each}`);
      if (each % 50 === 0) known.health("a", "real");
    }
    expect(known.health("a", "real").state).toBe("open");
    expect(known.health("a", "seldom").state).toBe("closed");
  });
});

describe("a reload", () => {
  it("of the same settings keeps everything", () => {
    const known = states();
    fail(known, "a", "m");
    known.configure({ ...defaultResilience });
    expect(known.health("a", "m").state).toBe("open");
  });

  it("of the limits sizes limiters that are in use, and keeps the rest", () => {
    const known = states();
    fail(known, "a", "m");
    const limiter = known.limiter("a");
    limiter.tryEnter();
    known.configure({ ...defaultResilience, targetConcurrency: 1, targetQueue: 0 });
    expect(known.health("a", "m").state).toBe("open");
    expect(known.limiter("a")).toBe(limiter);
    expect(limiter.tryEnter()).toBeUndefined();
    known.limiter("b").tryEnter();
    expect(known.limiter("b").tryEnter()).toBeUndefined();
  });

  it("of other rules begins anew under them, but for calls in flight", () => {
    const known = states();
    fail(known, "a", "m");
    const permit = known.limiter("a").tryEnter();
    known.configure({ ...defaultResilience, breakerFailures: 3 });
    expect(known.health("a", "m").state).toBe("closed");
    fail(known, "a", "n");
    expect(known.health("a", "n").state).toBe("open");
    expect(known.limiter("a").inFlight).toBe(1);
    permit?.release();
    expect(known.limiter("a").inFlight).toBe(0);
  });
});

describe("LeastRecentMap", () => {
  const name = fc.constantFrom("a", "b", "c");

  test.prop([fc.integer({ min: 1, max: 8 }), fc.array(fc.tuple(name, name, name))])(
    "holds what was used last, like a list that is cut",
    (max, paths) => {
      const map = new LeastRecentMap<string>(max);
      let model: string[] = [];
      for (const [first, second, third] of paths) {
        const key = `${first}/${second}/${third}`;
        let isNew = false;
        const value = map.take(first, second, third, () => {
          isNew = true;
          return key;
        });
        expect(value).toBe(key);
        expect(isNew).toBe(!model.includes(key));
        model = [key, ...model.filter((each) => each !== key)].slice(0, max);
        expect([...map.values()]).toEqual(model);
        expect(map.size).toBe(model.length);
      }
    },
  );
});
