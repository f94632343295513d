// Proves that a limiter is never over its places, gives each free one away at once, lets callers take
// turns, and gets back the place of whoever aborts; and how places shrink and grow back. Any order of
// coming, leaving, aborting and halving is held against those rules.
import { getEventListeners } from "node:events";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import {
  ConcurrencyLimiter,
  type Permit,
  QueueFull,
} from "../../src/resilience/concurrency-limiter.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const never = new AbortController().signal;

/** A limiter with its visitors: who is in, in the order in which they came in. */
class Door {
  readonly clock = new VirtualClock();
  readonly limiter: ConcurrencyLimiter;
  readonly inside: { readonly caller: string; readonly id: number; readonly permit: Permit }[] = [];
  readonly entered: string[] = [];
  readonly refused: unknown[] = [];
  #id = 0;

  constructor(limit: number, queue: number, recoveryMs = 30_000) {
    this.limiter = new ConcurrencyLimiter({ limit, queue, recoveryMs, clock: this.clock });
  }

  come(caller: string, signal: AbortSignal = never): number {
    const id = this.#id++;
    this.limiter.enter(caller, signal).then(
      (permit) => {
        this.inside.push({ caller, id, permit });
        this.entered.push(caller);
      },
      (reason) => this.refused.push(reason),
    );
    return id;
  }

  async leave(index = 0): Promise<void> {
    this.inside.splice(index, 1)[0]?.permit.release();
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
  }
}

describe("places", () => {
  it("are given at once while there are any, without a promise", () => {
    const { limiter } = new Door(2, 0);
    const [first, second] = [limiter.tryEnter(), limiter.tryEnter()];
    expect(second).toBeDefined();
    expect(limiter.tryEnter()).toBeUndefined();
    first?.release();
    first?.release();
    expect(limiter.inFlight).toBe(1);
    expect(limiter.tryEnter()).toBeDefined();
    expect(limiter.tryEnter()).toBeUndefined();
  });

  it("are not taken from under those who wait", async () => {
    const door = new Door(1, 5);
    door.come("a");
    door.come("b");
    await door.settle();
    door.inside[0]?.permit.release();
    expect(door.limiter.tryEnter()).toBeUndefined();
    await door.settle();
    expect(door.entered).toEqual(["a", "b"]);
  });
});

describe("the queue", () => {
  it("lets callers take turns, and each in the order it came", async () => {
    const door = new Door(1, 20);
    const ids = [..."xaaaabbc"].map((caller) => door.come(caller));
    const order: number[] = [];
    for (let turn = 0; turn < 8; turn++) {
      await door.settle();
      order.push(door.inside[0]?.id ?? -1);
      await door.leave();
    }
    expect(door.entered.join("")).toBe("xabcabaa");
    expect(order).toEqual([0, 1, 5, 7, 2, 6, 3, 4].map((index) => ids[index]));
  });

  it("refuses when it is full", async () => {
    const door = new Door(1, 2);
    for (const caller of "abcd") door.come(caller);
    await door.settle();
    expect(door.refused).toEqual([expect.any(QueueFull)]);
    expect(door.limiter.waiting).toBe(2);
    expect(door.entered).toEqual(["a"]);
  });

  it("of no length refuses at once", async () => {
    const door = new Door(1, 0);
    door.come("a");
    door.come("b");
    await door.settle();
    expect(door.refused).toEqual([expect.any(QueueFull)]);
  });

  it("makes room at the cost of whoever has most in it", async () => {
    const door = new Door(1, 3);
    for (const caller of "xaaab") door.come(caller);
    await door.settle();
    expect(door.refused).toHaveLength(1);
    for (let turn = 0; turn < 4; turn++) await door.leave();
    expect(door.entered.join("")).toBe("xaba");
  });

  it("makes no room for a caller who would have as many as the greediest", async () => {
    const door = new Door(1, 4);
    for (const caller of "xaabbbc") door.come(caller);
    await door.settle();
    expect(door.refused).toHaveLength(2);
    for (let turn = 0; turn < 5; turn++) await door.leave();
    expect(door.entered.join("")).toBe("xabcb");
  });

  it("frees the place of who aborts while waiting", async () => {
    const door = new Door(1, 1);
    const controller = new AbortController();
    door.come("a");
    door.come("b", controller.signal);
    const reason = new Error("no longer");
    controller.abort(reason);
    door.come("c");
    await door.settle();
    expect(door.refused).toEqual([reason]);
    await door.leave();
    expect(door.entered).toEqual(["a", "c"]);
  });

  it("lets nobody in whose signal has aborted", async () => {
    const door = new Door(1, 1);
    door.come("a", AbortSignal.abort("late"));
    await door.settle();
    expect(door.refused).toEqual(["late"]);
    expect(door.limiter.inFlight).toBe(0);
  });

  it("hears no more of a signal once there is a place", async () => {
    const door = new Door(1, 1);
    const controller = new AbortController();
    door.come("a");
    door.come("b", controller.signal);
    await door.settle();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    await door.leave();
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    controller.abort();
    await door.settle();
    expect(door.entered).toEqual(["a", "b"]);
    expect(door.refused).toEqual([]);
    expect(door.limiter.inFlight).toBe(1);
  });
});

describe("halve", () => {
  function halved(inFlight: number, limit = 100): Door {
    const door = new Door(limit, 1_000);
    for (let each = 0; each < inFlight; each++) door.come("a");
    door.limiter.halve();
    return door;
  }

  it.each([
    ["those in use", 40, 20],
    ["an odd number", 5, 2],
    ["one", 1, 1],
    ["none", 0, 1],
  ])("leaves half of %s", (_, inFlight, places) => {
    expect(halved(inFlight).limiter.places).toBe(places);
  });

  it("grows back steadily, and beyond by doubling, to the limit", () => {
    const { clock, limiter } = halved(40);
    const seen = [0, 15, 15, 30, 30, 30].map((seconds) => {
      clock.advance(seconds * 1_000);
      return limiter.places;
    });
    expect(seen).toEqual([20, 30, 40, 80, 100, 100]);
  });

  it("is once for all calls that are refused together", () => {
    const { clock, limiter } = halved(64);
    for (let each = 0; each < 30; each++) limiter.halve();
    expect(limiter.places).toBe(32);
    clock.advance(1_000);
    limiter.halve();
    expect(limiter.places).toBe(16);
  });

  it("gives a place that has just grown back to nobody before those who wait", async () => {
    const door = halved(15);
    await door.settle();
    for (let each = 0; each < 8; each++) await door.leave();
    door.come("b");
    // Seven places and a seventh every 4,285.7 ms; timers know whole milliseconds.
    door.clock.advance(4_285.9);
    expect(door.limiter.places).toBe(8);
    expect(door.limiter.tryEnter()).toBeUndefined();
    door.clock.advance(0.1);
    await door.settle();
    expect(door.entered.at(-1)).toBe("b");
  });

  it("gives the places that grow back to those who wait, and then keeps no timer", async () => {
    const door = halved(4, 4);
    await door.settle();
    for (let each = 0; each < 3; each++) await door.leave();
    expect(door.inside).toHaveLength(1);
    door.come("b");
    door.come("c");
    await door.settle();
    expect(door.inside).toHaveLength(2);
    door.clock.advance(15_000);
    await door.settle();
    expect(door.inside).toHaveLength(3);
    expect(door.clock.pendingTimers).toBe(0);
  });
});

describe("resize", () => {
  it("lets in who waits for the new places", async () => {
    const door = new Door(1, 10);
    for (const caller of "abcd") door.come(caller);
    door.limiter.resize(3, 10);
    await door.settle();
    expect(door.entered).toEqual(["a", "b", "c"]);
  });

  it("puts nobody out", async () => {
    const door = new Door(3, 10);
    for (const caller of "abcde") door.come(caller);
    door.limiter.resize(1, 1);
    await door.settle();
    expect(door.limiter.inFlight).toBe(3);
    expect(door.limiter.waiting).toBe(2);
    await door.leave();
    await door.leave();
    expect(door.entered).toHaveLength(3);
    await door.leave();
    expect(door.entered).toHaveLength(4);
  });
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("come" as const), who: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("leave" as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("abort" as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("halve" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("pause" as const), ms: fc.nat({ max: 20_000 }) }),
  },
);

/** A visitor as the rules see it. */
interface Visitor {
  readonly caller: string;
  readonly controller: AbortController;
  state: "waits" | "in" | "gone";
  permit?: Permit;
}

/** The same steps, taken by a limiter, with the rules that hold after each of them. */
class Walk {
  readonly clock = new VirtualClock();
  readonly limiter: ConcurrencyLimiter;
  readonly visitors: Visitor[] = [];
  readonly #limit: number;
  readonly #queue: number;
  /** How often others came in since each caller did while it waited. */
  readonly #passedOver = new Map<string, Map<string, number>>();

  constructor(limit: number, queue: number) {
    this.#limit = limit;
    this.#queue = queue;
    this.limiter = new ConcurrencyLimiter({ limit, queue, recoveryMs: 30_000, clock: this.clock });
  }

  waiting(caller?: string): Visitor[] {
    return this.visitors.filter(
      (each) => each.state === "waits" && (caller === undefined || each.caller === caller),
    );
  }

  inside(): Visitor[] {
    return this.visitors.filter(({ state }) => state === "in");
  }

  come(caller: string): void {
    const controller = new AbortController();
    const visitor: Visitor = { caller, controller, state: "waits" };
    this.visitors.push(visitor);
    this.limiter.enter(caller, controller.signal).then(
      (permit) => this.#let(visitor, permit),
      () => {
        visitor.state = "gone";
      },
    );
  }

  #let(visitor: Visitor, permit: Permit): void {
    const { caller } = visitor;
    // Within a caller, the first come is the first served.
    expect(this.waiting(caller)[0]).toBe(visitor);
    visitor.state = "in";
    visitor.permit = permit;
    this.#passedOver.delete(caller);
    for (const other of new Set(this.waiting().map((each) => each.caller))) {
      if (other === caller) continue;
      const counts = this.#passedOver.get(other) ?? new Map<string, number>();
      const times = (counts.get(caller) ?? 0) + 1;
      this.#passedOver.set(other, counts.set(caller, times));
      // Nobody has a second turn while another has had none.
      expect(times).toBeLessThanOrEqual(1);
    }
    for (const [other] of this.#passedOver) {
      if (this.waiting(other).length === 0) this.#passedOver.delete(other);
    }
  }

  leave(at: number): void {
    const inside = this.inside();
    const visitor = inside[at % Math.max(1, inside.length)];
    if (visitor === undefined) return;
    visitor.state = "gone";
    visitor.permit?.release();
  }

  abort(at: number): void {
    const waiting = this.waiting();
    const visitor = waiting[at % Math.max(1, waiting.length)];
    if (visitor === undefined) return;
    visitor.controller.abort();
    visitor.state = "gone";
    if (this.waiting(visitor.caller).length === 0) this.#passedOver.delete(visitor.caller);
  }

  async check(): Promise<void> {
    for (let turn = 0; turn < 4; turn++) await Promise.resolve();
    const { inFlight, waiting, places } = this.limiter;
    expect(inFlight).toBe(this.inside().length);
    expect(waiting).toBe(this.waiting().length);
    expect(inFlight).toBeLessThanOrEqual(this.#limit);
    expect(waiting).toBeLessThanOrEqual(this.#queue);
    expect(places).toBeGreaterThanOrEqual(1);
    if (waiting > 0) expect(inFlight).toBeGreaterThanOrEqual(places);
  }
}

describe("any order of events", () => {
  test.prop([
    fc.integer({ min: 1, max: 6 }),
    fc.nat({ max: 8 }),
    fc.array(step, { maxLength: 50, size: "max" }),
  ])("keeps the rules, and leaves nothing behind", async (limit, queue, steps) => {
    const walk = new Walk(limit, queue);
    for (const each of steps) {
      if (each.kind === "come") walk.come("abcd".charAt(each.who));
      else if (each.kind === "leave") walk.leave(each.at);
      else if (each.kind === "abort") walk.abort(each.at);
      else if (each.kind === "halve") walk.limiter.halve();
      else walk.clock.advance(each.ms);
      await walk.check();
    }
    while (walk.inside().length > 0) {
      walk.leave(0);
      await walk.check();
    }
    expect(walk.limiter.waiting).toBe(0);
    expect(walk.clock.pendingTimers).toBe(0);
  });
});
