// Proves what another target does for a call (S02, S19, S27 to S29): it answers where the first one
// has failed before its first delta, or is slow, and nothing is told twice; ids and thoughts of one
// provider are understood, or told as left out, by the next. Over each protocol.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LLMRequest, Role, UsageSource } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { errorEvent, type FaultWire, faultWires } from "../dispatch/wire-failures.ts";
import { always, pass } from "../support/fault-proxy.ts";
import { until } from "../support/http.ts";
import { SimulatedConnectors } from "../support/simulated-connectors.ts";
import { byEveryStream, byEveryWay } from "./by-every-way.ts";
import { answer } from "./error-table.ts";
import { ms, type Outcome, openScene, responseOf, simulatorOfFile } from "./fault-scene.ts";

const simulator = simulatorOfFile();

/** A stream is one answer: it began once, and its deltas are its text. */
function isToldOnce({ events, text, response }: Outcome): void {
  expect(events.filter(({ event }) => event.case === "started").length).toBe(1);
  expect(events.filter(({ event }) => event.case === "finished").length).toBe(1);
  expect(response?.content?.message).toBe(text);
}

describe.each(faultWires)("%s", (wire) => {
  it.each([
    ["S02 an error as the first event", "error-after=0", errorEvent[wire]],
    ["S27 a page in place of a stream", "status=200 body=html", "PROVIDER_MALFORMED_RESPONSE"],
    ["S04 a stream without an event", "end-after=0", "STREAM_TRUNCATED"],
  ])("%s leads to another target, and nothing is told twice", async (_, simulate, reason) => {
    const scene = await openScene(simulator(), [{ wire, simulate }, { wire }]);
    await byEveryStream(scene, async (way) => {
      const outcome = await scene.ask(way);
      isToldOnce(outcome);
      const attempts = responseOf(outcome).route?.attempts ?? [];
      expect(attempts.map((attempt) => attempt.reason)).toEqual([reason, ""]);
      expect(scene.requests(way)).toEqual([1, 1]);
    });
  });

  it("S28 of two that answer, one is told, and the other is let go and counted", async () => {
    const plan = always({ kind: "late", ms: 150, fault: pass });
    const scene = await openScene(simulator(), [{ wire, plan }, { wire }]);
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { options: { hedge: { delay: ms(20) } } });
      if (way.streamed) isToldOnce(outcome);
      const { attempts = [], target } = responseOf(outcome).route ?? {};
      expect(attempts.map(({ reason }) => reason).toSorted()).toEqual(["", "HEDGE_LOSER"]);
      const loser = attempts.find(({ reason }) => reason === "HEDGE_LOSER");
      expect(loser?.target).not.toBe(target);
      expect(loser?.usage?.inputTokens).toBeGreaterThan(0n);
      expect(loser?.usage?.source).toBe(UsageSource.ESTIMATED);
      // The first answers late, so that the second wins, unless this machine was busy meanwhile.
      if (target?.endsWith("-0")) return;
      await until(() => scene.proxy(way, 0).connections.every(({ socket }) => socket.destroyed));
    });
  });
});

/** A conversation whose ids and thoughts are of one provider's form. */
function conversation(adapter: string, callId: string): readonly LLMRequest["contents"][number][] {
  const text = (value: string) => ({ kind: { case: "text" as const, value: { text: value } } });
  const parts = [
    { kind: { case: "thinking", value: { text: "Hm.", signature: "c2lnbmF0dXJl", adapter } } },
    { kind: { case: "toolCall", value: { id: callId, name: "look", arguments: '{"at":1}' } } },
  ];
  const result = { toolCallId: callId, parts: [text("a river")] };
  return [
    { role: Role.USER, message: "What is there?" },
    { role: Role.ASSISTANT, parts },
    { role: Role.TOOL, parts: [{ kind: { case: "toolResult", value: result } }] },
  ] as never;
}

/** From one provider's form to another's. */
const pairs: readonly (readonly [FaultWire, FaultWire, string])[] = [
  ["anthropic", "openai-chat", "toolu_01A09q90qw90lq917835lq9"],
  ["anthropic", "mistral", "toolu_01A09q90qw90lq917835lq9"],
  ["openai-chat", "anthropic", "call_a|b c:1"],
  ["openai-responses", "google", "fc_67890abcdef"],
  ["google", "custom-cohere", "gemini_call_r-1_2"],
  ["mistral", "custom-bedrock-converse", "D681PevKs"],
];

describe.each(pairs)("from %s to %s", (from, to, callId) => {
  it("S29 a conversation goes on, with its ids mapped and no stream mixed", async () => {
    const scene = await openScene(simulator(), [
      { wire: from, plan: always(answer(503)) },
      { wire: to },
    ]);
    const tools = [{ name: "look", parametersJson: '{"type":"object"}' }];
    const request = {
      contents: conversation(from.split("-")[0] ?? "", callId) as never,
      tools: tools as never,
    };
    await byEveryWay(scene, async (way) => {
      const outcome = await scene.ask(way, { request });
      if (way.streamed) isToldOnce(outcome);
      const { route } = responseOf(outcome);
      expect(route?.attempts.map(({ reason }) => reason)).toEqual(["PROVIDER_UNAVAILABLE", ""]);
      expect(scene.requests(way)).toEqual([1, 1]);
      expect(scene.proxy(way, 1).requests[0]?.body).toContain("a river");
    });
  });
});

describe("a caller that leaves", () => {
  let rig: SimulatedConnectors;
  beforeAll(async () => {
    rig = await SimulatedConnectors.start();
  });
  afterAll(() => rig.close());

  it.each(faultWires)("S19 of a stream of %s has what it used estimated", async (wire) => {
    const leaving = new AbortController();
    const context = rig.context(leaving.signal);
    const stream = rig.stream(wire, "text=60 chunks=20 stall-after=8", {}, context);
    const before = rig.simulator.abortedRequests;
    await until(() => rig.clock.pendingTimers > 0 && rig.simulator.openConnections > 0);
    for (let turn = 0; turn < 50; turn += 1) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    leaving.abort(new ConnectorError("CALLER_CANCELLED", "the caller left"));
    const { error } = await stream;
    expect(error?.reason).toBe("CALLER_CANCELLED");
    await until(() => rig.simulator.abortedRequests > before);
    const [attempt] = error?.fields.attempts ?? [];
    const usage = error?.fields.progress?.usage ?? attempt?.usage;
    expect(usage?.inputTokens).toBeGreaterThan(0n);
  });
});
