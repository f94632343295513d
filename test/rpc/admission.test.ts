// Proves of the door of a server, in virtual time: what a free place costs, how many wait, in which
// turns and for how long, what a late event loop (O07) and a full heap (O27) do, and that callers
// are held to their own limits, over reloads too.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import type { CallerLimit } from "../../src/rpc/caller-limits.ts";
import { type Permit, ServerAdmission } from "../../src/rpc/server-admission.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A door in virtual time whose event loop can be late and whose heap can be full. */
class Door {
  readonly clock: LateClock = new LateClock();
  readonly admission: ServerAdmission;
  heapPercent = 10;
  /** Those who got in, in their order. */
  readonly inside: [name: string, permit: Permit][] = [];
  readonly refused: [name: string, error: ConnectorError][] = [];

  constructor(limits: Partial<Limits> = {}, callers: readonly CallerLimit[] = []) {
    this.admission = new ServerAdmission({
      clock: this.clock,
      random: () => 0.5,
      limits: { ...defaultLimits, ...limits },
      callers,
      heapPercent: () => this.heapPercent,
    });
  }

  /** Somebody comes, and waits if it must. */
  come(name: string, caller = "", signal: AbortSignal = new AbortController().signal): void {
    const failed = (error: ConnectorError): unknown => this.refused.push([name, error]);
    try {
      const got = this.admission.enter(caller, signal);
      if (!(got instanceof Promise)) this.inside.push([name, got]);
      else got.then((permit) => this.inside.push([name, permit]), failed);
    } catch (thrown) {
      failed(thrown as ConnectorError);
    }
  }

  /** Somebody inside leaves, and whoever was waiting has heard of it. */
  async leave(name: string): Promise<void> {
    this.inside.find(([each]) => each === name)?.[1].release();
    await settled();
  }

  get names(): readonly string[] {
    return this.inside.map(([name]) => name);
  }

  /** Why somebody was refused: reason, limit, time to wait. Unset: it was not. */
  why(name: string): readonly [string, string | undefined, number | undefined] | undefined {
    const error = this.refused.find(([each]) => each === name)?.[1];
    return error && [error.reason, error.fields.metadata?.limit, error.fields.retryAfterMs];
  }
}

/** A clock whose timers fire late. */
class LateClock extends VirtualClock {
  lagMs = 0;

  override schedule(delayMs: number, callback: () => void): ReturnType<VirtualClock["schedule"]> {
    return super.schedule(delayMs + this.lagMs, callback);
  }
}

async function settled(): Promise<void> {
  for (let turns = 10; turns > 0; turns -= 1) await Promise.resolve();
}

describe("a free place", () => {
  it("costs no promise, and one timer for all calls while there are any", async () => {
    const door = new Door();
    for (const name of ["a", "b", "c"]) door.come(name);
    expect(door.names).toEqual(["a", "b", "c"]);
    expect(door.clock.pendingTimers).toBe(1);
    for (const name of door.names) await door.leave(name);
    door.clock.advance(1_000);
    expect(door.clock.pendingTimers).toBe(0);
  });
});

describe("a server without a free place", () => {
  it("lets callers wait in turns, and refuses those who find the queue full", async () => {
    const door = new Door({ activeCalls: 1, queuedCalls: 3 });
    for (const name of ["a1", "a2", "a3"]) door.come(name, "a");
    door.come("b1", "b");
    door.come("a4", "a");
    await settled();
    expect(door.why("a4")).toEqual(["SERVER_OVERLOADED", "queued_calls", 1_000]);
    for (const name of ["a1", "a2", "b1"]) await door.leave(name);
    expect(door.names).toEqual(["a1", "a2", "b1", "a3"]);
  });

  it("never has more open than open_calls, waiting ones included", async () => {
    for (const [openCalls, waiting] of [
      [2, 0],
      [3, 1],
    ] as const) {
      const door = new Door({ openCalls, activeCalls: 2, queuedCalls: 10 });
      for (let number = 0; number < 3 + waiting; number += 1) door.come(`${number}`);
      await settled();
      expect(door.refused.map(([name]) => name)).toEqual([`${openCalls}`]);
      expect(door.why(`${openCalls}`)?.[1]).toBe("open_calls");
    }
  });

  it("tells when a place will be free, and lets nobody wait longer than queue_ms", async () => {
    const door = new Door({ activeCalls: 2, queuedCalls: 2, queueMs: 500 });
    door.come("first");
    door.clock.advance(300);
    await door.leave("first");
    for (const name of ["a", "b", "c", "d", "e"]) door.come(name);
    await settled();
    // Two wait before it, and one of the two places is free every 150 ms.
    expect(door.why("e")).toEqual(["SERVER_OVERLOADED", "queued_calls", 450]);
    door.clock.advance(500);
    await settled();
    expect(door.why("c")?.[1]).toBe("queue_ms");
    expect(door.why("d")?.[1]).toBe("queue_ms");
  });

  it("forgets whoever stops waiting", async () => {
    const door = new Door({ activeCalls: 1, queuedCalls: 1 });
    door.come("a");
    const left = new AbortController();
    door.come("b", "", left.signal);
    const reason = new ConnectorError("CALLER_CANCELLED", "gone");
    left.abort(reason);
    await settled();
    expect(door.refused).toEqual([["b", reason]]);
    door.come("c");
    await door.leave("a");
    expect(door.names).toEqual(["a", "c"]);
  });
});

describe("a late event loop", () => {
  /** So many calls come and so many go with each look, for so many looks. */
  function load(door: Door, coming: number, looks: number, going: number): void {
    for (let look = 0; look < looks; look += 1) {
      for (let call = 0; call < coming; call += 1) door.come(`${look} ${call}`);
      for (const [, permit] of door.inside.splice(0, going)) permit.release();
      door.clock.advance(20 + door.clock.lagMs);
    }
  }

  it("sheds nothing as long as no more come than go", () => {
    const door = new Door({ loopLagMs: 100 });
    door.clock.lagMs = 150;
    load(door, 20, 1, 0);
    load(door, 5, 50, 5);
    expect(door.refused).toEqual([]);
  });

  it("sheds nothing while it is late for less than half a second", () => {
    const door = new Door({ loopLagMs: 100 });
    for (let pause = 0; pause < 5; pause += 1) {
      door.clock.lagMs = 150;
      load(door, 100, 2, 0);
      door.clock.lagMs = 0;
      load(door, 1, 12, 0);
    }
    expect(door.refused).toEqual([]);
  });

  it("bounds the open calls where they pile up, and no longer than that", () => {
    const door = new Door({ loopLagMs: 100 });
    load(door, 5, 100, 5);
    door.clock.lagMs = 150;
    load(door, 100, 8, 5);
    expect(door.refused.length).toBeGreaterThan(0);
    expect(door.refused[0]?.[1].fields.metadata).toEqual({ limit: "loop_lag_ms", max: "100" });
    expect(door.refused[0]?.[1].fields.retryAfterMs).toBe(1_000);
    // Nobody comes in as long as too many are open, and somebody does as soon as few are.
    const open = door.inside.length;
    door.come("one more");
    expect(door.inside).toHaveLength(open);
    for (const [, permit] of door.inside.splice(0, open - 10)) permit.release();
    door.come("one more");
    expect(door.inside).toHaveLength(11);
    // After a second in time, all come in.
    door.clock.lagMs = 0;
    door.clock.advance(1_400);
    for (let number = 0; number < 500; number += 1) door.come("many");
    expect(door.inside).toHaveLength(511);
  });
});

describe("a full heap", () => {
  it("sheds new calls until there is room again", async () => {
    const door = new Door({ heapPercent: 90 });
    door.come("a");
    door.heapPercent = 90;
    door.come("b");
    door.clock.advance(20);
    door.come("c");
    expect(door.names).toEqual(["a", "b"]);
    expect(door.why("c")).toEqual(["SERVER_OVERLOADED", "heap_percent", 5_000]);
    door.heapPercent = 89;
    door.clock.advance(20);
    door.come("d");
    expect(door.names).toEqual(["a", "b", "d"]);
  });

  it("is looked at anew when there has been no call for a while", async () => {
    const door = new Door();
    door.heapPercent = 95;
    door.come("a");
    await door.leave("a");
    door.clock.advance(20);
    door.heapPercent = 10;
    door.come("b");
    door.come("c");
    expect(door.names).toEqual(["a", "b", "c"]);
  });
});

describe("a caller's own limits", () => {
  const limited = (what: string, ms: number) => ["CALLER_RATE_LIMITED", what, ms];

  it("are a bucket of calls a minute that refills evenly", async () => {
    const door = new Door({}, [{ name: "a", callsPerMinute: 3 }]);
    for (const name of ["1", "2", "3", "4"]) door.come(name, "a");
    expect(door.why("4")).toEqual(limited("calls_per_minute", 20_000));
    const [, error] = door.refused[0]!;
    expect(error.fields.quotaSubjects).toEqual(["calls_per_minute"]);
    expect(error.fields.metadata).toEqual({ caller: "a", limit: "calls_per_minute", max: "3" });
    door.come("other", "b");
    door.clock.advance(19_999);
    door.come("5", "a");
    expect(door.why("5")).toEqual(limited("calls_per_minute", 1));
    door.clock.advance(1);
    door.come("6", "a");
    door.clock.advance(600_000);
    for (const name of ["7", "8", "9", "10"]) door.come(name, "a");
    expect(door.names).toEqual(["1", "2", "3", "other", "6", "7", "8", "9"]);
  });

  it("are a number of open calls, whether they have a place or wait for one", async () => {
    const door = new Door({ activeCalls: 1 }, [{ name: "a", concurrentCalls: 2 }]);
    for (const name of ["1", "2", "3"]) door.come(name, "a");
    expect(door.why("3")).toEqual(limited("concurrent_calls", 1_000));
    await door.leave("1");
    await door.leave("1");
    door.come("4", "a");
    door.come("5", "a");
    expect(door.refused.map(([name]) => name)).toEqual(["3", "5"]);
  });

  it("count a call that came to nothing as over", async () => {
    const door = new Door({ activeCalls: 1, queuedCalls: 1, queueMs: 100 }, [
      { name: "a", concurrentCalls: 2 },
    ]);
    door.come("1", "a");
    for (const name of ["2", "3", "4"]) {
      door.come(name, "a");
      door.clock.advance(100);
      await settled();
      expect(door.why(name)?.[1]).toBe("queue_ms");
    }
  });

  it("count the items of a batch, also those that are too many", async () => {
    const door = new Door({}, [{ name: "a", callsPerMinute: 60 }]);
    door.come("batch", "a");
    door.admission.charge("a", 99);
    door.come("1", "a");
    expect(door.why("1")).toEqual(limited("calls_per_minute", 41_000));
    door.clock.advance(41_000);
    door.come("2", "a");
    expect(door.names).toEqual(["batch", "2"]);
  });

  it("are replaced without forgetting what was done", async () => {
    const door = new Door({}, [
      { name: "a", callsPerMinute: 4, concurrentCalls: 9 },
      { name: "b" },
    ]);
    for (const name of ["1", "2", "3"]) door.come(name, "a");
    door.come("b1", "b");
    door.admission.replaceCallers([
      { name: "a", callsPerMinute: 3 },
      { name: "b", concurrentCalls: 1 },
    ]);
    door.come("4", "a");
    door.come("b2", "b");
    expect(door.why("4")).toEqual(limited("calls_per_minute", 20_000));
    expect(door.why("b2")).toEqual(limited("concurrent_calls", 1_000));
    await door.leave("b1");
    door.come("b3", "b");
    door.admission.replaceCallers([]);
    for (const name of ["5", "6"]) door.come(name, "a");
    expect(door.names).toEqual(["1", "2", "3", "b1", "b3", "5", "6"]);
  });
});
