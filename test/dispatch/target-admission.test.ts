// Proves of the doors of targets, in virtual time: a free place costs no promise and no timer, more
// wait in turns of their callers, nobody waits too long, whoever leaves frees its place, and whoever
// is refused is told when a place will be free.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { TargetAdmission } from "../../src/dispatch/target-admission.ts";
import type { Permit } from "../../src/resilience/concurrency-limiter.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { TargetStates } from "../../src/resilience/target-states.ts";
import { fakeAdapter, fakeTarget } from "../support/fake-adapter.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const target = fakeTarget(fakeAdapter("fake", ["fake-.*"]), { name: "here" });
const queueMs = 10_000;

/** A door in virtual time, and what comes of those who go through it. */
class Door {
  readonly clock: VirtualClock = new VirtualClock();
  readonly states: TargetStates;
  readonly admission: TargetAdmission;
  /** Those who got in, in their order, with their permits. */
  readonly inside: [name: string, permit: Permit][] = [];
  readonly refused: [name: string, error: unknown][] = [];
  chance = 0.5;

  constructor(calls: number, queue: number) {
    const random = (): number => this.chance;
    const limits = { targetCalls: calls, targetQueue: queue, queueMs };
    this.states = new TargetStates(this.clock, random, {
      ...defaultResilience,
      targetConcurrency: calls,
      targetQueue: queue,
    });
    this.admission = new TargetAdmission({
      states: this.states,
      clock: this.clock,
      random,
      limits,
    });
  }

  /** Somebody comes and waits, if it must. */
  come(name: string, caller = "", signal: AbortSignal = new AbortController().signal): void {
    const got = this.admission.enter(target, caller, signal);
    if (!(got instanceof Promise)) this.inside.push([name, got]);
    else {
      got.then(
        (permit) => this.inside.push([name, permit]),
        (error: unknown) => this.refused.push([name, error]),
      );
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

  /** The error somebody got. */
  error(name: string): ConnectorError {
    const error = this.refused.find(([each]) => each === name)?.[1];
    if (error instanceof ConnectorError) return error;
    throw new Error(`${name} was not refused`);
  }
}

/** All that can happen without time passing has happened. */
async function settled(): Promise<void> {
  for (let turns = 8; turns > 0; turns -= 1) await Promise.resolve();
}

describe("a target", () => {
  it("with a free place costs neither promise nor timer", () => {
    const door = new Door(2, 2);
    door.come("a");
    door.come("b");
    expect(door.names).toEqual(["a", "b"]);
    expect(door.clock.pendingTimers).toBe(0);
    expect(door.admission.tryEnter(target)).toBeUndefined();
  });

  it("lets callers take turns, and gives a place back once", async () => {
    const door = new Door(1, 10);
    for (const name of ["a1", "a2", "a3", "a4"]) door.come(name, "a");
    door.come("b1", "b");
    door.come("c1", "c");
    await door.leave("a1");
    await door.leave("a1");
    expect(door.names).toEqual(["a1", "a2"]);
    for (const name of ["a2", "b1", "c1", "a3"]) await door.leave(name);
    expect(door.names).toEqual(["a1", "a2", "b1", "c1", "a3", "a4"]);
    await door.leave("a4");
    expect(door.states.limiter("here").inFlight).toBe(0);
    expect(door.clock.pendingTimers).toBe(0);
  });

  it("refuses those who find the queue full, and tells them when to come back", async () => {
    const door = new Door(2, 2);
    door.come("warm");
    door.clock.advance(4_000);
    await door.leave("warm");
    for (const name of ["a", "b", "c", "d", "e"]) door.come(name);
    await settled();
    const error = door.error("e");
    expect([error.reason, error.fields.metadata]).toEqual([
      "SERVER_OVERLOADED",
      { target: "here", provider: "fake", limit: "target_queue", max: "2" },
    ]);
    // Three places are needed, and one of the two is free every 2 s.
    expect(error.fields.retryAfterMs).toBe(6_000);
    for (const [chance, ms] of [
      [0, 3_000],
      [0.999_999, 9_000],
    ] as const) {
      door.chance = chance;
      door.come(`chance ${chance}`);
      await settled();
      expect(door.error(`chance ${chance}`).fields.retryAfterMs).toBe(ms);
    }
  });

  it("does not let one caller take all the places to wait", async () => {
    const door = new Door(1, 4);
    for (const name of ["a1", "a2", "a3", "a4", "a5"]) door.come(name, "a");
    door.come("b1", "b");
    await settled();
    expect(door.refused.map(([name]) => name)).toEqual(["a5"]);
    expect(door.error("a5").reason).toBe("SERVER_OVERLOADED");
    door.come("b2", "b");
    door.come("b3", "b");
    await settled();
    expect(door.refused.map(([name]) => name)).toEqual(["a5", "a4", "b3"]);
    for (const name of ["a1", "a2", "b1", "a3"]) await door.leave(name);
    expect(door.names).toEqual(["a1", "a2", "b1", "a3", "b2"]);
    expect(door.clock.pendingTimers).toBe(0);
  });

  it("lets nobody wait longer than queue_ms", async () => {
    const door = new Door(1, 4);
    door.come("a");
    door.come("b");
    door.clock.advance(queueMs - 1);
    door.come("c");
    await settled();
    expect(door.refused).toEqual([]);
    door.clock.advance(1);
    await settled();
    const { reason, fields } = door.error("b");
    expect([reason, fields.metadata?.limit]).toEqual(["SERVER_OVERLOADED", "queue_ms"]);
    await door.leave("a");
    expect(door.names).toEqual(["a", "c"]);
  });

  it("frees the place of whoever stops waiting, with its own reason", async () => {
    const door = new Door(1, 1);
    door.come("a");
    const left = new AbortController();
    const reason = new ConnectorError("CALLER_DEADLINE_EXCEEDED", "too late");
    door.come("b", "", left.signal);
    left.abort(reason);
    await settled();
    expect(door.error("b")).toBe(reason);
    door.come("c", "", left.signal);
    await settled();
    expect(door.error("c")).toBe(reason);
    door.come("d");
    await door.leave("a");
    expect(door.names).toEqual(["a", "d"]);
    expect(door.clock.pendingTimers).toBe(0);
  });

  it("that asks for slower growth is asked by half as many", async () => {
    const door = new Door(8, 100);
    for (let number = 0; number < 8; number += 1) door.come(`${number}`);
    door.states.limiter("here").halve();
    for (let number = 8; number < 20; number += 1) door.come(`${number}`);
    for (let number = 0; number < 4; number += 1) await door.leave(`${number}`);
    expect(door.names).toHaveLength(8);
    await door.leave("4");
    expect(door.names).toHaveLength(9);
  });

  it("has its own places", () => {
    const door = new Door(1, 1);
    door.come("a");
    expect(door.admission.tryEnter({ ...target, name: "there" })).toBeDefined();
  });
});
