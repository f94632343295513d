// Proves when a breaker opens, for how long, and how it lets calls back: one probe, then as many as
// there were successes. A random walk holds it against those rules, and shows that a target which
// is well again always gets its calls back.
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { type BreakerState, CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import type { Outcome } from "../../src/resilience/outcome.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** No jitter: what is open stays so for the whole time. */
const longest = (): number => 1;

function start(random = longest): { clock: VirtualClock; breaker: CircuitBreaker } {
  const clock = new VirtualClock();
  return { clock, breaker: new CircuitBreaker(clock, random, defaultResilience) };
}

/** One call; whether it was let in. */
function call(breaker: CircuitBreaker, outcome: Outcome): boolean {
  if (breaker.enter() !== undefined) return false;
  breaker.leave(breaker.era, outcome);
  return true;
}

function calls(breaker: CircuitBreaker, ...outcomes: readonly Outcome[]): void {
  for (const outcome of outcomes) call(breaker, outcome);
}

function row(count: number, outcome: Outcome): readonly Outcome[] {
  return Array.from({ length: count }, () => outcome);
}

/** How many calls can be in flight together. */
function fill(breaker: CircuitBreaker): number {
  let count = 0;
  while (count < 1_000 && breaker.enter() === undefined) count++;
  return count;
}

describe("a closed breaker", () => {
  it.each<[string, readonly Outcome[], string]>([
    ["nineteen failures", row(19, "failed"), "closed"],
    ["twenty failures", row(20, "failed"), "open"],
    ["nine silent calls", row(9, "silent"), "closed"],
    ["ten silent calls", row(10, "silent"), "open"],
    ["a success between", [...row(19, "failed"), "fine", ...row(19, "failed")], "closed"],
    ["an answer among silent calls", [...row(9, "silent"), "failed", "silent"], "closed"],
    ["both kinds, twenty in all", [...row(11, "failed"), ...row(9, "silent")], "open"],
    ["any number of refusals", row(500, "refused"), "closed"],
    ["a refusal, which is no success", [...row(19, "failed"), "refused", "failed"], "open"],
    ["a refusal, which is no silence", [...row(9, "silent"), "refused", "silent"], "closed"],
    ["any number of calls that tell nothing", row(500, "unknown"), "closed"],
    ["such calls between failures", [...row(19, "failed"), "unknown", "failed"], "open"],
  ])("after %s", (_, outcomes, state) => {
    const { breaker } = start();
    calls(breaker, ...outcomes);
    expect(breaker.state).toBe(state);
  });

  it("lets any number of calls in", () => {
    expect(fill(start().breaker)).toBe(1_000);
  });

  it("hears nothing more of calls from before it opened", () => {
    const { clock, breaker } = start();
    const { era } = breaker;
    fill(breaker);
    for (const _ of row(20, "failed")) breaker.leave(era, "failed");
    clock.advance(500);
    breaker.leave(era, "failed");
    breaker.leave(era, "fine");
    expect(breaker.state).toBe("probing");
    expect(fill(breaker)).toBe(1);
  });
});

describe("an open breaker", () => {
  it("stays open longer each time, up to four seconds", () => {
    const { clock, breaker } = start();
    calls(breaker, ...row(20, "failed"));
    const waits: (number | undefined)[] = [];
    for (let opening = 0; opening < 6; opening++) {
      const waitMs = breaker.enter();
      waits.push(waitMs);
      clock.advance((waitMs ?? 0) - 1);
      expect(breaker.state).toBe("open");
      clock.advance(1);
      expect(call(breaker, "failed")).toBe(true);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  });

  it("is open half as long at least, by chance", () => {
    const { breaker } = start(() => 0);
    calls(breaker, ...row(20, "failed"));
    expect(breaker.enter()).toBe(250);
  });

  it("begins with the shortest time again once it was closed", () => {
    const { clock, breaker } = start();
    calls(breaker, ...row(20, "failed"));
    clock.advance(500);
    call(breaker, "failed");
    clock.advance(1_000);
    calls(breaker, ...row(63, "fine"));
    expect(breaker.state).toBe("closed");
    calls(breaker, ...row(20, "failed"));
    expect(breaker.enter()).toBe(500);
  });

  it("takes a forced call for its probe", () => {
    const { breaker } = start();
    calls(breaker, ...row(20, "failed"));
    expect(breaker.enter(true)).toBeUndefined();
    expect(breaker.enter()).toBe(100);
    breaker.leave(breaker.era, "fine");
    expect(breaker.state).toBe("starting");
  });
});

describe("a recovering breaker", () => {
  function probing(): { clock: VirtualClock; breaker: CircuitBreaker } {
    const started = start();
    calls(started.breaker, ...row(20, "failed"));
    started.clock.advance(500);
    return started;
  }

  it("lets one probe in at a time", () => {
    const { breaker } = probing();
    expect(fill(breaker)).toBe(1);
    breaker.leave(breaker.era, "unknown");
    expect(breaker.state).toBe("probing");
    expect(fill(breaker)).toBe(1);
  });

  it("lets in one more for each success, and is closed at 64", () => {
    const { breaker } = probing();
    for (let successes = 1; successes < 63; successes++) {
      call(breaker, "fine");
      expect(breaker.state).toBe("starting");
      const { era } = breaker;
      expect(fill(breaker)).toBe(successes + 1);
      for (let each = 0; each <= successes; each++) breaker.leave(era, "unknown");
    }
    call(breaker, "fine");
    expect(breaker.state).toBe("closed");
  });

  it("doubles with each round of successes", () => {
    const { breaker } = probing();
    const rounds: number[] = [];
    while (breaker.state !== "closed") {
      const inRound = fill(breaker);
      rounds.push(inRound);
      for (let each = 0; each < inRound; each++) breaker.leave(breaker.era, "fine");
    }
    expect(rounds).toEqual([1, 2, 4, 8, 16, 32]);
  });

  it.each<[string, readonly Outcome[], string]>([
    ["the probe", ["failed"], "open"],
    ["the probe, by silence", ["silent"], "open"],
    ["one of the next two", ["fine", "failed"], "starting"],
    ["both of the next two", ["fine", "failed", "failed"], "open"],
    ["four of five places in a row", [...row(4, "fine"), ...row(4, "failed")], "starting"],
    ["as many in a row as there are places", [...row(4, "fine"), ...row(5, "failed")], "open"],
    ["twenty in a row of forty places", [...row(39, "fine"), ...row(20, "failed")], "open"],
    ["ten silent ones of forty places", [...row(39, "fine"), ...row(10, "silent")], "open"],
    ["a refusal, which answers", ["refused"], "starting"],
  ])("after a failure of %s", (_, outcomes, state) => {
    const { breaker } = probing();
    calls(breaker, ...outcomes);
    expect(breaker.state).toBe(state);
  });

  it("does not grow by refusals", () => {
    const { breaker } = probing();
    calls(breaker, ...row(100, "refused"));
    expect(fill(breaker)).toBe(1);
  });

  it("closes for a target that fails one call in five", () => {
    const { clock, breaker } = probing();
    for (let round = 0; round < 60; round++) {
      clock.advance(100);
      calls(breaker, "fine", "failed", "fine", "fine", "fine");
    }
    expect(breaker.state).toBe("closed");
  });
});

const outcome = fc.constantFrom<Outcome>("fine", "failed", "silent", "refused", "unknown");
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("enter" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("leave" as const), at: fc.nat(), outcome }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("outage" as const),
      outcome: fc.constantFrom<Outcome>("failed", "silent"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat({ max: 2_000 }) }),
  },
);

/** Cheaper than `expect`, for what is asked a hundred thousand times. */
function hold(rule: string, isHeld: boolean): void {
  if (!isHeld) throw new Error(`broken: ${rule}`);
}

/** The rules, held against a breaker from outside. */
class Watched {
  readonly clock = new VirtualClock();
  readonly breaker: CircuitBreaker;
  readonly #eras: number[] = [];
  #openedMs = 0;
  #successes = 0;
  #row = 0;

  constructor(random: () => number) {
    this.breaker = new CircuitBreaker(this.clock, random, defaultResilience);
  }

  get inFlight(): number {
    return this.#eras.length;
  }

  enter(): void {
    const { state } = this.breaker;
    const waitMs = this.breaker.enter();
    const inEra = this.#eras.filter((era) => era === this.breaker.era).length;
    if (waitMs === undefined) {
      hold("an open breaker lets nobody in", state !== "open");
      hold("one more than successes", state === "closed" || inEra <= this.#successes);
      this.#eras.push(this.breaker.era);
      return;
    }
    hold("a closed breaker lets all in", state !== "closed");
    hold("the wait is one", waitMs > 0 && waitMs <= 4_000);
    hold("somebody is let in if nobody is", state === "open" || inEra > 0);
  }

  leave(at: number, result: Outcome): void {
    const [era] = this.#eras.splice(at % Math.max(1, this.#eras.length), 1);
    if (era === undefined) return;
    const before = this.breaker.state;
    const counts = era === this.breaker.era;
    this.breaker.leave(era, result);
    const after = this.breaker.state;
    if (!counts) {
      hold("old calls change nothing", after === before);
      return;
    }
    const isBad = result === "failed" || result === "silent";
    this.#row = isBad ? this.#row + 1 : result === "fine" ? 0 : this.#row;
    if (result === "fine" && before !== "closed") this.#successes++;
    if (after !== before) this.#turned(before, after, isBad);
  }

  #turned(before: BreakerState, after: BreakerState, isBad: boolean): void {
    if (after === "open") {
      const places = before === "closed" ? 10 : Math.min(10, this.#successes + 1);
      hold("it takes a row of failures to open", isBad && this.#row >= places);
      this.#openedMs = this.clock.now();
      this.#successes = 0;
      this.#row = 0;
    } else if (after === "closed") {
      hold("it takes 63 successes to close", before === "starting" && this.#successes === 63);
      this.#successes = 0;
    } else {
      hold("only a probe starts it", before === "probing" && after === "starting");
    }
  }

  wait(ms: number): void {
    const before = this.breaker.state;
    this.clock.advance(ms);
    const after = this.breaker.state;
    if (after === before) return;
    hold("time leads from open to probing only", before === "open" && after === "probing");
    hold("it is open for 250 ms", this.clock.now() - this.#openedMs >= 250);
  }
}

describe("a walk of any steps", () => {
  test.prop([fc.array(step, { maxLength: 80, size: "max" }), fc.nat({ max: 9 })])(
    "obeys the rules, and ends closed when the target is well",
    (steps, seed) => {
      let chance = seed;
      const watched = new Watched(() => (chance++ % 10) / 10);
      for (const each of steps) {
        if (each.kind === "enter") watched.enter();
        else if (each.kind === "leave") watched.leave(each.at, each.outcome);
        else if (each.kind === "wait") watched.wait(each.ms);
        else {
          for (let count = 0; count < 20; count++) {
            watched.enter();
            watched.leave(0, each.outcome);
          }
        }
      }
      while (watched.inFlight > 0) watched.leave(0, "unknown");
      watched.wait(4_000);
      for (let count = 0; count < 63; count++) {
        watched.enter();
        watched.leave(0, "fine");
      }
      hold("a target that is well gets its calls", watched.breaker.state === "closed");
    },
  );
});
