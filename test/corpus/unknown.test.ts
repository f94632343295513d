// Proves that what providers add tomorrow neither crashes a decoder nor vanishes: members that
// nobody knows, put anywhere into every recorded answer, blocks and events of unknown types, and
// unknown stop reasons. What is known stays as it was, and each addition is found in the answer.
import { type JsonObject, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type LLMResponse, LLMResponseSchema } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { type AdditionKind, addToBody, addToFrames } from "./additions.ts";
import { type AnswerReader, decodedBody, decodedFrames, framesOf } from "./decoded-answer.ts";
import type { ExpectedAnswer } from "./expectation.ts";
import { differences } from "./judge.ts";
import { judgedAPIs, judgedNames } from "./judged-apis.ts";
import { seededRandom } from "./pieces.ts";
import { corpusFolder, type Recording, recordingsOf } from "./recordings.ts";
import { wireOf } from "./request-judge.ts";
import { report } from "./tally.ts";

const rounds: readonly AdditionKind[] = ["member", "member", "member", "block", "event"];

describe.skipIf(corpusFolder === undefined)("what nobody knows yet", () => {
  it.each(judgedNames)("%s", { timeout: 120_000 }, (name) => {
    const reader = wireOf(name);
    const lost: Record<string, string> = {};
    let answers = 0;
    let additions = 0;
    let equal = 0;
    for (const recording of recordingsOf([name])) {
      const expected = judgedAPIs[name]?.expect(recording);
      if (expected?.kind !== "answer") continue;
      answers += 1;
      const random = seededRandom(recording.id.length * 31 + recording.response.bytes.length);
      for (const [round, kind] of rounds.entries()) {
        const marker = `added-${round}-${Math.floor(random() * 1e9)}`;
        const { place, read } = withAddition(recording, reader, kind, marker, random);
        if (place === "" || judgedAPIs[name]?.restated?.test(place)) continue;
        additions += 1;
        const problem = problemOf(read, expected, marker);
        if (problem === undefined) equal += 1;
        else lost[`${place}: ${problem}`] = recording.id;
      }
    }
    report({ api: name, judge: "additions", recordings: answers, judged: additions, equal });
    expect(lost).toEqual({});
  });
});

function withAddition(
  recording: Recording,
  reader: AnswerReader,
  kind: AdditionKind,
  marker: string,
  random: () => number,
): { readonly place: string; readonly read: () => LLMResponse } {
  const { json } = recording.response;
  const closed = judgedAPIs[recording.api]?.echoed;
  if (json !== undefined) {
    const body = structuredClone(json) as JsonObject;
    const place = addToBody(body, kind, marker, random, closed);
    return { place, read: () => decodedBody(body, recording, reader) };
  }
  const added = addToFrames(framesOf(recording, reader), kind, marker, random, closed);
  return { place: added.place, read: () => decodedFrames(added.frames, recording, reader) };
}

function problemOf(
  read: () => LLMResponse,
  expected: ExpectedAnswer,
  marker: string,
): string | undefined {
  try {
    const answer = read();
    const found = differences(expected, answer);
    if (found.length > 0) return found.join("; ");
    return toJsonString(LLMResponseSchema, answer).includes(marker) ? undefined : "vanished";
  } catch (thrown) {
    return String(thrown);
  }
}
