// Proves what keeps a call from another attempt, in virtual time: budgets of retries, breakers,
// limits, full targets, the caller who leaves and the server that stops; and that whoever is refused
// learns why and for how long.
import { describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { AttemptScene, type CallSettings } from "../support/attempt-scene.ts";
import { type Answer, refuses, says } from "../support/fake-providers.ts";

const spent = { budgetFloorPerSecond: 0, budgetRatio: 0 };
const down: Answer = refuses(503);
const left: CallSettings = { options: { retry: { maxAttempts: 1 } } };

describe("the budget of retries", () => {
  it("stops retries, and the failure says so with a wait", async () => {
    const scene = new AttemptScene({ one: [down] }, { resilience: spent });
    const { error } = await scene.call();
    expect(error?.reason).toBe("PROVIDER_UNAVAILABLE");
    expect(error?.fields.metadata?.not_retried).toBe("RETRY_BUDGET_EXHAUSTED");
    expect(error?.fields.retryAfterMs).toBeGreaterThan(0);
    expect(scene.places).toEqual(["one"]);
  });

  it("is not touched by a move to a target that is well", async () => {
    const scene = new AttemptScene({ one: [down], two: [says("hello")] }, { resilience: spent });
    const { response } = await scene.call();
    expect(response?.route?.target).toBe("two");
  });

  it("keeps attempts within a tenth more than calls when all fails (T1)", async () => {
    const scene = new AttemptScene(
      { one: [down] },
      { resilience: { breakerFailures: 1e9, throttleAllowance: 1e9, budgetFloorPerSecond: 0 } },
    );
    scene.chance = 0;
    for (let count = 0; count < 200; count += 1) await scene.call();
    expect(scene.sent.length).toBeGreaterThan(205);
    expect(scene.sent.length).toBeLessThanOrEqual(220);
  });

  it("counts calls where they go, though another target is preferred", async () => {
    const scene = new AttemptScene(
      { one: [refuses(401)], two: [down] },
      { resilience: { budgetFloorPerSecond: 0, budgetRatio: 1 } },
    );
    await scene.call({ options: { target: "one" } });
    const { error } = await scene.call();
    expect(scene.places).toEqual(["one", "two", "two"]);
    expect(error?.fields.attempts).toHaveLength(2);
  });

  it("holds for what the caller's client tries again at a target that fails", async () => {
    const scene = new AttemptScene({ one: [says("hello"), down] }, { resilience: spent });
    // Who comes back from a server that was restarted finds a target that is well.
    const { response } = await scene.call({ previousAttempts: 1 });
    expect(response?.content?.message).toBe("hello");
    await scene.call({ options: { retry: { maxAttempts: 1 } } });
    const { error } = await scene.call({ previousAttempts: 1 });
    expect([error?.reason, error?.status]).toEqual(["RETRY_BUDGET_EXHAUSTED", "UNAVAILABLE"]);
    expect(error?.fields.retryAfterMs).toBeGreaterThan(0);
    expect(error?.fields.metadata).toMatchObject({ target: "one", retryable: "true" });
    expect(scene.sent).toHaveLength(2);
  });
});

describe("a target that is left alone", () => {
  it("is passed over, and asked after all where there is no other", async () => {
    const scene = new AttemptScene({ one: [down], two: [says("hello")] });
    for (let count = 0; count < 20; count += 1) {
      await scene.call({ options: { target: "one", retry: { maxAttempts: 1 } } });
    }
    expect(scene.connectors.states.health("one", "gpt-4.1").state).toBe("open");
    const { response } = await scene.call();
    expect(response?.route?.attempts.map(({ target }) => target)).toEqual(["two"]);
    const { error } = await scene.call({ options: { target: "one" } });
    expect(error?.reason).toBe("PROVIDER_UNAVAILABLE");
    expect(error?.fields.metadata?.not_retried).toBe("TARGET_CIRCUIT_OPEN");
    expect(error?.fields.retryAfterMs).toBeGreaterThan(0);
  });

  it("is asked by one call at a time, and the others are told when to come", async () => {
    const scene = new AttemptScene({ one: [down], two: [down] });
    for (const target of ["one", "two"]) {
      for (let count = 0; count < 20; count += 1) {
        await scene.call({ options: { target, retry: { maxAttempts: 1 } } });
      }
    }
    const [first, second] = await scene.calls([left, left]);
    expect(first?.error?.reason).toBe("PROVIDER_UNAVAILABLE");
    const { reason, status, fields } = second?.error ?? {};
    expect([reason, status]).toEqual(["TARGET_CIRCUIT_OPEN", "UNAVAILABLE"]);
    // The preferred one is named.
    expect(fields?.metadata).toMatchObject({ target: "one", attempts: "0", retryable: "true" });
    expect(fields?.retryAfterMs).toBeGreaterThan(0);
  });
});

describe("a target that takes one call to show that it is well", () => {
  it("is not kept from it by a call that never left", async () => {
    const scene = new AttemptScene({ one: [...Array<Answer>(20).fill(down), says("well")] });
    for (let count = 0; count < 20; count += 1) await scene.call(left);
    const health = scene.connectors.states.health("one", "gpt-4.1");
    expect(health.state).toBe("open");
    scene.clock.advance(5_000);
    const { error } = await scene.call({ options: { strict: true }, request: { topK: 3 } });
    expect(error?.reason).toBe("UNSUPPORTED_FIELD");
    expect(health.state).toBe("probing");
    const { response } = await scene.call();
    expect(response?.content?.message).toBe("well");
    expect(health.state).toBe("starting");
  });
});

describe("a limit that is used up", () => {
  const headers = {
    "x-ratelimit-limit-requests": "1",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "20s",
  };
  const limited = { one: [says("a", { headers }), says("b")] };

  it("is waited for before anything is sent", async () => {
    const scene = new AttemptScene(limited);
    await scene.call();
    const { response, endMs } = await scene.call();
    expect([response?.content?.message, endMs]).toEqual(["b", 20_020]);
    expect(scene.starts).toEqual([0, 20_010]);
  });

  it("is not waited for beyond the deadline, and the caller learns when to come", async () => {
    const scene = new AttemptScene(limited);
    await scene.call();
    const { error, endMs } = await scene.call({ deadlineMs: 5_000 });
    expect([error?.reason, endMs]).toEqual(["PROVIDER_RATE_LIMITED", 10]);
    expect(error?.fields.retryAfterMs).toBe(20_000);
    expect(error?.fields.metadata).toMatchObject({ target: "one", retryable: "true" });
  });

  it("ends with its caller while it is waited for", async () => {
    const scene = new AttemptScene(limited);
    await scene.call();
    const { error, endMs } = await scene.call({ cancelMs: 3_000 });
    expect([error?.reason, endMs]).toEqual(["CALLER_CANCELLED", 3_000]);
    expect(error?.fields.attempts).toEqual([]);
  });

  it("does not keep a call from a target that is well again before", async () => {
    const scene = new AttemptScene({ ...limited, two: [refuses(401), says("c")] });
    await scene.call();
    await scene.call({ options: { target: "two" } });
    const { response, endMs } = await scene.call();
    // The key of the second target was set aside for 5 s.
    expect([response?.content?.message, endMs]).toEqual(["c", 5_030]);
  });
});

describe("a full target", () => {
  const slow = says("slow", { headMs: 1_000 });
  const places = { limits: { targetCalls: 1, targetQueue: 1 } };

  it("lets calls wait for their turn, and refuses those too many", async () => {
    const scene = new AttemptScene({ one: [slow] }, places);
    const outcomes = await scene.calls([{ caller: "a" }, { caller: "a" }, { caller: "a" }]);
    expect(outcomes.map(({ endMs }) => endMs)).toEqual([1_000, 2_000, 0]);
    const { reason, fields } = outcomes[2]?.error ?? {};
    expect(reason).toBe("SERVER_OVERLOADED");
    expect(fields?.retryAfterMs).toBeGreaterThan(0);
    expect(fields?.attempts).toEqual([]);
  });

  it("sends those on to another one that has a place", async () => {
    const scene = new AttemptScene({ one: [slow], two: [slow] }, places);
    const outcomes = await scene.calls([{}, {}]);
    expect(outcomes.map(({ response }) => response?.route?.target)).toEqual(["one", "two"]);
  });

  it.each([
    ["CALLER_CANCELLED", { cancelMs: 500 }],
    ["CALLER_DEADLINE_EXCEEDED", { deadlineMs: 500 }],
  ] as const)("gives the place in its queue back (%s)", async (reason, settings) => {
    const scene = new AttemptScene({ one: [slow] }, places);
    const [, second, third] = await scene.calls([{}, settings, {}]);
    expect([second?.error?.reason, second?.endMs]).toEqual([reason, 500]);
    expect(third?.error?.reason).toBe("SERVER_OVERLOADED");
    expect(scene.places).toEqual(["one"]);
    expect((await scene.call()).response?.content?.message).toBe("slow");
  });

  it("does not hide why the attempt before had failed", async () => {
    const scene = new AttemptScene(
      { one: [down, slow, slow] },
      { limits: { targetCalls: 1, targetQueue: 0 } },
    );
    const late: CallSettings = { options: { retry: { maxAttempts: 2 } } };
    const first = scene.call(late);
    scene.clock.schedule(20, () => {
      const request = { model: "gpt-4.1" };
      others.push(scene.beside({ request }));
    });
    const others: Promise<unknown>[] = [];
    const { error } = await first;
    await Promise.all(others);
    expect(error?.reason).toBe("PROVIDER_UNAVAILABLE");
    expect(error?.fields.metadata?.not_retried).toBe("SERVER_OVERLOADED");
  });
});

describe("between two attempts", () => {
  const overloaded = refuses(529);

  it.each([
    ["a caller who leaves", { cancelMs: 200 }, "CALLER_CANCELLED"],
    [
      "a server that stops",
      { cancelMs: 200, cancelReason: new ConnectorError("SERVER_DRAINING", "it stops") },
      "SERVER_DRAINING",
    ],
  ] as const)("%s ends the call at once", async (_who, settings, reason) => {
    // After 10 ms, 500 ms are waited.
    const scene = new AttemptScene({ one: [overloaded] });
    const { error, endMs } = await scene.call(settings);
    expect([error?.reason, endMs]).toEqual([reason, 200]);
    expect(error?.fields.attempts?.map((attempt) => attempt.reason)).toEqual([
      "PROVIDER_OVERLOADED",
    ]);
    expect(error?.fields.metadata?.attempts).toBe("1");
  });

  it("no deadline passes: what does not fit is not begun", async () => {
    const scene = new AttemptScene({ one: [overloaded] });
    const { error, endMs } = await scene.call({ deadlineMs: 400 });
    expect([error?.reason, endMs]).toEqual(["PROVIDER_OVERLOADED", 10]);
    expect(error?.fields.metadata?.not_retried).toBe("DEADLINE");
  });
});
