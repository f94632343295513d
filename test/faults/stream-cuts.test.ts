// Proves what becomes of a stream that is cut anywhere (S01, S17): before its first delta it is
// asked for again, and nobody notices; after it, what came is the beginning of the answer, and the
// end says that it is no more; once all is said, it is the answer. For every wire, over each
// protocol; nothing is told twice, and no cut passes for an end.
import { describe, expect, it } from "vitest";
import { faultWires } from "../dispatch/wire-failures.ts";
import { type FaultPlan, pass } from "../support/fault-proxy.ts";
import { type Outcome, openScene, responseOf, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();
/** Cuts of one stream, spread over all its bytes. */
const cutsPerWire = 72;
/** Calls by one scene: more would be more retries than the budgets of its targets allow. */
const callsPerScene = 8;
const simulate = "text=9 chunks=5";

/** Cuts the first answer to each question at the byte that it names. */
function cutsAsked(): FaultPlan {
  const seen = new Set<string>();
  return (_, { headers }) => {
    const asked = headers["x-request-id"] ?? "";
    const [id = "", bytes = "0", by] = /cut-(\d+)-(\w+)/.exec(asked) ?? [];
    if (id === "" || seen.has(id)) return pass;
    seen.add(id);
    return { kind: "cut", bytes: Number(bytes), by: by === "reset" ? "reset" : "close" };
  };
}

function isWhole(outcome: Outcome, text: string, at: number): void {
  expect(outcome.text, `cut at ${at}`).toBe(text);
  expect(responseOf(outcome).content?.message).toBe(text);
  expect(outcome.events.filter(({ event }) => event.case === "started").length).toBe(1);
}

function isBeginning({ events, text, error }: Outcome, whole: string, at: number): void {
  expect(error?.reason, `cut at ${at}: ${error?.message}`).toBe("STREAM_TRUNCATED");
  expect(text.length).toBeGreaterThan(0);
  expect(whole.startsWith(text), `cut at ${at}: ${text}`).toBe(true);
  expect(events.some(({ event }) => event.case === "finished")).toBe(false);
  expect(error?.fields.progress?.outputChars).toBe(BigInt(text.length));
  expect(error?.fields.attempts?.length).toBe(1);
}

describe.each(faultWires)("%s", (wire) => {
  it("S01 a stream cut anywhere is asked for again, or its beginning, or whole", async () => {
    const first = await openScene(simulator(), [{ wire, simulate }]);
    const streams = first.ways.filter(({ streamed }) => streamed);
    const [way] = streams;
    if (way === undefined) throw new Error("no stream");
    const { text } = await first.ask(way);
    const bytes = first.proxy(way, 0).connections[0]?.socket.bytesWritten ?? 0;
    expect(bytes).toBeGreaterThan(300);
    const ends = { again: 0, beginning: 0, whole: 0 };
    for (let from = 0; from < cutsPerWire; from += callsPerScene) {
      const scene = await openScene(simulator(), [{ wire, simulate, plan: cutsAsked() }]);
      const cuts = Array.from({ length: callsPerScene }, async (_, index) => {
        // The last cut leaves one byte out.
        const at = Math.floor(((from + index + 1) * (bytes - 1)) / cutsPerWire);
        const by = index % 2 === 0 ? "reset" : "close";
        const options = { headers: { "x-request-id": `cut-${at}-${by}` } };
        const outcome = await scene.ask(streams[index % streams.length] ?? way, { options });
        if (outcome.error !== undefined) {
          isBeginning(outcome, text, at);
          ends.beginning += 1;
          return;
        }
        isWhole(outcome, text, at);
        const { length } = responseOf(outcome).route?.attempts ?? [];
        ends[length === 2 ? "again" : "whole"] += 1;
      });
      await Promise.all(cuts);
    }
    expect(ends.again).toBeGreaterThan(0);
    expect(ends.beginning).toBeGreaterThan(0);
    expect(ends.whole).toBeGreaterThan(0);
  });
});
