// Proves that recorded answers of real providers come through a running server unchanged: text,
// thinking, tool calls, stop reason, usage and errors, with the bytes cut anywhere, over gRPC and
// real sockets. Every exception is listed with its reason in known-exceptions.json; one that no
// longer fails must go.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTurns } from "./in-turns.ts";
import { differences } from "./judge.ts";
import { judgedAPIs, judgedNames } from "./judged-apis.ts";
import { cutAnywhere, seededRandom } from "./pieces.ts";
import { corpusFolder, type Recording, recordingsOf } from "./recordings.ts";
import { ReplayRig } from "./replay-rig.ts";
import { report } from "./tally.ts";

const known = JSON.parse(
  readFileSync(new URL("known-exceptions.json", import.meta.url), "utf8"),
) as Readonly<Record<string, string>>;

describe.skipIf(corpusFolder === undefined)("recorded answers", () => {
  const all = recordingsOf(judgedNames);
  let rig: ReplayRig;
  beforeAll(async () => {
    rig = await ReplayRig.start(all);
  });
  afterAll(async () => {
    await rig.close();
  });

  it.each(judgedNames)("%s", { timeout: 120_000 }, async (api) => {
    const recordings = all.filter((recording) => recording.api === api);
    const judged = recordings.flatMap((recording) => {
      const expected = judgedAPIs[api]?.expect(recording);
      return expected === undefined ? [] : [{ recording, expected }];
    });
    const unequal = new Map<string, readonly string[]>();
    await inTurns(judged, async ({ recording, expected }) => {
      const answer = await rig.answer(recording, piecesOf(recording));
      const found = differences(expected, answer);
      if (found.length > 0) unequal.set(recording.id, found);
    });
    const listed = judged.filter(({ recording }) => recording.id in known).length;
    report({
      api,
      judge: "answers",
      recordings: recordings.length,
      judged: judged.length,
      equal: judged.length - unequal.size,
    });
    const surprising = [...unequal].filter(([id]) => !(id in known));
    expect(Object.fromEntries(surprising)).toEqual({});
    expect(listed, "an exception that is listed no longer fails").toBe(unequal.size);
    expect(unequal.size / judged.length).toBeLessThanOrEqual(0.01);
  });
});

function piecesOf({ id, response }: Recording): readonly Uint8Array[] {
  const seed = [...id].reduce((sum, character) => sum * 31 + character.charCodeAt(0), 7);
  return cutAnywhere(response.bytes, seededRandom(seed));
}
