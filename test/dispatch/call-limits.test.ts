// Proves in virtual time that deadlines, timeouts and cancellation end a call at the exact instant,
// with the right reason, and that the provider's connection is closed (targets T5 to T7, faults
// S06, S07, S20); and that an answer over its limit ends one, too.
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { until } from "../support/http.ts";
import {
  callRequest,
  deltaText,
  errorOf,
  SimulatedConnectors,
  streamRequest,
  wires,
} from "../support/simulated-connectors.ts";

/** The first wires, and one of every other way to cut a stream into pieces. */
const limitWires = [...wires, "google", "custom-ollama", "anthropic-bedrock"] as const;

const answerBytesMax = 16 * 1024;
let rig: SimulatedConnectors;
let small: SimulatedConnectors;
beforeAll(async () => {
  rig = await SimulatedConnectors.start();
  small = await SimulatedConnectors.start({ providerResponseBytes: answerBytesMax });
});
afterAll(async () => {
  await rig.close();
  await small.close();
});

const seconds = (count: number) => durationFromMs(count * 1000);

/** Waits until a limit of time is set, then lets time pass. */
async function whileWaiting<T>(work: Promise<T>, step: () => void): Promise<T> {
  await until(() => rig.clock.pendingTimers > 0);
  step();
  return await work;
}

async function aborted(before: number): Promise<void> {
  await until(() => rig.simulator.abortedRequests > before);
  expect(rig.simulator.abortedRequests).toBe(before + 1);
}

describe.each(limitWires)("%s", (wire) => {
  it("ends a unary attempt at attempt_timeout, and not before", async () => {
    const before = rig.simulator.abortedRequests;
    const requests = rig.simulator.requests.length;
    const work = rig.failure(wire, "stall-headers", { attemptTimeout: seconds(7) });
    await until(() => rig.simulator.requests.length > requests);
    rig.clock.advance(6_999);
    expect(rig.simulator.abortedRequests).toBe(before);
    rig.clock.advance(1);
    const error = await work;
    expect(error).toMatchObject({ reason: "ATTEMPT_TIMEOUT", status: "UNAVAILABLE" });
    await aborted(before);
  });

  it("ends with DEADLINE_EXCEEDED only at the caller's deadline", async () => {
    const before = rig.simulator.abortedRequests;
    const requests = rig.simulator.requests.length;
    const context = { ...rig.context(), deadlineMs: rig.clock.now() + 3_000 };
    const request = callRequest(wire, "stall-headers", { timeout: seconds(5) });
    const work = errorOf(rig.connectors.api.call(request, context));
    await until(() => rig.simulator.requests.length > requests);
    rig.clock.advance(3_000);
    expect(await work).toMatchObject({
      reason: "CALLER_DEADLINE_EXCEEDED",
      status: "DEADLINE_EXCEEDED",
    });
    await aborted(before);
  });

  it("sends nothing when no time is left", async () => {
    const requests = rig.simulator.requests.length;
    const context = { ...rig.context(), deadlineMs: rig.clock.now() };
    const error = await errorOf(rig.connectors.api.call(callRequest(wire, "", {}), context));
    expect(error.reason).toBe("CALLER_DEADLINE_EXCEEDED");
    expect(rig.simulator.requests.length).toBe(requests);
  });

  it("ends a stream that gives no delta, pings notwithstanding", async () => {
    for (const directive of ["stall-after=0", "ping-only"]) {
      const requests = rig.simulator.requests.length;
      const work = rig.stream(wire, directive, { firstDeltaTimeout: seconds(4) });
      await until(() => rig.simulator.requests.length > requests);
      rig.clock.advance(4_000);
      const { error, events } = await work;
      expect([error?.reason, events.length]).toEqual(["ATTEMPT_TIMEOUT", 0]);
    }
  });

  it("ends a stream that stalls between deltas, and keeps what came", async () => {
    const before = rig.simulator.abortedRequests;
    const request = streamRequest(wire, "stall-after=3 chunks=9", { idleTimeout: seconds(5) });
    const events = rig.connectors.api.streamCall(request, rig.context())[Symbol.asyncIterator]();
    const first = await events.next();
    expect(first.done).toBe(false);
    const seen = [first.value];
    const rest = (async () => {
      for (;;) {
        const next = await events.next();
        if (next.done) return;
        seen.push(next.value);
      }
    })();
    await until(() => deltaText(seen) !== "");
    const error = await whileWaiting(errorOf(rest), () => rig.clock.advance(5_000));
    expect(error).toMatchObject({ reason: "STREAM_STALLED", status: "UNAVAILABLE" });
    expect(Number(error.fields.progress?.outputChars)).toBe(deltaText(seen).length);
    await aborted(before);
  });

  it("does not take a slow reader for a silent provider", async () => {
    const request = streamRequest(wire, "chunks=9", { idleTimeout: seconds(5) });
    let last: string | undefined;
    for await (const { event } of rig.connectors.api.streamCall(request, rig.context())) {
      rig.clock.advance(20_000);
      last = event.case;
    }
    expect(last).toBe("finished");
  });

  it("cancels at every phase, and closes the provider's connection", async () => {
    for (const directive of ["stall-headers", "stall-after=0", "stall-after=3 chunks=9"]) {
      const before = rig.simulator.abortedRequests;
      const requests = rig.simulator.requests.length;
      const controller = new AbortController();
      const work = rig.stream(wire, directive, {}, rig.context(controller.signal));
      await until(() => rig.simulator.requests.length > requests);
      controller.abort(new ConnectorError("CALLER_CANCELLED", "enough"));
      const { error } = await work;
      expect(error, directive).toMatchObject({ reason: "CALLER_CANCELLED", status: "CANCELLED" });
      await aborted(before);
    }
  });

  it("closes the provider's connection when the loop is left", async () => {
    const before = rig.simulator.abortedRequests;
    const request = streamRequest(wire, "stall-after=3 chunks=9", {});
    for await (const { event } of rig.connectors.api.streamCall(request, rig.context())) {
      if (event.case === "textDelta") break;
    }
    await aborted(before);
    expect(rig.clock.pendingTimers).toBe(0);
  });

  it("keeps the connection of a stream that came to its end", async () => {
    const before = rig.simulator.abortedRequests;
    for (let turn = 0; turn < 3; turn++) await rig.stream(wire, "");
    expect(rig.simulator.abortedRequests).toBe(before);
  });

  it("ends an answer that is over its limit, whole or streamed", async () => {
    const question = "text=9000";
    const tooLarge = { reason: "PROVIDER_RESPONSE_TOO_LARGE", status: "INTERNAL" };
    expect(await small.failure(wire, question)).toMatchObject(tooLarge);
    const { events, error } = await small.stream(wire, question);
    expect(error).toMatchObject(tooLarge);
    expect(deltaText(events).length).toBeLessThanOrEqual(answerBytesMax);
    expect(deltaText(events).length).toBeGreaterThan(answerBytesMax / 4);
    expect((await small.call(wire, "text=9")).content?.message).not.toBe("");
  });
});
