// Proves hedging in virtual time: when a second attempt begins and where, that the first answer
// wins, that the other is aborted at once and on record with what it used, and that nothing of it is
// delivered.
import { describe, expect, it } from "vitest";
import { UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { AttemptScene } from "../support/attempt-scene.ts";
import { ending, refuses, says, streams, word } from "../support/fake-providers.ts";

const hedge = { delay: { nanos: 200e6 } };
const slow = says("slow", { headMs: 5_000 });
const fast = says("fast");

describe("a hedge", () => {
  it("begins beside a slow attempt, at another target, and wins", async () => {
    const scene = new AttemptScene({ one: [slow], two: [fast], three: [fast] });
    const { response, endMs } = await scene.call({ options: { hedge } });
    expect(response?.content?.message).toBe("fast");
    expect(scene.sent.map(({ at, startMs }) => [at, startMs])).toEqual([
      ["one", 0],
      ["two", 200],
    ]);
    expect(endMs).toBe(210);
    expect(scene.sent[0]?.aborted).toMatchObject({ ms: 210, reason: { reason: "HEDGE_LOSER" } });
    const { target, attempts = [] } = response?.route ?? {};
    expect(target).toBe("two");
    expect(attempts.map(({ target, reason }) => [target, reason])).toEqual([
      ["one", "HEDGE_LOSER"],
      ["two", ""],
    ]);
    expect(attempts[0]?.usage).toMatchObject({ inputTokens: 5n, source: UsageSource.ESTIMATED });
    expect(attempts[1]?.startOffset?.nanos).toBe(200e6);
  });

  it("loses where the first is faster after all", async () => {
    const scene = new AttemptScene({ one: [says("first", { headMs: 300 })], two: [slow] });
    const { response, endMs } = await scene.call({ options: { hedge } });
    expect([response?.content?.message, endMs]).toEqual(["first", 300]);
    expect(response?.route?.attempts.map(({ target, reason }) => [target, reason])).toEqual([
      ["two", "HEDGE_LOSER"],
      ["one", ""],
    ]);
  });

  it("does not begin where an answer comes in time", async () => {
    const scene = new AttemptScene({ one: [fast], two: [fast] });
    const { response } = await scene.call({ options: { hedge } });
    expect(response?.route?.attempts).toHaveLength(1);
    expect(scene.places).toEqual(["one"]);
  });

  it("is asked of the same target where there is no other", async () => {
    const scene = new AttemptScene({ one: [slow, fast] });
    const { response } = await scene.call({ options: { hedge } });
    expect([response?.content?.message, ...scene.places]).toEqual(["fast", "one", "one"]);
  });

  it("is never of another model", async () => {
    const scene = new AttemptScene(
      { one: [slow, fast], two: [says("other")] },
      { routes: { "gpt-4.1": ["one"], "gpt-4.1-mini": ["two"] } },
    );
    const options = { hedge, fallbackModels: ["gpt-4.1-mini"] };
    const { response } = await scene.call({ options });
    expect([response?.content?.message, ...scene.places]).toEqual(["fast", "one", "one"]);
  });

  it("counts as an attempt", async () => {
    const late = refuses(503, { headMs: 300 });
    const scene = new AttemptScene({ one: [late], two: [late], three: [late], four: [late] });
    const { error } = await scene.call({ options: { hedge } });
    expect(scene.places).toEqual(["one", "two", "three"]);
    expect(error?.fields.attempts).toHaveLength(3);
    const single = new AttemptScene({ one: [slow], two: [fast] });
    const { response } = await single.call({ options: { hedge, retry: { maxAttempts: 1 } } });
    expect([response?.content?.message, ...single.places]).toEqual(["slow", "one"]);
  });

  it("that fails beside one that fails leads to the next attempt", async () => {
    const scene = new AttemptScene({
      one: [refuses(503, { headMs: 300 })],
      two: [refuses(500, { headMs: 50 })],
      three: [fast],
    });
    const { response } = await scene.call({ options: { hedge } });
    expect(response?.route?.attempts.map(({ target, reason }) => [target, reason])).toEqual([
      ["two", "PROVIDER_INTERNAL"],
      ["one", "PROVIDER_UNAVAILABLE"],
      ["three", ""],
    ]);
    expect(scene.starts).toEqual([0, 200, 300]);
  });

  it("that fails leaves the first to answer", async () => {
    const scene = new AttemptScene({ one: [says("first", { headMs: 900 })], two: [refuses(503)] });
    const { response, endMs } = await scene.call({ options: { hedge } });
    expect([response?.content?.message, endMs]).toEqual(["first", 900]);
  });

  it("draws on the budget of its target", async () => {
    const settings = { resilience: { budgetFloorPerSecond: 0, budgetRatio: 0 } };
    const scene = new AttemptScene({ one: [slow], two: [fast] }, settings);
    const { response } = await scene.call({ options: { hedge } });
    expect([response?.content?.message, ...scene.places]).toEqual(["slow", "one"]);
  });

  it("ends with its call", async () => {
    const silent = { silent: true };
    for (const call of [{ cancelMs: 500 }, { deadlineMs: 500 }]) {
      const scene = new AttemptScene({ one: [silent], two: [silent] });
      const { error, endMs } = await scene.call({ ...call, options: { hedge } });
      expect(endMs).toBe(500);
      expect(error?.reason).toMatch(/^CALLER_/);
      expect(error?.fields.attempts).toHaveLength(2);
      expect(scene.sent.map(({ aborted }) => aborted?.ms)).toEqual([500, 500]);
    }
  });
});

describe("a hedge of a stream", () => {
  const stream = (text: string, headMs = 10) => ({
    ...streams(word(text), word(text), ...ending()),
    headMs,
  });

  it("begins before the first delta, and only the winner is heard", async () => {
    const scene = new AttemptScene({ one: [stream("slow", 5_000)], two: [stream("fast")] });
    const { events, response } = await scene.stream({ options: { hedge } });
    expect(response?.content?.message).toBe("fastfast");
    expect(events.filter(({ case: kind }) => kind === "started")).toHaveLength(1);
    expect(scene.sent[0]?.aborted).toMatchObject({ ms: 220, reason: { reason: "HEDGE_LOSER" } });
    expect(response?.route?.attempts[0]?.usage?.inputTokens).toBe(5n);
  });

  it("begins beside one whose head came, and whose first delta does not", async () => {
    const quiet = streams({ text: ": ping\n\n" }, { end: "silence" });
    const scene = new AttemptScene({ one: [quiet], two: [stream("fast")] });
    const { response } = await scene.stream({ options: { hedge } });
    expect(response?.content?.message).toBe("fastfast");
    expect(response?.route?.attempts.map(({ reason }) => reason)).toEqual(["HEDGE_LOSER", ""]);
  });

  it("does not begin after the first delta, however slow the rest is", async () => {
    const late = streams(word("a"), { afterMs: 5_000 }, word("b"), ...ending());
    const scene = new AttemptScene({ one: [late], two: [stream("fast")] });
    const { response } = await scene.stream({ options: { hedge } });
    expect([response?.content?.message, ...scene.places]).toEqual(["ab", "one"]);
  });

  it("that comes at the same instant is let go", async () => {
    const scene = new AttemptScene({ one: [stream("a", 210)], two: [stream("b")] });
    const { response } = await scene.stream({ options: { hedge } });
    expect(scene.places).toEqual(["one", "two"]);
    expect(["aa", "bb"]).toContain(response?.content?.message);
    expect(response?.route?.attempts.map(({ reason }) => reason)).toEqual(["HEDGE_LOSER", ""]);
    expect(response?.route?.attempts[0]?.usage).toBeDefined();
  });
});
