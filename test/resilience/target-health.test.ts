// Proves what breaker, throttle and latency say together of one model at one target: who is let in
// and why not, when it counts as healthy, and how an outage of minutes begins and ends.
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/resilience/outcome.ts";
import { PeakEwma } from "../../src/resilience/peak-ewma.ts";
import { type Admittance, TargetHealth } from "../../src/resilience/target-health.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function start(random: () => number = () => 0.5): {
  readonly clock: VirtualClock;
  readonly health: TargetHealth;
} {
  const clock = new VirtualClock();
  return { clock, health: new TargetHealth(clock, random) };
}

/** One call; whether it was let in. */
function call(health: TargetHealth, outcome: Outcome, latencyMs?: number): boolean {
  const admittance = health.admit();
  if (admittance.kind === "no") return false;
  admittance.leave(outcome, latencyMs);
  return true;
}

function calls(health: TargetHealth, count: number, outcome: Outcome): void {
  for (let each = 0; each < count; each++) call(health, outcome);
}

describe("admit", () => {
  it("says why not, and when", () => {
    const { clock, health } = start();
    calls(health, 20, "failed");
    expect(health.admit()).toEqual({ kind: "no", reason: "open", retryAfterMs: 375 });
    clock.advance(374.5);
    expect(health.admit()).toEqual({ kind: "no", reason: "open", retryAfterMs: 1 });
    clock.advance(0.5);
    const probe = health.admit();
    expect(health.admit()).toEqual({ kind: "no", reason: "open", retryAfterMs: 100 });
    if (probe.kind === "yes") probe.leave("fine");
    expect([health.admit(), health.admit()].map(({ kind }) => kind)).toEqual(["yes", "yes"]);
    expect(health.admit()).toEqual({ kind: "no", reason: "starting", retryAfterMs: 100 });
  });

  it("holds calls back while most are refused, though the breaker is closed", () => {
    const { health } = start(() => 0);
    calls(health, 21, "refused");
    expect(health.state).toBe("closed");
    expect(health.admit()).toEqual({ kind: "no", reason: "throttled", retryAfterMs: 1_000 });
  });

  it("counts nothing for calls that tell nothing", () => {
    const { health } = start(() => 0);
    calls(health, 500, "unknown");
    expect(health.admit().kind).toBe("yes");
  });

  it("counts an attempt once, however often it leaves", () => {
    const { health } = start();
    const admittance = health.admit();
    if (admittance.kind === "yes") {
      for (let each = 0; each < 100; each++) admittance.leave("silent");
    }
    expect(health.state).toBe("closed");
  });

  it("forgets refusals from before an outage when the target is back", () => {
    let chance = 1;
    const { clock, health } = start(() => chance);
    calls(health, 100, "refused");
    calls(health, 10, "silent");
    expect(health.state).toBe("open");
    clock.advance(1_000);
    calls(health, 63, "fine");
    expect(health.state).toBe("closed");
    chance = 0;
    calls(health, 10, "refused");
    expect(health.admit().kind).toBe("yes");
  });
});

describe("a last resort", () => {
  it("is sent through an open breaker, alone", () => {
    const { health } = start();
    calls(health, 20, "failed");
    const forced = health.admit(true);
    expect(forced.kind).toBe("yes");
    expect(health.admit(true).kind).toBe("no");
    if (forced.kind === "yes") forced.leave("fine");
    expect(health.state).toBe("starting");
  });

  it("is sent through the throttle, alone", () => {
    const { health } = start(() => 0);
    calls(health, 40, "refused");
    const forced = health.admit(true);
    expect(forced.kind).toBe("yes");
    expect(health.admit(true)).toMatchObject({ kind: "no", reason: "throttled" });
  });

  it("is not sent beside a call from before the breaker opened", () => {
    const { health } = start();
    const slow = health.admit();
    calls(health, 20, "failed");
    expect(health.admit(true).kind).toBe("no");
    if (slow.kind === "yes") slow.leave("failed");
    expect(health.admit(true).kind).toBe("yes");
  });
});

describe("isHealthy", () => {
  it.each<[string, readonly Outcome[], boolean]>([
    ["at first", [], true],
    ["after an answer", ["fine"], true],
    ["after a failure", ["fine", "failed"], false],
    ["after silence", ["silent"], false],
    ["after a failure and an answer", ["failed", "fine"], true],
    ["after a refusal", ["refused"], true],
    ["after nothing that tells anything", ["unknown"], true],
  ])("%s", (_, outcomes, isHealthy) => {
    const { health } = start();
    for (const outcome of outcomes) call(health, outcome);
    expect(health.isHealthy).toBe(isHealthy);
  });

  it("is not before a recovery is complete", () => {
    const { clock, health } = start();
    calls(health, 20, "failed");
    clock.advance(500);
    calls(health, 62, "fine");
    expect(health.isHealthy).toBe(false);
    call(health, "fine");
    expect(health.isHealthy).toBe(true);
  });

  it("is not after a stream that broke off", () => {
    const { health } = start();
    call(health, "fine");
    health.note("failed");
    expect(health.isHealthy).toBe(false);
  });
});

describe("streams that break after their first delta", () => {
  it("are no successes: most calls are held back", () => {
    let chance = 1;
    const { clock, health } = start(() => chance);
    for (let stream = 0; stream < 100; stream++) {
      call(health, "fine");
      clock.advance(50);
      health.note("silent");
    }
    chance = 0.75;
    expect(health.admit()).toMatchObject({ kind: "no", reason: "throttled" });
    clock.advance(10_000);
    expect(health.admit().kind).toBe("yes");
  });

  it("change nothing while the target recovers", () => {
    const { clock, health } = start();
    calls(health, 20, "failed");
    clock.advance(500);
    expect(health.admit().kind).toBe("yes");
    health.note("failed");
    expect(health.state).toBe("probing");
    expect(health.admit().kind).toBe("no");
  });

  it("are the provider's matter only if they broke there", () => {
    const { health } = start(() => 0);
    for (let stream = 0; stream < 100; stream++) {
      call(health, "fine");
      health.note("unknown");
    }
    expect(health.isHealthy).toBe(true);
    expect(health.admit().kind).toBe("yes");
  });
});

describe("latency", () => {
  it("is not known before an answer came", () => {
    const { health } = start();
    call(health, "silent");
    expect(health.latencyMs).toBeUndefined();
    call(health, "fine", 80);
    expect(health.latencyMs).toBe(80);
  });

  it("rises at once and falls slowly", () => {
    const { clock, health } = start();
    call(health, "fine", 100);
    call(health, "fine", 900);
    expect(health.latencyMs).toBe(900);
    clock.advance(10_000);
    call(health, "fine", 100);
    expect(health.latencyMs).toBeCloseTo(100 + 800 / Math.E);
    clock.advance(100_000);
    call(health, "fine", 100);
    expect(health.latencyMs).toBeCloseTo(100, 1);
  });

  it("is usual as most answers are, whatever a few were", () => {
    const { health } = start();
    expect(health.usualMs).toBeUndefined();
    const seen = [300, 60_000, 200, 100, 60_000].map((ms) => {
      call(health, "fine", ms);
      return health.usualMs;
    });
    expect(seen).toEqual([300, 300, 300, 200, 300]);
    for (let answer = 0; answer < 9; answer++) call(health, "fine", 20);
    expect(health.usualMs).toBe(20);
    for (let answer = 0; answer < 16; answer++) call(health, "fine", 1_000);
    expect(health.usualMs).toBe(1_000);
  });

  const sample = fc.record({ pauseMs: fc.nat({ max: 60_000 }), ms: fc.nat({ max: 60_000 }) });

  test.prop([fc.array(sample, { minLength: 1 })])(
    "is never under the last sample nor over the worst",
    (samples) => {
      const clock = new VirtualClock();
      const latency = new PeakEwma(clock, 10_000);
      let worst = 0;
      for (const { pauseMs, ms } of samples) {
        clock.advance(pauseMs);
        latency.add(ms);
        worst = Math.max(worst, ms);
        expect(latency.valueMs).toBeGreaterThanOrEqual(ms - 1e-6);
        expect(latency.valueMs).toBeLessThanOrEqual(worst + 1e-6);
      }
    },
  );
});

/** Sends 500 calls a second, each answered or not after 50 ms. */
class Traffic {
  readonly #clock: VirtualClock;
  readonly #health: TargetHealth;
  sent = 0;
  offered = 0;

  constructor(clock: VirtualClock, health: TargetHealth) {
    this.#clock = clock;
    this.#health = health;
  }

  run(seconds: number, outcome: () => Outcome): void {
    for (let each = 0; each < seconds * 500; each++) {
      this.offered++;
      const admittance: Admittance = this.#health.admit();
      if (admittance.kind === "yes") {
        this.sent++;
        this.#clock.schedule(50, () => admittance.leave(outcome(), 50));
      }
      this.#clock.advance(2);
    }
  }
}

describe("an outage of a minute under 500 calls a second", () => {
  it.each<Outcome>(["failed", "silent"])("(%s) costs a few calls, and ends at once", (outcome) => {
    const { clock, health } = start();
    const traffic = new Traffic(clock, health);
    traffic.run(10, () => "fine");
    expect(traffic.sent).toBe(5_000);
    traffic.run(60, () => outcome);
    // Those under way when it began, those until the breaker opened, and the probes.
    expect(traffic.sent - 5_000).toBeLessThan(100);
    const before = clock.now();
    while (health.state !== "closed") traffic.run(0.01, () => "fine");
    expect(clock.now() - before).toBeLessThan(5_000);
    const { offered, sent } = traffic;
    traffic.run(10, () => "fine");
    expect(traffic.sent - sent).toBe(traffic.offered - offered);
  });

  it("that fails half of the calls keeps the breaker closed", () => {
    const { clock, health } = start();
    const traffic = new Traffic(clock, health);
    let turn = 0;
    traffic.run(60, () => (turn++ % 2 === 0 ? "failed" : "fine"));
    expect(health.state).toBe("closed");
    expect(traffic.sent).toBe(traffic.offered);
  });
});
