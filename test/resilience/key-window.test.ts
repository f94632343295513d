// Proves when a request may be sent under a key by what the provider's headers grant, in each
// spelling; that requests are counted down between answers; that a bucket is waited for by the
// request and not by the whole; what a parked model and a key that was refused wait for.
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { KeyQuarantine } from "../../src/resilience/key-quarantine.ts";
import { KeyWindow } from "../../src/resilience/key-window.ts";
import { defaultResilience } from "../../src/resilience/settings.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

type Headers = Record<string, string>;

function start(): { readonly clock: VirtualClock; readonly window: KeyWindow } {
  const clock = new VirtualClock(Date.UTC(2026, 10, 23, 12, 0, 0));
  return { clock, window: new KeyWindow(clock) };
}

/** How long the next request waits after such an answer, ms. */
function waitAfter(headers: Headers): number {
  const { clock, window } = start();
  window.observe(headers, clock.wallTimeMs());
  return window.waitMs();
}

function openAI(remaining: number, reset = "1m0s", limit = 60): Headers {
  return {
    "x-ratelimit-limit-requests": String(limit),
    "x-ratelimit-remaining-requests": String(remaining),
    "x-ratelimit-reset-requests": reset,
  };
}

describe("an answer's headers", () => {
  it.each<[string, Headers, number]>([
    ["none", {}, 0],
    ["something left", openAI(1), 0],
    ["nothing left: one sixtieth of a minute", openAI(0), 1_000],
    ["nothing left of a limit of a day", openAI(0, "23h59m60s", 14_400), 6_000],
    ["milliseconds", openAI(0, "120ms", 1), 120],
    ["seconds", openAI(0, "30", 1), 30_000],
    [
      "no size told: the whole reset",
      { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "7s" },
      7_000,
    ],
    [
      "the spelling of Anthropic",
      {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": "2026-11-23T12:00:50Z",
      },
      1_000,
    ],
    [
      "no tokens left: a tenth of them has to be back",
      {
        "anthropic-ratelimit-input-tokens-limit": "40000",
        "anthropic-ratelimit-input-tokens-remaining": "0",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-23T12:01:00Z",
      },
      6_000,
    ],
    [
      "few tokens left, and the cost of a request is not known",
      { "x-ratelimit-remaining-tokens": "3", "x-ratelimit-reset-tokens": "60s" },
      0,
    ],
    [
      "two limits: the longer wait",
      {
        ...openAI(0),
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "0",
        "x-ratelimit-reset-tokens": "20s",
      },
      2_000,
    ],
    ["no reset told", { "x-ratelimit-remaining-req-minute": "0" }, 0],
    ["a reset that is past", openAI(0, "2026-11-23T11:59:59Z"), 0],
    ["an instant in seconds since 1970, which is no span", openAI(0, "1795435200"), 0],
    ["a reset in words", openAI(0, "soon"), 0],
    [
      "a remainder in words",
      { "x-ratelimit-remaining-requests": "none", "x-ratelimit-reset-requests": "7s" },
      0,
    ],
    ["a remainder below none", { ...openAI(0), "x-ratelimit-remaining-requests": "-1" }, 0],
    ["other headers of that kind", { "x-ratelimit-abusepenalty-active": "False" }, 0],
  ])("%s", (_, headers, waitMs) => {
    expect(waitAfter(headers)).toBe(waitMs);
  });

  it("ends its wait on time", () => {
    const { clock, window } = start();
    window.observe(openAI(0), clock.wallTimeMs());
    clock.advance(999);
    expect(window.waitMs()).toBe(1);
    clock.advance(1);
    expect(window.waitMs()).toBe(0);
  });

  it("are counted down by the requests that leave", () => {
    const { clock, window } = start();
    window.observe(openAI(3), clock.wallTimeMs());
    const waits: number[] = [];
    for (let request = 0; request < 5; request++) {
      waits.push(window.waitMs());
      window.take();
    }
    // Of the 57 that are missing one comes back every 60 s / 57.
    expect(waits).toEqual([0, 0, 0, 1_053, 2_106]);
  });

  it("count anew with each answer", () => {
    const { clock, window } = start();
    window.observe(openAI(1), clock.wallTimeMs());
    window.take();
    expect(window.waitMs()).toBeGreaterThan(0);
    window.observe(openAI(1), clock.wallTimeMs());
    expect(window.waitMs()).toBe(0);
  });

  it("stay in force through an answer that has none of them", () => {
    const { clock, window } = start();
    window.observe(openAI(0), clock.wallTimeMs());
    for (let answer = 0; answer < 200; answer++) {
      window.observe({ "content-type": "text/html" }, clock.wallTimeMs());
    }
    expect(window.waitMs()).toBe(1_000);
  });

  it("are found when they are told late, and when they are told of another limit", () => {
    const { clock, window } = start();
    for (let answer = 0; answer < 10; answer++) window.observe({}, clock.wallTimeMs());
    for (let answer = 0; answer < 64; answer++) window.observe(openAI(0), clock.wallTimeMs());
    expect(window.waitMs()).toBe(1_000);
    const tokens = { "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s" };
    window.observe(tokens, clock.wallTimeMs());
    expect(window.waitMs()).toBe(9_000);
  });

  const text = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom("6m0s", "120ms", "2026-11-23T12:00:50Z", "-5", "1e400", "99999999999999999999"),
  );

  test.prop([text, text, text, fc.nat({ max: 100 })])(
    "never lead to a wait that cannot be waited",
    (limit, remaining, reset, taken) => {
      const { clock, window } = start();
      const headers = {
        "x-ratelimit-limit-requests": limit,
        "x-ratelimit-remaining-requests": remaining,
        "x-ratelimit-reset-requests": reset,
      };
      window.observe(headers, clock.wallTimeMs());
      for (let request = 0; request < taken; request++) window.take();
      const waitMs = window.waitMs();
      expect(Number.isSafeInteger(waitMs)).toBe(true);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      clock.advance(waitMs);
      expect(window.waitMs()).toBe(0);
    },
  );
});

describe("a parked model", () => {
  it("waits until its instant, and says why", () => {
    const { clock, window } = start();
    window.park(5_000, "PROVIDER_QUOTA_EXHAUSTED");
    expect(window.waitMs()).toBe(5_000);
    expect(window.parked).toEqual({ untilMs: 5_000, reason: "PROVIDER_QUOTA_EXHAUSTED" });
    clock.advance(5_000);
    expect(window.waitMs()).toBe(0);
    expect(window.parked).toBeUndefined();
  });

  it("is not let go earlier by a shorter wait", () => {
    const { window } = start();
    window.park(5_000, "PROVIDER_QUOTA_EXHAUSTED");
    window.park(2_000, "PROVIDER_RATE_LIMITED");
    expect(window.parked?.reason).toBe("PROVIDER_QUOTA_EXHAUSTED");
    window.park(9_000, "PROVIDER_RATE_LIMITED");
    expect(window.waitMs()).toBe(9_000);
  });
});

describe("a refused key", () => {
  function refusals(count: number): { clock: VirtualClock; key: KeyQuarantine; waits: number[] } {
    const clock = new VirtualClock();
    const key = new KeyQuarantine(clock);
    const waits = Array.from({ length: count }, () => {
      key.refuse("PROVIDER_CREDENTIAL_INVALID");
      const waitMs = key.waitMs();
      clock.advance(waitMs);
      return waitMs;
    });
    return { clock, key, waits };
  }

  it("is set aside for five seconds, and twice as long each time, up to five minutes", () => {
    const { waits } = refusals(9);
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((each) => each * 1_000));
  });

  it("is set aside once for all attempts that were under way", () => {
    const { key } = refusals(0);
    for (let each = 0; each < 50; each++) key.refuse("PROVIDER_BILLING_EXHAUSTED");
    expect(key.waitMs()).toBe(5_000);
  });

  it("says why as long as it is", () => {
    const { clock, key } = refusals(0);
    expect(key.reason).toBeUndefined();
    key.refuse("PROVIDER_BILLING_EXHAUSTED");
    expect(key.reason).toBe("PROVIDER_BILLING_EXHAUSTED");
    clock.advance(5_000);
    expect(key.reason).toBeUndefined();
  });

  it("is as good as new once it was taken", () => {
    const { key } = refusals(6);
    key.clear();
    expect(key.waitMs()).toBe(0);
    key.refuse("PROVIDER_CREDENTIAL_INVALID");
    expect(key.waitMs()).toBe(5_000);
  });

  it("takes settings", () => {
    const settings = { ...defaultResilience, quarantineMs: 10, quarantineMsMax: 15 };
    const clock = new VirtualClock();
    const key = new KeyQuarantine(clock, settings);
    key.refuse("PROVIDER_CREDENTIAL_INVALID");
    clock.advance(10);
    key.refuse("PROVIDER_CREDENTIAL_INVALID");
    expect(key.waitMs()).toBe(15);
  });
});
