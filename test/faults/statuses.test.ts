// Proves that every status of HTTP that is an error is classified (U17), whatever its body: the
// provider's own, none, a page, a mebibyte, or bytes that are no text; for every wire, each status
// over one of the protocols; and that the message for people is short and clean.
import { describe, expect, it } from "vitest";
import { reasons } from "../../src/contract/reasons.ts";
import { faultWires, ownWords, statuses } from "../dispatch/wire-failures.ts";
import type { FaultPlan } from "../support/fault-proxy.ts";
import { answer } from "./error-table.ts";
import { errorOf, once, openScene, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();

/** A mebibyte of what no message may hold. */
const large = "\u001b[31m\r\nx".repeat(1 << 17);
const bodies = ["", "<h1>Bad</h1>", large, '{"error":{"message":"No."}}', "\ufffd\u0000"] as const;

/** What each status says on its own; others are the caller's fault or the server's. */
const told = new Map(statuses);

function reasonOf(status: number): string {
  const known = told.get(status);
  if (known !== undefined) return known;
  if (status === 499) return "CALLER_CANCELLED";
  if (status >= 520 && status <= 527) return "PROVIDER_EDGE_ERROR";
  return status < 500 ? "PROVIDER_INVALID_REQUEST" : "PROVIDER_INTERNAL";
}

/** Statuses that mean more on some wires, and those of a refused key, which rests afterwards. */
const special = new Set([401, 402, 403, 404, 413, 424, 429, 498]);

/** Answers with the status that the request names. */
const plan: FaultPlan = (_, { headers }) => {
  const [, status = "500", body = "0"] = /s(\d+)-(\d)/.exec(headers["x-request-id"] ?? "") ?? [];
  return answer(Number(status), bodies[Number(body)] ?? "");
};

describe.each(faultWires)("%s", (wire) => {
  it("U17 every status from 400 to 599 is classified, whatever its body", async () => {
    let scene = await openScene(simulator(), [{ wire, plan }]);
    for (let code = 400; code < 500; code += 1) {
      // Answers of both kinds in turn, so that no target is left alone for failing too often.
      for (const status of [code, code + 100]) {
        const way = scene.ways[code % scene.ways.length];
        const body = (code + status) % bodies.length;
        if (way === undefined || special.has(status)) continue;
        const headers = { "x-request-id": `s${status}-${body}` };
        const error = errorOf(await scene.ask(way, { options: { ...once, headers } }));
        const allowed = [reasonOf(status), ownWords[wire][status]];
        expect(allowed, `status ${status}, body ${body}`).toContain(error.reason);
        expect(error.code).toBe(reasons[error.reason].code);
        expect(error.fields.metadata?.http_status).toBe(String(status));
        expect(error.message.length).toBeLessThanOrEqual(600);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
        expect(error.message).not.toMatch(/[\u0000-\u001f]/);
      }
      if (code % 25 === 24) scene = await openScene(simulator(), [{ wire, plan }]);
    }
  });
});
