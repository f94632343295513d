// Proves that exchanges with live servers that broke off, because the client left or the server
// died, never end with OK, and that what was said until then came through.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judgedNames } from "./judged-apis.ts";
import { brokenRecordings, corpusFolder } from "./recordings.ts";
import { ReplayRig } from "./replay-rig.ts";

const broken = brokenRecordings(judgedNames);

if (corpusFolder === undefined) {
  console.info("test/corpus/live.test.ts is skipped: CONNECTORS_CORPUS is not set");
}

describe.skipIf(broken.length === 0)("live exchanges that broke off", () => {
  let rig: ReplayRig;
  beforeAll(async () => {
    rig = await ReplayRig.start(broken);
  });
  afterAll(async () => {
    await rig.close();
  });

  it.each(broken.map((recording) => [recording.id, recording] as const))(
    "%s",
    async (_, recording) => {
      const { status, headers, bytes } = recording.response;
      const replay = { status, headers, pieces: [bytes], ending: "reset" as const };
      const { response, error, events } = await rig.stream(recording, replay);
      expect(response).toBeUndefined();
      expect(error?.reason).toBe("STREAM_TRUNCATED");
      expect(events.some(({ event }) => event.case === "textDelta")).toBe(true);
    },
  );
});
