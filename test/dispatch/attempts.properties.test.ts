// Proves of whatever providers do and callers ask for, in virtual time: a call makes no more attempts
// than it may, each of them is on record once, none begins after the deadline or outside the
// candidates, the caller hears of one answer or one error, and nothing is left in flight (the scene
// throws where something is).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResumePolicy } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { Secret } from "../../src/contract/secret.ts";
import { AttemptScene, type CallSettings, type Outcome } from "../support/attempt-scene.ts";
import {
  type Answer,
  ending,
  type Piece,
  refuses,
  says,
  streams,
  word,
} from "../support/fake-providers.ts";

const headMs = fc.constantFrom(0, 10, 100, 450, 2_000);
const headers = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  { "retry-after": "1" },
  { "retry-after": "120" },
  { "x-should-retry": "true" },
  { "x-should-retry": "false" },
  { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s" },
);
const statuses = fc.constantFrom(400, 401, 402, 403, 404, 409, 429, 500, 503, 504, 529);
const end = fc.constantFrom<readonly Piece[]>(ending(), [{ end: "lost" }], [{ end: "silence" }]);

const refusal = fc.record({ status: statuses, headMs, headers }).map(({ status, ...rest }) => {
  return refuses(status, rest);
});
const unheard = fc.constantFrom<Answer>(
  { silent: true },
  { failure: "PROVIDER_CONNECT_FAILED", metadata: { phase: "connect" } },
  { failure: "PROVIDER_CONNECTION_LOST" },
);
const whole = fc.record({ headMs, headers }).map((rest) => says("all", rest));
const stream = fc
  .record({ words: fc.array(fc.constantFrom("a", "b "), { maxLength: 3 }), end, headMs })
  .map(({ words, end, headMs }): Answer => ({ ...streams(...words.map(word), ...end), headMs }));

/** Answers of up to three targets. */
function scriptsOf(sound: fc.Arbitrary<Answer>) {
  const script = fc.array(fc.oneof(sound, sound, refusal, unheard), { minLength: 1, maxLength: 3 });
  return fc
    .array(script, { minLength: 1, maxLength: 3 })
    .map((all) => Object.fromEntries(all.map((answers, index) => [`t${index}`, answers])));
}

const call = fc.record({
  chance: fc.constantFrom(0, 0.5, 0.999_999),
  keys: fc.integer({ min: 0, max: 2 }),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  deadlineMs: fc.constantFrom(undefined, 50, 500, 5_000),
  cancelMs: fc.constantFrom(undefined, undefined, 5, 200, 3_000),
  hedged: fc.boolean(),
  fallback: fc.boolean(),
  resumed: fc.boolean(),
  previousAttempts: fc.constantFrom(0, 0, 1),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

function settingsOf(given: Call): CallSettings {
  const { maxAttempts, hedged, fallback, resumed, deadlineMs, cancelMs, ...rest } = given;
  return {
    previousAttempts: rest.previousAttempts,
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(cancelMs !== undefined && { cancelMs }),
    options: {
      retry: { maxAttempts },
      attemptTimeout: { seconds: 1n },
      idleTimeout: { seconds: 1n },
      ...(hedged && { hedge: { delay: { nanos: 200e6 } } }),
      ...(fallback && { fallbackModels: ["gpt-4.1-mini"] }),
    },
    stream: { resume: resumed ? ResumePolicy.CONTINUE : ResumePolicy.NEVER },
  };
}

function sceneOf(scripts: Readonly<Record<string, readonly Answer[]>>, { chance, keys }: Call) {
  const spareKeys = ["sk-1", "sk-2"].slice(0, keys).map((key) => new Secret(key));
  const scene = new AttemptScene(scripts, { targets: { t0: { spareKeys } } });
  scene.chance = chance;
  return scene;
}

function isSound(scene: AttemptScene, { response, error, endMs }: Outcome, given: Call): void {
  const { maxAttempts, deadlineMs = Number.POSITIVE_INFINITY, cancelMs } = given;
  expect(scene.sent.length).toBeLessThanOrEqual(maxAttempts);
  expect(response === undefined).not.toBe(error === undefined);
  const attempts = error?.fields.attempts ?? response?.route?.attempts ?? [];
  expect(attempts.map(({ target }) => target).toSorted()).toEqual(scene.places.toSorted());
  expect(attempts.filter(({ reason }) => reason === "")).toHaveLength(response ? 1 : 0);
  if (response !== undefined) expect(attempts.at(-1)?.reason).toBe("");
  expect(endMs).toBeLessThanOrEqual(Math.min(deadlineMs, cancelMs ?? deadlineMs));
  for (const startMs of scene.starts) expect(startMs).toBeLessThan(deadlineMs);
  if (error === undefined) return;
  const { metadata = {}, retryAfterMs } = error.fields;
  expect(metadata.attempts).toBe(String(attempts.length));
  if (metadata.retryable === "false") expect(retryAfterMs).toBeUndefined();
  if (error.reason === "CALLER_DEADLINE_EXCEEDED") expect(endMs).toBe(deadlineMs);
}

describe("whatever happens", () => {
  it("a call is sound", async () => {
    await fc.assert(
      fc.asyncProperty(scriptsOf(whole), call, async (scripts, given) => {
        const scene = sceneOf(scripts, given);
        isSound(scene, await scene.call(settingsOf(given)), given);
      }),
      { numRuns: 400 },
    );
  });

  it("a stream is sound, and tells each part from its beginning to its end", async () => {
    await fc.assert(
      fc.asyncProperty(scriptsOf(stream), call, async (scripts, given) => {
        const scene = sceneOf(scripts, given);
        const outcome = await scene.stream(settingsOf(given));
        isSound(scene, outcome, given);
        const { events, error, response } = outcome;
        const kinds = events.map(({ case: kind }) => kind);
        expect(kinds.indexOf("started")).toBe(events.length > 0 ? 0 : -1);
        expect(kinds.lastIndexOf("started")).toBe(kinds.indexOf("started"));
        expect(kinds.indexOf("finished")).toBe(response === undefined ? -1 : kinds.length - 1);
        if (!given.resumed) expect(kinds).not.toContain("segmentRestarted");
        const deltas = kinds.filter((kind) => kind === "textDelta").length;
        if (error !== undefined && deltas > 0) {
          expect(error.fields.progress?.deltas).toBe(BigInt(deltas));
        }
      }),
      { numRuns: 400 },
    );
  });
});
