// Proves that the limits on time hold over all segments of a stream that goes on, and that, however
// its segments break off, its events make one answer.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResumePolicy } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { AttemptScene, type Outcome } from "../support/attempt-scene.ts";
import {
  type Answer,
  ending,
  type Piece,
  refuses,
  streams,
  word,
} from "../support/fake-providers.ts";

const resume = { resume: ResumePolicy.CONTINUE };
const seconds = (count: number) => ({ seconds: BigInt(count) });
const silence: Piece = { end: "silence" };

describe("the limits on time", () => {
  it("let another attempt follow a provider that falls silent", async () => {
    const scene = new AttemptScene({
      one: [streams(word("Hello "), silence)],
      two: [streams(word("world"), ...ending())],
    });
    const options = { idleTimeout: seconds(5) };
    const outcome = await scene.stream({ stream: resume, options });
    expect(outcome.response?.content?.message).toBe("Hello world");
    expect(scene.starts).toEqual([0, 5_020]);
    expect(
      outcome.events.find(({ case: kind }) => kind === "segmentRestarted")?.value,
    ).toMatchObject({ reason: "STREAM_STALLED" });
  });

  it("hold in every segment", async () => {
    const scene = new AttemptScene({
      one: [streams(word("a"), { end: "lost" })],
      two: [streams(word("b"), silence)],
    });
    const options = { idleTimeout: seconds(5), retry: { maxAttempts: 2 } };
    const { error, endMs } = await scene.stream({ stream: resume, options });
    expect([error?.reason, endMs]).toEqual(["STREAM_STALLED", 5_040]);
    expect(error?.fields.progress?.deltas).toBe(2n);
  });

  it("end a segment whose first delta does not come", async () => {
    const scene = new AttemptScene({
      one: [streams(word("a"), { end: "lost" })],
      two: [streams(silence)],
    });
    const options = { firstDeltaTimeout: seconds(2), retry: { maxAttempts: 2 } };
    const { error, endMs } = await scene.stream({ stream: resume, options });
    expect([error?.reason, endMs]).toEqual(["ATTEMPT_TIMEOUT", 2_020]);
    expect(error?.fields.progress?.deltas).toBe(1n);
  });

  it("end the whole at the caller's deadline, wherever it is", async () => {
    for (const [second, deltas] of [
      [streams(word("b"), silence), 2n],
      [{ silent: true }, 1n],
    ] as const) {
      const scene = new AttemptScene({ one: [streams(word("a"), { end: "lost" })], two: [second] });
      const { error, endMs } = await scene.stream({ stream: resume, deadlineMs: 1_000 });
      expect([error?.reason, endMs]).toEqual(["CALLER_DEADLINE_EXCEEDED", 1_000]);
      expect(error?.fields.attempts?.map(({ target }) => target)).toEqual(["one", "two"]);
      expect(error?.fields.progress?.deltas).toBe(deltas);
    }
  });

  it("are no reason for silence: heartbeats go on between two attempts", async () => {
    const scene = new AttemptScene({
      one: [
        streams(word("a"), { end: "lost" }),
        refuses(429, { headers: { "retry-after": "3" } }),
        streams(word("b"), ...ending()),
      ],
    });
    const stream = { ...resume, heartbeatInterval: seconds(1) };
    const { events, response } = await scene.stream({ stream });
    expect(response?.content?.message).toBe("ab");
    expect(events.map(({ case: kind }) => kind)).toEqual([
      ...["started", "partStarted", "textDelta", "heartbeat", "heartbeat", "heartbeat"],
      ...["partFinished", "segmentRestarted", "partStarted", "textDelta", "partFinished"],
      "finished",
    ]);
  });

  it("and a caller who leaves end it between two attempts", async () => {
    const scene = new AttemptScene({ one: [streams(word("a"), { end: "lost" })] });
    // It breaks off at 20 ms, and 25 ms are waited.
    const { error, endMs } = await scene.stream({ stream: resume, cancelMs: 30 });
    expect([error?.reason, endMs]).toEqual(["CALLER_CANCELLED", 30]);
    expect(error?.fields.progress?.deltas).toBe(1n);
    expect(error?.fields.attempts).toHaveLength(1);
  });
});

/** Text of each part by its index, and the indexes of those that are complete. */
function delivered(events: Outcome["events"]): { told: string[]; finished: number[] } {
  const told: string[] = [];
  const finished: number[] = [];
  for (const { case: kind, value } of events) {
    if (kind === "partStarted") expect(told.push("") - 1).toBe(value.partIndex);
    if (kind === "partFinished") finished.push(value.partIndex);
    if (kind === "textDelta") {
      expect(finished).not.toContain(value.partIndex);
      told[value.partIndex] += value.text;
    }
  }
  return { told, finished };
}

describe("the events of a stream that goes on", () => {
  const segment = fc.record({
    words: fc.array(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 4 }),
    end: fc.constantFrom<"lost" | "silence" | "well">("lost", "silence", "well"),
  });

  it("make one answer, or end with how much of it came", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 3, maxLength: 3 }), async (segments) => {
        const answers = segments.map(({ words, end }): Answer => {
          const rest = end === "well" ? ending() : [{ end }];
          return streams(...words.map(word), ...rest);
        });
        const scene = new AttemptScene({ one: answers });
        const { events, response, error } = await scene.stream({ stream: resume });
        const { told, finished } = delivered(events);
        const sent = segments.slice(0, scene.sent.length);
        expect(told.join("")).toBe(sent.flatMap(({ words }) => words).join(""));
        const starts = events.filter(({ case: kind }) => kind === "started");
        expect(starts.length).toBe(events.length > 0 ? 1 : 0);
        if (error === undefined) {
          expect(sent.at(-1)?.end).toBe("well");
          expect(response?.content?.message).toBe(told.join(""));
          expect(finished.toSorted((a, b) => a - b)).toEqual([...told.keys()]);
          expect(response?.content?.parts).toHaveLength(told.length);
        } else if (events.length > 0) {
          expect(error.fields.progress?.outputChars).toBe(BigInt(told.join("").length));
        }
      }),
      { numRuns: 150 },
    );
  });
});
