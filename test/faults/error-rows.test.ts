// Proves every row of the table of failures over sockets: what a provider does, the status, reason,
// details and retry advice that a caller gets, how often the same target is asked, and whether
// another one is: for every wire, over each protocol, unary and streamed.
import { describe, expect, it } from "vitest";
import { type FaultWire, faultWires } from "../dispatch/wire-failures.ts";
import { type ErrorRow, errorTable } from "./error-table.ts";
import {
  byWays,
  ms,
  type Outcome,
  openScene,
  type Question,
  responseOf,
  simulatorOfFile,
  type Way,
  ways,
} from "./fault-scene.ts";

const simulator = simulatorOfFile();

const timesAsked = { never: 1, once: 2, always: 3 } as const;

function rowsOf(wire: FaultWire): readonly ErrorRow[] {
  return errorTable.filter(
    ({ wires, except }) => (wires?.includes(wire) ?? true) && !except?.includes(wire),
  );
}

function waysOf({ only }: ErrorRow): readonly Way[] {
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
    await byWays(waysOf(row), async (way) => {
      const outcome = await scene.ask(way, questionOf(row, 60));
      isAsTheRow(outcome, row, timesAsked[row.again]);
      expect(scene.requests(way)).toEqual([timesAsked[row.again]]);
      expect(outcome.error?.fields.metadata?.not_retried).toBe(
        row.again === "always" ? "ATTEMPTS" : "NOT_RETRYABLE",
      );
    });
  });

  it.each(rows)("$signal goes to another target: $elsewhere", async (row) => {
    const scene = await openScene(simulator(), [{ wire, plan: row.plan }, { wire }]);
    await byWays(waysOf(row), async (way) => {
      const outcome = await scene.ask(way, questionOf(row, 400));
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
