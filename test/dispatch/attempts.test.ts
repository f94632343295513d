// Proves what follows a failed attempt, in virtual time: for each reason whether the same target is
// asked again and whether another one is, in which order and after which waits, and who is told why
// nothing more was tried. After each call nothing is left in flight.
import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import { AttemptScene, chatTarget, type Outcome } from "../support/attempt-scene.ts";
import { type Answer, refuses, says } from "../support/fake-providers.ts";

/** How often one target is asked in all, whether another one is, and the kind of wait. */
type Row = readonly [asked: 1 | 2 | 3, elsewhere: boolean, delay?: "throttle"];

const table: Readonly<Partial<Record<Reason, Row>>> = {
  PROVIDER_INVALID_REQUEST: [1, false],
  CONTEXT_LENGTH_EXCEEDED: [1, false],
  CONTENT_FILTERED: [1, false],
  PROVIDER_REGION_OR_BILLING: [1, true],
  PROVIDER_CREDENTIAL_INVALID: [1, true],
  PROVIDER_BILLING_EXHAUSTED: [1, true],
  PROVIDER_PERMISSION_DENIED: [1, true],
  PROVIDER_REGION_BLOCKED: [1, true],
  MODEL_NOT_FOUND: [1, true],
  PROVIDER_ENDPOINT_NOT_FOUND: [1, true],
  PROVIDER_UNSUPPORTED: [1, true],
  PROVIDER_REQUEST_TIMEOUT: [3, true],
  PROVIDER_CONFLICT: [2, false],
  REQUEST_TOO_LARGE: [1, true],
  PROVIDER_TOO_EARLY: [2, false],
  PROVIDER_RATE_LIMITED: [3, true, "throttle"],
  PROVIDER_RAMP_LIMITED: [3, true, "throttle"],
  PROVIDER_QUOTA_EXHAUSTED: [1, true],
  CALLER_CANCELLED: [1, false],
  PROVIDER_INTERNAL: [3, true],
  PROVIDER_UNAVAILABLE: [3, true],
  PROVIDER_TIMEOUT: [2, true],
  PROVIDER_EDGE_ERROR: [3, true],
  PROVIDER_OVERLOADED: [3, true, "throttle"],
  PROVIDER_REDIRECT_REFUSED: [1, true],
  PROVIDER_MALFORMED_RESPONSE: [2, true],
  PROVIDER_RESPONSE_TOO_LARGE: [1, false],
  PROVIDER_DNS_FAILED: [2, true],
  PROVIDER_CONNECT_FAILED: [3, true],
  PROVIDER_TLS_INVALID: [1, true],
  PROVIDER_CONNECTION_LOST: [3, true],
  ATTEMPT_TIMEOUT: [3, true],
  EGRESS_FORBIDDEN: [1, false],
  ADAPTER_FAULT: [1, true],
  INTERNAL_FAULT: [1, false],
  SERVER_DRAINING: [1, false],
  STREAM_TRUNCATED: [3, true],
  STREAM_STALLED: [3, true],
  ROUTING_LOOP: [1, false],
};
const rows = Object.entries(table) as [Reason, Row][];

const fails = (failure: Reason, rest: Partial<Answer> = {}): Answer => ({ failure, ...rest });
const attemptsOf = ({ error, response }: Outcome) =>
  error?.fields.attempts ?? response?.route?.attempts ?? [];
const why = ({ error }: Outcome) => error?.fields.metadata?.not_retried;

describe.each(rows)("%s", (reason, [asked, elsewhere, delay]) => {
  it(`is tried ${asked} times at its target`, async () => {
    const scene = new AttemptScene({ one: [fails(reason)] });
    const outcome = await scene.call();
    expect(outcome.error?.reason).toBe(reason);
    expect(scene.places).toHaveLength(asked);
    expect(why(outcome)).toBe(asked === 3 ? "ATTEMPTS" : "NOT_RETRYABLE");
    expect(attemptsOf(outcome).map((attempt) => attempt.reason)).toEqual(
      Array.from({ length: asked }, () => reason),
    );
    // Each attempt takes 10 ms; half of the longest wait follows it.
    const base = delay === "throttle" ? 1_000 : 50;
    const starts = [0, 10 + base / 2, 20 + base / 2 + base];
    expect(scene.starts).toEqual(starts.slice(0, asked));
  });

  it(elsewhere ? "leads to another target, at once" : "leads nowhere else", async () => {
    const scene = new AttemptScene({ one: [fails(reason)], two: [says("hello")] });
    const outcome = await scene.call();
    expect(scene.places.includes("two")).toBe(elsewhere);
    if (!elsewhere) return;
    expect(scene.starts).toEqual([0, 10]);
    expect(outcome.response?.route?.target).toBe("two");
    expect(attemptsOf(outcome).map((attempt) => [attempt.target, attempt.reason])).toEqual([
      ["one", reason],
      ["two", ""],
    ]);
    expect(attemptsOf(outcome).map(({ startOffset }) => startOffset?.nanos)).toEqual([0, 10e6]);
  });
});

describe("a resolver that says", () => {
  it("try again is asked again", async () => {
    const scene = new AttemptScene({
      one: [fails("PROVIDER_DNS_FAILED", { metadata: { network_error: "EAI_AGAIN" } })],
    });
    await scene.call();
    expect(scene.places).toHaveLength(3);
  });
});

describe("waits", () => {
  it.each([
    [0, "PROVIDER_UNAVAILABLE", [0, 0]],
    [0.999_999, "PROVIDER_UNAVAILABLE", [49, 99]],
    [0, "PROVIDER_OVERLOADED", [0, 0]],
    [0.999_999, "PROVIDER_OVERLOADED", [999, 1_999]],
  ] as const)("with chance %s after %s are jittered in full", async (chance, reason, waits) => {
    const scene = new AttemptScene({ one: [fails(reason)] });
    scene.chance = chance;
    await scene.call();
    const [first = 0, second = 0, third = 0] = scene.starts;
    expect([second - first - 10, third - second - 10]).toEqual(waits);
  });

  it.each([0, 0.5, 0.999_999])(
    "that a provider asks for are obeyed (chance %s)",
    async (chance) => {
      const limited = refuses(429, { headers: { "retry-after": "2" } });
      const scene = new AttemptScene({ one: [limited, says("hello")] });
      scene.chance = chance;
      const { response } = await scene.call();
      expect(response?.content?.message).toBe("hello");
      const waitMs = (scene.starts[1] ?? 0) - 10;
      expect(waitMs).toBeGreaterThanOrEqual(2_000);
      expect(waitMs).toBeCloseTo(2_000 * (1 + 0.1 * chance), 0);
      expect(waitMs).toBeLessThanOrEqual(2_200);
    },
  );

  it("of 0 mean now", async () => {
    const limited = refuses(429, { headers: { "retry-after": "0" } });
    const scene = new AttemptScene({ one: [limited, says("hello")] });
    await scene.call();
    expect(scene.starts).toEqual([0, 10]);
  });

  it("that a provider asks for count for more than its other headers", async () => {
    const headers = {
      "retry-after": "2",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "55s",
    };
    const scene = new AttemptScene({ one: [refuses(429, { headers }), says("hello")] });
    scene.chance = 0;
    const { response } = await scene.call();
    expect([response?.content?.message, ...scene.starts]).toEqual(["hello", 0, 2_010]);
  });

  it("fit with less jitter where the deadline is near", async () => {
    const limited = refuses(429, { headers: { "retry-after": "4.9" } });
    const scene = new AttemptScene({ one: [limited, says("hello")] });
    scene.chance = 0.999_999;
    const { response, endMs } = await scene.call({ deadlineMs: 5_000 });
    expect(response?.content?.message).toBe("hello");
    expect(endMs).toBeLessThanOrEqual(5_000);
  });

  it("that do not fit the deadline end the call at once (U27)", async () => {
    const limited = refuses(429, { headers: { "retry-after": "10" } });
    const scene = new AttemptScene({ one: [limited] });
    const outcome = await scene.call({ deadlineMs: 5_000 });
    const { error, endMs } = outcome;
    expect([error?.reason, error?.status, endMs]).toEqual([
      ...["PROVIDER_RATE_LIMITED", "RESOURCE_EXHAUSTED", 10],
    ]);
    expect(error?.fields.retryAfterMs).toBe(10_000);
    expect(error?.fields.metadata).toMatchObject({
      not_retried: "WAIT_TOO_LONG",
      retryable: "true",
    });
    expect(scene.places).toHaveLength(1);
  });

  it("of over a minute are not waited for, and hold for the next call too", async () => {
    const quiet = refuses(503, { headers: { "retry-after": "61" } });
    const scene = new AttemptScene({ one: [quiet], two: [says("hello")] });
    await scene.call({ options: { target: "one" } });
    const outcome = await scene.call({ options: { target: "one" } });
    expect(scene.places).toEqual(["one"]);
    expect(outcome.error?.reason).toBe("PROVIDER_UNAVAILABLE");
    expect(outcome.error?.fields.retryAfterMs).toBe(61_000);
    const { response } = await scene.call();
    expect(response?.route?.target).toBe("two");
    expect(scene.places).toEqual(["one", "two"]);
  });

  it("of many for one limit are not in vain when another call was told to wait longer", async () => {
    const limited = (seconds: string): Answer =>
      refuses(429, { headers: { "retry-after": seconds } });
    const scene = new AttemptScene({ one: [limited("1"), limited("1.5"), says("a"), says("b")] });
    scene.chance = 0;
    const outcomes = await scene.calls([{}, {}]);
    const texts = outcomes.map(({ response }) => response?.content?.message);
    expect(texts.toSorted()).toEqual(["a", "b"]);
    // Both were told at 10 ms; the second one said until 1510.
    expect(scene.starts).toEqual([0, 0, 1_510, 1_510]);
  });
});

describe("a deadline", () => {
  it("that is near leaves no time for a second attempt (U26)", async () => {
    const slow = fails("PROVIDER_UNAVAILABLE", { headMs: 900 });
    const scene = new AttemptScene({ one: [slow] });
    const outcome = await scene.call({ deadlineMs: 1_000 });
    expect([outcome.error?.reason, outcome.endMs]).toEqual(["PROVIDER_UNAVAILABLE", 900]);
    expect(why(outcome)).toBe("DEADLINE");
    expect(scene.places).toHaveLength(1);
  });

  it("that is near leaves time for what a target usually takes, whatever its peaks", async () => {
    const usual = says("usual", { headMs: 100 });
    const peak = says("peak", { headMs: 3_000 });
    const scene = new AttemptScene({
      one: [usual, usual, peak, refuses(503), says("again", { headMs: 100 }), refuses(503)],
    });
    for (let count = 0; count < 3; count += 1) await scene.call();
    const nowMs = scene.clock.now();
    const { response } = await scene.call({ deadlineMs: nowMs + 300 });
    expect(response?.content?.message).toBe("again");
    const { error } = await scene.call({ deadlineMs: scene.clock.now() + 200 });
    expect(error?.fields.metadata?.not_retried).toBe("DEADLINE");
  });

  it("that passes during an attempt is the caller's", async () => {
    const scene = new AttemptScene({ one: [{ silent: true }] });
    const { error, endMs } = await scene.call({ deadlineMs: 1_000 });
    expect([error?.reason, endMs]).toEqual(["CALLER_DEADLINE_EXCEEDED", 1_000]);
    expect(error?.fields.attempts).toHaveLength(1);
    expect(scene.sent[0]?.aborted?.ms).toBe(1_000);
  });
});

describe("x-should-retry", () => {
  it("true lets a refusal be tried again, and false an outage not", async () => {
    const told = (status: number, word: string): Answer =>
      refuses(status, { headers: { "x-should-retry": word, "retry-after": "1" } });
    const retried = new AttemptScene({ one: [told(400, "true"), says("hello")] });
    expect((await retried.call()).response?.content?.message).toBe("hello");
    const ended = new AttemptScene({ one: [told(503, "false")] });
    const outcome = await ended.call();
    expect(ended.places).toHaveLength(1);
    expect(outcome.error?.fields.metadata).toMatchObject({
      not_retried: "NOT_RETRYABLE",
      retryable: "false",
    });
    expect(outcome.error?.fields.retryAfterMs).toBeUndefined();
    const moved = new AttemptScene({ one: [told(503, "false")], two: [says("hello")] });
    expect((await moved.call()).response?.route?.target).toBe("two");
  });

  it("true goes with the wait that it means", async () => {
    const headers = { "x-should-retry": "true", "retry-after": "70" };
    const scene = new AttemptScene({ one: [refuses(400, { headers })] });
    const { error } = await scene.call();
    expect(error?.fields.metadata?.retryable).toBe("true");
    expect(error?.fields.retryAfterMs).toBe(70_000);
  });

  it("does not bring back a caller who has left", async () => {
    const body = [{ text: "{" }, { end: "silence" as const }];
    const scene = new AttemptScene({ one: [{ headers: { "x-should-retry": "true" }, body }] });
    const { error } = await scene.call({ cancelMs: 50 });
    expect(error?.reason).toBe("CALLER_CANCELLED");
    expect(scene.places).toHaveLength(1);
    expect(error?.fields.attempts).toHaveLength(1);
  });
});

describe("attempts", () => {
  it("are three in all, over all targets, and one where that is asked for", async () => {
    const down = [fails("PROVIDER_UNAVAILABLE")];
    const scripts = { one: down, two: down, three: down, four: down };
    const scene = new AttemptScene(scripts);
    const outcome = await scene.call();
    expect(scene.places).toEqual(["one", "two", "three"]);
    expect(why(outcome)).toBe("ATTEMPTS");
    const single = new AttemptScene(scripts);
    await single.call({ options: { retry: { maxAttempts: 1 } } });
    expect(single.places).toEqual(["one"]);
  });

  it("go to the others first, and then to the last again", async () => {
    const scene = new AttemptScene({
      one: [fails("PROVIDER_UNAVAILABLE")],
      two: [fails("PROVIDER_UNAVAILABLE"), says("hello")],
    });
    const { response } = await scene.call();
    expect(scene.places).toEqual(["one", "two", "two"]);
    expect(response?.content?.message).toBe("hello");
  });

  it("that the caller made impossible end as that, whatever is left of them", async () => {
    const scene = new AttemptScene({ one: [refuses(400)] });
    const outcome = await scene.call({ options: { retry: { maxAttempts: 1 } } });
    expect(why(outcome)).toBe("NOT_RETRYABLE");
  });

  it("leave no exchange open where an adapter fails before it reads", async () => {
    const scene = new AttemptScene({ one: [says("hello")] }, { targets: { one: brokenDecoder() } });
    const { error } = await scene.stream();
    expect(error?.reason).toBe("ADAPTER_FAULT");
  });
});

/** A wire whose decoder cannot be made. */
function brokenDecoder() {
  const { dialect } = chatTarget("any");
  const createDecoder = (): never => {
    throw new TypeError("a fault");
  };
  return { dialect: { ...dialect, createDecoder } };
}
