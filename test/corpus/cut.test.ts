// Proves that a recorded stream which is cut before its end never ends with OK and never hangs: cut at
// event boundaries (at every one with CONNECTORS_EXHAUSTIVE=1, else at some of each stream) and at random
// bytes, ended cleanly or torn. What was delivered stays a prefix of
// the whole text. Only behind the logical end (stop reason seen, last marker missing) may it be OK.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { inTurns } from "./in-turns.ts";
import { judgedApis } from "./judge.ts";
import { cutAnywhere, seededRandom } from "./pieces.ts";
import { corpusFolder, type Recording, recordingsOf } from "./recordings.ts";
import { ReplayRig, type StreamOutcome } from "./replay-rig.ts";

const randomCuts = 4;
const boundaryCutsMax =
  process.env.CONNECTORS_EXHAUSTIVE === undefined ? 6 : Number.POSITIVE_INFINITY;
const logicalEnd: Readonly<Record<string, RegExp>> = {
  "anthropic.messages": /"stop_reason"\s*:\s*"/,
  "openai.chat": /"finish_reason"\s*:\s*"/,
  "openai.responses": /"type"\s*:\s*"response\.(?:completed|incomplete|failed)"/,
};

describe.skipIf(corpusFolder === undefined)("streams that are cut", () => {
  const streams = recordingsOf(Object.keys(judgedApis)).filter(
    ({ stream, response }) => stream && response.json === undefined && response.status === 200,
  );
  let rig: ReplayRig;
  beforeAll(async () => {
    rig = await ReplayRig.start(streams);
  });
  afterAll(async () => {
    await rig.close();
  });

  it.each(Object.keys(judgedApis))("%s", { timeout: 300_000 }, async (api) => {
    const chosen = streams.filter((recording) => recording.api === api);
    const wrong: Record<string, string> = {};
    let cuts = 0;
    await inTurns(chosen, async (recording) => {
      const random = seededRandom(recording.id.length * 7919 + recording.response.text.length);
      const whole = Buffer.from(recording.response.text);
      const text = deliveredText((await rig.stream(recording, replay(recording, [whole]))).events);
      for (const place of placesOf(recording, random)) {
        const prefix = whole.subarray(0, place);
        const ending = random() < 0.5 ? "whole" : "reset";
        const outcome = await rig.stream(recording, {
          ...replay(recording, cutAnywhere(prefix, random, 4)),
          ending,
        });
        cuts++;
        const problem = problemOf(outcome, text, isLogicallyWhole(api, prefix.toString()));
        if (problem !== undefined) wrong[`${recording.id} at ${place} (${ending})`] = problem;
      }
    });
    console.info(`${api}: ${chosen.length} streams, ${cuts} cuts`);
    expect(chosen.length).toBeGreaterThan(0);
    expect(wrong).toEqual({});
  });
});

function replay({ response }: Recording, pieces: readonly Uint8Array[]) {
  return { status: 200, headers: response.headers, pieces, ending: "whole" as const };
}

/** Byte offsets: behind every event but the last, and some anywhere. */
function placesOf({ response }: Recording, random: () => number): readonly number[] {
  const bytes = Buffer.byteLength(response.text);
  const boundaries = [...response.text.matchAll(/\r?\n\r?\n/g)]
    .map(({ 0: blank, index }) => Buffer.byteLength(response.text.slice(0, index + blank.length)))
    .filter((place) => place < bytes);
  while (boundaries.length > boundaryCutsMax) {
    boundaries.splice(Math.floor(random() * boundaries.length), 1);
  }
  const anywhere = Array.from({ length: randomCuts }, () => Math.floor(random() * bytes));
  return [0, ...boundaries, ...anywhere];
}

function isLogicallyWhole(api: string, prefix: string): boolean {
  return logicalEnd[api]?.test(prefix) ?? false;
}

function problemOf(
  { events, error, response }: StreamOutcome,
  text: string,
  mayBeWhole: boolean,
): string | undefined {
  if (!text.startsWith(deliveredText(events)))
    return "the delivered text is no prefix of the whole";
  if (response === undefined) return error === undefined ? "OK without finished" : undefined;
  return mayBeWhole ? undefined : `OK: ${response.rawStopReason}`;
}

function deliveredText(events: readonly StreamCallResponse[]): string {
  return events.map(({ event }) => (event.case === "textDelta" ? event.value.text : "")).join("");
}
