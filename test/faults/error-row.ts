import { expect } from "vitest";
import type { FaultWire } from "../dispatch/wire-failures.ts";
import { type ErrorRow, errorTable } from "./error-table.ts";
import { ms, type Outcome, type Question, type Scene, type Way } from "./fault-scene.ts";

/** Requests that a target gets which fails every time. */
export const timesAsked = { never: 1, once: 2, always: 3 } as const;

/** The rows that can happen on a wire. */
export function rowsOf(wire: FaultWire): readonly ErrorRow[] {
  return errorTable.filter(
    ({ wires, except }) => (wires?.includes(wire) ?? true) && !except?.includes(wire),
  );
}

/** The ways of a scene by which a row can happen. */
export function waysFor({ ways }: Scene, { only }: ErrorRow): readonly Way[] {
  return ways.filter(({ streamed }) => only === undefined || streamed === (only === "stream"));
}

/** Silence is given up soon, but not so soon that a good answer has no time. */
export function questionOf({ silent }: ErrorRow, limitMs: number): Question {
  const limit = ms(limitMs);
  return silent ? { options: { attemptTimeout: limit, firstDeltaTimeout: limit } } : {};
}

/** What an error must tell, whatever happened before it. */
export function isAsTheRow({ received, error }: Outcome, row: ErrorRow, attempts: number): void {
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
