// Proves every row of the table of failures over sockets: what a provider does, the status, reason,
// details and retry advice that a caller gets, and how often the same target is asked: for every
// wire, over each protocol, unary and streamed. Whether another one is: error-moves.test.ts.
import { describe, expect, it } from "vitest";
import { faultWires } from "../dispatch/wire-failures.ts";
import { always } from "../support/fault-proxy.ts";
import { byEveryWay, byWays } from "./by-every-way.ts";
import { isAsTheRow, questionOf, rowsOf, timesAsked, waysFor } from "./error-row.ts";
import { answer } from "./error-table.ts";
import { once, openScene, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();

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
  const scene = await openScene(simulator(), [{ wire: "anthropic", plan: always(answer(503)) }]);
  const headers = { "grpc-previous-rpc-attempts": "1" };
  // Connect's clients tell no such number.
  await byWays(
    scene.ways.filter(({ protocol }) => protocol.protocol !== "connect"),
    async (way) => {
      const reasons: (string | undefined)[] = [];
      for (let call = 0; call < 16; call += 1) {
        const { error, received } = await scene.ask(way, { headers, options: once });
        reasons.push(error?.reason);
        if (error?.reason !== "RETRY_BUDGET_EXHAUSTED") continue;
        expect(error.status).toBe("UNAVAILABLE");
        expect(error.fields.retryAfterMs).toBeGreaterThan(0);
        expect(Number(received?.metadata.get("grpc-retry-pushback-ms"))).toBeGreaterThan(0);
      }
      // The first finds a target that is well.
      const sent = Array.from({ length: 11 }, () => "PROVIDER_UNAVAILABLE");
      expect(reasons.slice(0, 11)).toEqual(sent);
      expect(reasons).toContain("RETRY_BUDGET_EXHAUSTED");
      const isSent = (reason: string | undefined) => reason === "PROVIDER_UNAVAILABLE";
      expect(scene.requests(way)[0]).toBe(reasons.filter(isSent).length);
    },
  );
});
