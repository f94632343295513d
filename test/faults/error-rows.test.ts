// Proves every row of the table of failures over sockets: what a provider does, the status, reason,
// details and retry advice that a caller gets, how often the same target is asked, and whether
// another one is: for every wire, over each protocol, unary and streamed.
import { describe, expect, it } from "vitest";
import { type FaultWire, faultWires } from "../dispatch/wire-failures.ts";
import { always } from "../support/fault-proxy.ts";
import { byEveryWay, byWays } from "./by-every-way.ts";
import { answer, type ErrorRow, errorTable } from "./error-table.ts";
import {
  ms,
  type Outcome,
  openScene,
  type Question,
  responseOf,
  type Scene,
  simulatorOfFile,
  type Way,
} from "./fault-scene.ts";

const simulator = simulatorOfFile();

const timesAsked = { never: 1, once: 2, always: 3 } as const;

function rowsOf(wire: FaultWire): readonly ErrorRow[] {
  return errorTable.filter(
    ({ wires, except }) => (wires?.includes(wire) ?? true) && !except?.includes(wire),
  );
}

function waysFor({ ways }: Scene, { only }: ErrorRow): readonly Way[] {
  return ways.filter(({ streamed }) => only === undefined || streamed === (only === "stream"));
}

/** Silence is given up soon, but not so soon that a good answer has no time. */
function questionOf({ silent }: ErrorRow, limitMs: number): Question {
  const limit = ms(limitMs);
  return silent ? { options: { attemptTimeout: limit, firstDeltaTimeout: limit } } : {};
}

/** What an error must tell, whatever happened before it. */
function isAsTheRow({ received, error }: Outcome, row: ErrorRow, attempts: number): void {
  expect([error?.reason, error?.status], error?.message).toEqual([row.reason, row.status]);
  const names = (received?.details ?? []).map((detail) =>
    "type" in detail ? detail.type.split(".").at(-1) : detail.desc.name,
  );
  const progress = error?.fields.progress === undefined ? [] : ["StreamProgress"];
  expect(names.toSorted()).toEqual(
    ["ErrorInfo", "AttemptLog", ...row.details, ...progress].toSorted(),
  );
  const isFinal = error?.fields.metadata?.retryable === "false";
  const waitMs = error?.fields.retryAfterMs;
  expect(received?.metadata.get("grpc-retry-pushback-ms") ?? undefined).toBe(
    isFinal ? "-1" : waitMs?.toString(),
  );
  expect(row.details.includes("RetryInfo")).toBe(waitMs !== undefined);
  expect(error?.fields.metadata).toMatchObject({ attempts: String(attempts) });
  expect(error?.fields.attempts?.map(({ reason }) => reason)).toEqual(
    Array.from({ length: attempts }, () => row.reason),
  );
}

describe.each(faultWires)("%s", (wire) => {
  const rows = rowsOf(wire);
  it.each(rows)("$signal is $reason, and is tried again $again", async (row) => {
    const scene = await openScene(simulator(), [{ wire, plan: row.plan }]);
    await byWays(waysFor(scene, row), async (way) => {
      const outcome = await scene.ask(way, questionOf(row, 150));
      isAsTheRow(outcome, row, timesAsked[row.again]);
      expect(scene.requests(way)).toEqual([timesAsked[row.again]]);
      expect(outcome.error?.fields.metadata?.not_retried).toBe(
        row.again === "always" ? "ATTEMPTS" : "NOT_RETRYABLE",
      );
    });
  });

  it.each(rows)("$signal goes to another target: $elsewhere", async (row) => {
    const scene = await openScene(simulator(), [{ wire, plan: row.plan }, { wire }]);
    await byWays(waysFor(scene, row), async (way) => {
      const outcome = await scene.ask(way, questionOf(row, 600));
      if (!row.elsewhere) {
        isAsTheRow(outcome, row, timesAsked[row.again]);
        expect(scene.requests(way)).toEqual([timesAsked[row.again], 0]);
        return;
      }
      const { route, content } = responseOf(outcome);
      expect(content?.message).toBe(outcome.text);
      expect(scene.requests(way)).toEqual([1, 1]);
      expect(route?.attempts.map(({ reason }) => reason)).toEqual([row.reason, ""]);
      expect(route?.target).toBe(route?.attempts.at(-1)?.target);
    });
  });
});

it("401 of a caller's own key is the caller's matter", async () => {
  const places = [{ wire: "anthropic", plan: always(answer(401)) }, { wire: "anthropic" }] as const;
  const scene = await openScene(simulator(), places);
  await byEveryWay(scene, async (way) => {
    const { error, received } = await scene.ask(way, { options: { apiKey: "sk-of-the-caller" } });
    expect([error?.reason, error?.status]).toEqual([
      "CALLER_PROVIDER_KEY_REJECTED",
      "UNAUTHENTICATED",
    ]);
    expect(received?.metadata.get("grpc-retry-pushback-ms")).toBe("-1");
    expect(scene.requests(way)).toEqual([1, 0]);
  });
});

it("403 of a caller's own key is denied to the caller", async () => {
  const scene = await openScene(simulator(), [{ wire: "anthropic", plan: always(answer(403)) }]);
  await byEveryWay(scene, async (way) => {
    const { error } = await scene.ask(way, { options: { apiKey: "sk-of-the-caller" } });
    expect([error?.reason, error?.status]).toEqual([
      "PROVIDER_PERMISSION_DENIED",
      "PERMISSION_DENIED",
    ]);
  });
});

it("a retry of a client's own is refused once the budget is spent", async () => {
  const scene = await openScene(simulator(), [{ wire: "anthropic" }]);
  const headers = { "grpc-previous-rpc-attempts": "1" };
  // Connect's clients tell no such number.
  await byWays(
    scene.ways.filter(({ protocol }) => protocol.protocol !== "connect"),
    async (way) => {
      const reasons: (string | undefined)[] = [];
      for (let call = 0; call < 16; call += 1) {
        const { error, received } = await scene.ask(way, { headers });
        reasons.push(error?.reason);
        if (error === undefined) continue;
        expect([error.reason, error.status]).toEqual(["RETRY_BUDGET_EXHAUSTED", "UNAVAILABLE"]);
        expect(error.fields.retryAfterMs).toBeGreaterThan(0);
        expect(Number(received?.metadata.get("grpc-retry-pushback-ms"))).toBeGreaterThan(0);
      }
      expect(reasons.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => undefined));
      expect(reasons).toContain("RETRY_BUDGET_EXHAUSTED");
      expect(scene.requests(way)[0]).toBe(reasons.filter((reason) => !reason).length);
    },
  );
});
