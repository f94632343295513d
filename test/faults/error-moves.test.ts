// Proves for every row of the table of failures over sockets whether another target is asked, with
// one request to each: for every wire, unary and streamed.
import { describe, expect, it } from "vitest";
import { faultWires } from "../dispatch/wire-failures.ts";
import { byWays } from "./by-every-way.ts";
import { isAsTheRow, questionOf, rowsOf, timesAsked, waysFor } from "./error-row.ts";
import { openScene, responseOf, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();

describe.each(faultWires)("%s", (wire) => {
  const rows = rowsOf(wire);
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
