// Proves that one signal ends work for exactly one reason, at the exact instant, and frees its
// timers.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { WorkSignal } from "../../src/resilience/work-signal.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const late = (): ConnectorError => new ConnectorError("ATTEMPT_TIMEOUT", "late");
const silent = (): ConnectorError => new ConnectorError("STREAM_STALLED", "silent");

function started(): { clock: VirtualClock; parent: AbortController; work: WorkSignal } {
  const clock = new VirtualClock();
  const parent = new AbortController();
  return { clock, parent, work: new WorkSignal(clock, parent.signal) };
}

describe("WorkSignal", () => {
  it("ends at the limit, not a millisecond before", () => {
    const { clock, work } = started();
    work.limit(100, late);
    clock.advance(99);
    expect(work.signal.aborted).toBe(false);
    clock.advance(1);
    expect(work.signal.reason).toMatchObject({ reason: "ATTEMPT_TIMEOUT" });
  });

  it("ends at once when no time is left", () => {
    const { work } = started();
    work.limit(0, late);
    expect(work.signal.aborted).toBe(true);
  });

  it("takes the parent's reason, before and after its own birth", () => {
    const { clock, parent, work } = started();
    parent.abort("gone");
    expect(work.signal.reason).toBe("gone");
    expect(new WorkSignal(clock, parent.signal).signal.reason).toBe("gone");
  });

  it("keeps the first reason", () => {
    const { clock, parent, work } = started();
    work.limit(10, late);
    clock.advance(10);
    parent.abort("gone");
    expect(work.signal.reason).toMatchObject({ reason: "ATTEMPT_TIMEOUT" });
  });

  it("forgets a cleared limit", () => {
    const { clock, work } = started();
    work.limit(10, late).clear();
    clock.advance(1000);
    expect(work.signal.aborted).toBe(false);
  });

  it("lets an idle limit begin with the first touch and move with each", () => {
    const { clock, work } = started();
    const idle = work.idleLimit(60, silent);
    clock.advance(1000);
    idle.touch();
    clock.advance(59);
    idle.touch();
    clock.advance(59);
    expect(work.signal.aborted).toBe(false);
    clock.advance(1);
    expect(work.signal.reason).toMatchObject({ reason: "STREAM_STALLED" });
  });

  it("does not count a pause as silence", () => {
    const { clock, work } = started();
    const idle = work.idleLimit(60, silent);
    idle.touch();
    idle.pause();
    clock.advance(10_000);
    expect(work.signal.aborted).toBe(false);
    idle.touch();
    clock.advance(200);
    expect(work.signal.aborted).toBe(true);
  });

  it("leaves no timer and no listener behind", () => {
    const { clock, parent, work } = started();
    work.limit(10, late);
    work.limit(20, late);
    work.idleLimit(60, silent).touch();
    work.dispose();
    expect(clock.pendingTimers).toBe(0);
    parent.abort("gone");
    expect(work.signal.aborted).toBe(false);
  });
});
