// Proves that a recorded stream which is cut before its end never ends with OK and never hangs: cut
// at event boundaries (at every one with CONNECTORS_EXHAUSTIVE=1, else at some of each stream) and
// at random bytes, ended cleanly or torn. What was delivered stays a prefix of the whole text. Only
// behind the logical end (stop reason seen, last marker missing) may it be OK.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { inTurns } from "./in-turns.ts";
import { judgedAPIs, judgedNames } from "./judged-apis.ts";
import { cutAnywhere, seededRandom } from "./pieces.ts";
import { corpusFolder, type Recording, recordingsOf } from "./recordings.ts";
import { ReplayRig, type StreamOutcome } from "./replay-rig.ts";
import { report } from "./tally.ts";

const randomCuts = 4;
const boundaryCutsMax =
  process.env.CONNECTORS_EXHAUSTIVE === undefined ? 6 : Number.POSITIVE_INFINITY;
describe.skipIf(corpusFolder === undefined)("streams that are cut", () => {
  const streams = recordingsOf(judgedNames).filter(
    ({ stream, response }) => stream && response.json === undefined && response.status === 200,
  );
  let rig: ReplayRig;
  beforeAll(async () => {
    rig = await ReplayRig.start(streams);
  });
  afterAll(async () => {
    await rig.close();
  });

  it.each(judgedNames)("%s", { timeout: 300_000 }, async (api) => {
    const chosen = streams.filter((recording) => recording.api === api);
    const wrong: Record<string, string> = {};
    let cuts = 0;
    await inTurns(chosen, async (recording) => {
      const random = seededRandom(recording.id.length * 7919 + recording.response.text.length);
      const whole = recording.response.bytes;
      const text = deliveredText((await rig.stream(recording, replay(recording, [whole]))).events);
      for (const place of placesOf(recording, random)) {
        const prefix = whole.subarray(0, place);
        const ending = random() < 0.5 ? "whole" : "reset";
        const outcome = await rig.stream(recording, {
          ...replay(recording, cutAnywhere(prefix, random, 4)),
          ending,
        });
        cuts++;
        const problem = problemOf(outcome, text, isLogicallyWhole(api, prefix));
        if (problem !== undefined) wrong[`${recording.id} at ${place} (${ending})`] = problem;
      }
    });
    const equal = cuts - Object.keys(wrong).length;
    report({ api, judge: "cuts", recordings: chosen.length, judged: cuts, equal });
    expect(wrong).toEqual({});
  });
});

function replay({ response }: Recording, pieces: readonly Uint8Array[]) {
  return { status: 200, headers: response.headers, pieces, ending: "whole" as const };
}

/** Byte offsets: behind every event but the last, and some anywhere. */
function placesOf({ response }: Recording, random: () => number): readonly number[] {
  const { bytes } = response;
  const boundaries = eventEnds(response).filter((place) => place < bytes.length);
  while (boundaries.length > boundaryCutsMax) {
    boundaries.splice(Math.floor(random() * boundaries.length), 1);
  }
  const anywhere = Array.from({ length: randomCuts }, () => Math.floor(random() * bytes.length));
  return [0, ...boundaries, ...anywhere];
}

/** Ends of events: blank lines, line ends of JSON lines, or messages of an AWS event stream. */
function eventEnds({ bytes, text, isBinary }: Recording["response"]): number[] {
  if (isBinary) {
    const ends: number[] = [];
    for (let end = 0; end + 4 <= bytes.length; ) {
      end += Math.max(bytes.readUInt32BE(end), 16);
      ends.push(end);
    }
    return ends;
  }
  const isSSE = /^\s*(?:data|event|id|retry)?:/.test(text);
  return [...text.matchAll(isSSE ? /\r?\n\r?\n/g : /\n/g)].map(({ 0: end, index }) =>
    Buffer.byteLength(text.slice(0, index + end.length)),
  );
}

function isLogicallyWhole(api: string, prefix: Buffer): boolean {
  return judgedAPIs[api]?.logicalEnd?.test(prefix.toString("latin1")) ?? false;
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
