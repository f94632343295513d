// Proves how long a call waits before it tries again, and when it does not (U20 to U27): the
// provider's own wait in every form, the caller's deadline, attempts in all, and an outage of a
// provider with what comes after it. Over each protocol, unary and streamed.
import type { Duration } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { always, type Fault, type FaultPlan, pass } from "../support/fault-proxy.ts";
import { byEveryWay } from "./by-every-way.ts";
import { answer } from "./error-table.ts";
import {
  errorOf,
  ms,
  type Outcome,
  openScene,
  responseOf,
  simulatorOfFile,
  type Way,
} from "./fault-scene.ts";

const simulator = simulatorOfFile();

/** A limit with these headers at first, and then an answer. */
function limitedOnce(headers: () => string): FaultPlan {
  return (index) => (index === 0 ? answer(429, "", headers()) : pass);
}

interface Wait {
  readonly title: string;
  readonly headers: () => string;
  /** The least and the most between the two attempts, ms. */
  readonly gapMs: readonly [number, number];
}

/** What a machine with other work may add, ms. */
const slackMs = 600;
/** The longest first backoff where a provider does not say how long. */
const backoffMs = 1000;

const waits: readonly Wait[] = [
  { title: "retry-after: 0", headers: () => "retry-after: 0\r\n", gapMs: [0, 300] },
  { title: "retry-after: 0.3", headers: () => "retry-after: 0.3\r\n", gapMs: [300, 330] },
  { title: "retry-after-ms: 200", headers: () => "retry-after-ms: 200\r\n", gapMs: [200, 220] },
  {
    title: "two of them, of which the first counts",
    headers: () => "retry-after: 0.2\r\nretry-after: 30\r\n",
    gapMs: [200, 220],
  },
  {
    title: "a date that is to come",
    headers: () => `retry-after: ${new Date(Date.now() + 2000).toUTCString()}\r\n`,
    gapMs: [900, 2200],
  },
  ...["-1", "1e9", "1000000000", "NaN", "Thu, 01 Jan 1970 00:00:00 GMT"].map((value) => ({
    title: `retry-after: ${value}, which is none`,
    headers: () => `retry-after: ${value}\r\n`,
    gapMs: [0, backoffMs] as const,
  })),
];

/** Time between the end of the first attempt and the start of the second, as the server told it. */
function gapMsOf({ response }: Outcome): number {
  const [first, second] = response?.route?.attempts ?? [];
  // Summed before it is rounded, or what lies close together could come out the wrong way round.
  const at = (span: Duration | undefined) => Number(span?.seconds ?? 0n) * 1e9 + (span?.nanos ?? 0);
  return Math.round((at(second?.startOffset) - at(first?.startOffset) - at(first?.total)) / 1e6);
}

describe.each(["anthropic", "custom-openai-chat"] as const)("%s", (wire) => {
  it.each(waits)("U20 $title", async ({ headers, gapMs: [least, most] }) => {
    const scene = await openScene(simulator(), [{ wire, plan: limitedOnce(headers) }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way);
      const { route } = responseOf(outcome);
      expect(route?.attempts.map(({ reason }) => reason)).toEqual(["PROVIDER_RATE_LIMITED", ""]);
      expect(scene.requests(way)).toEqual([2]);
      expect(gapMsOf(outcome)).toBeGreaterThanOrEqual(least);
      expect(gapMsOf(outcome)).toBeLessThan(most + slackMs);
    });
  });

  it.each([
    ["U20 a wait of ten minutes", "retry-after: 600\r\n", 600_000, {}],
    ["U27 a wait beyond the deadline", "retry-after: 10\r\n", 10_000, { timeout: ms(5000) }],
  ])("%s is told at once, and not waited for", async (_, headers, waitMs, options) => {
    const scene = await openScene(simulator(), [{ wire, plan: always(answer(429, "", headers)) }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options });
      const { reason, status, fields } = errorOf(outcome);
      expect([reason, status]).toEqual(["PROVIDER_RATE_LIMITED", "RESOURCE_EXHAUSTED"]);
      expect(fields.retryAfterMs).toBe(waitMs);
      expect(fields.metadata?.not_retried).toBe("WAIT_TOO_LONG");
      expect(outcome.received?.metadata.get("grpc-retry-pushback-ms")).toBe(String(waitMs));
      expect(outcome.tookMs).toBeLessThan(2000);
      expect(scene.requests(way)).toEqual([1]);
    });
  });

  it("U24 five failures are two too many", async () => {
    const scene = await openScene(simulator(), [{ wire, plan: always(answer(503), 5) }]);
    await byEveryWay(scene, async (way) => {
      expect(errorOf(await scene.ask(way)).reason).toBe("PROVIDER_UNAVAILABLE");
      expect(scene.requests(way)).toEqual([3]);
    });
  });

  it("U24 two failures are not", async () => {
    const scene = await openScene(simulator(), [{ wire, plan: always(answer(503), 2) }]);
    await byEveryWay(scene, async (way) => {
      const { route } = responseOf(await scene.ask(way));
      expect(route?.attempts.length).toBe(3);
      expect(scene.requests(way)).toEqual([3]);
    });
  });

  it("U26 no attempt begins that the deadline would cut", async () => {
    const late: Fault = { kind: "late", ms: 500, fault: answer(500) };
    const scene = await openScene(simulator(), [{ wire, plan: always(late) }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options: { timeout: ms(800) } });
      const { reason, fields } = errorOf(outcome);
      expect([reason, fields.metadata?.not_retried]).toEqual(["PROVIDER_INTERNAL", "DEADLINE"]);
      expect(outcome.tookMs).toBeLessThan(850);
      expect(scene.requests(way)).toEqual([1]);
    });
  });
});

describe.each(["custom-openai-chat", "custom-cohere", "custom-ollama"] as const)("%s", (wire) => {
  it("U22 words alone do not prove that money is spent", async () => {
    const body = JSON.stringify({
      message: "insufficient quota",
      error: { message: "insufficient quota, check your plan and billing" },
    });
    const plan = always(answer(429, body, "retry-after-ms: 5\r\n"));
    const scene = await openScene(simulator(), [{ wire, plan }]);
    await byEveryWay(scene, async (way) => {
      const { reason, status, fields } = errorOf(await scene.ask(way));
      expect([reason, status]).toEqual(["PROVIDER_RATE_LIMITED", "RESOURCE_EXHAUSTED"]);
      expect(fields.metadata?.retryable).toBe("true");
      expect(scene.requests(way)).toEqual([3]);
    });
  });
});

it("U25 an outage costs one attempt in ten more, and is over soon after it ends", async () => {
  let isHealed = false;
  const plan: FaultPlan = () => (isHealed ? pass : answer(503));
  const scene = await openScene(simulator(), [{ wire: "anthropic", plan }]);
  const [way] = scene.ways as [Way, ...Way[]];
  const calls = 600;
  const reasons = new Map<string, number>();
  for (let done = 0; done < calls; done += 20) {
    const wave = Array.from({ length: 20 }, () => scene.ask(way));
    for (const outcome of await Promise.all(wave)) {
      const { reason } = errorOf(outcome);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  const [attempts = 0] = scene.requests(way);
  // A budget of ten to begin with, one a second, and a tenth of the calls.
  expect(attempts).toBeLessThanOrEqual(calls * 1.1 + 20);
  expect(reasons.get("TARGET_CIRCUIT_OPEN")).toBeGreaterThan(calls / 2);
  isHealed = true;
  const healedAt = performance.now();
  for (;;) {
    const outcome = await scene.ask(way);
    if (outcome.response !== undefined) break;
    expect(performance.now() - healedAt).toBeLessThan(5000);
  }
  expect(performance.now() - healedAt).toBeLessThan(5000);
}, 40_000);
