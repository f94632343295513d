// Proves what a call ends with when a provider misbehaves (faults U05 to U32, S01 to S27), on each
// wire, unary and streamed, over real sockets: the reason, and what was delivered.
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import { deltaText, SimulatedConnectors } from "../support/simulated-connectors.ts";
import {
  binaryWires,
  errorEvent,
  faultWires,
  ownWords,
  statuses,
  textWires,
} from "./wire-failures.ts";

const bodies = ["html", "text", "empty", "binary"] as const;

let rig: SimulatedConnectors;
beforeAll(async () => {
  rig = await SimulatedConnectors.start();
});
afterAll(async () => {
  await rig.close();
});

describe.each(faultWires)("%s", (wire) => {
  it.each(statuses)("status %i is %s, whatever the body", async (status, reason) => {
    for (const body of bodies) {
      const directive = `status=${status} body=${body}`;
      const unary = await rig.failure(wire, directive);
      const { error, events } = await rig.stream(wire, directive);
      expect([unary.reason, error?.reason, events.length], body).toEqual([reason, reason, 0]);
      expect(unary.message.length).toBeLessThanOrEqual(600);
      expect(unary.fields.metadata).toMatchObject({
        http_status: String(status),
        phase: "headers",
        attempts: "1",
        target: wire,
      });
      expect(unary.fields.attempts).toHaveLength(1);
    }
  });

  it("takes its own words for what a status alone does not say", async () => {
    for (const [status, usual] of statuses) {
      const { reason, fields } = await rig.failure(wire, `status=${status}`);
      expect([status, reason]).toEqual([status, ownWords[wire][status] ?? usual]);
      expect(fields.metadata?.http_status).toBe(String(status));
    }
  });

  it("gives the wait that the provider asks for", async () => {
    const told = async (header: string): Promise<number | undefined> =>
      (await rig.failure(wire, `status=429 ${header}`)).fields.retryAfterMs;
    expect(await told("retry-after=2")).toBe(2000);
    expect(await told("retry-after=0")).toBe(0);
    expect(await told("retry-after-ms=150")).toBe(150);
  });

  it("takes the provider's word on retrying", async () => {
    const error = await rig.failure(wire, "status=500 should-retry=false");
    expect(error.fields.metadata?.retryable).toBe("false");
  });

  it("never shows a key that the provider echoes", async () => {
    const error = await rig.failure(wire, "echo-key");
    expect(inspect([error.message, error.fields], { depth: 9 })).not.toContain("sk-simulated");
    expect(error.message).toContain("***");
  });

  it.each<[string, Reason]>([
    ["reset", "PROVIDER_CONNECTION_LOST"],
    ["malformed", "PROVIDER_MALFORMED_RESPONSE"],
    ["status=200 body=html", "PROVIDER_MALFORMED_RESPONSE"],
    ["status=200 body=empty", "PROVIDER_MALFORMED_RESPONSE"],
  ])("unary, %s: %s", async (directive, reason) => {
    expect((await rig.failure(wire, directive)).reason).toBe(reason);
  });

  it.each<[string, Reason]>([
    ["reset", "PROVIDER_CONNECTION_LOST"],
    ["malformed", "PROVIDER_MALFORMED_RESPONSE"],
    ["status=200 body=html", "PROVIDER_MALFORMED_RESPONSE"],
    ["status=200 body=empty", "STREAM_TRUNCATED"],
    ["end-after=0", "STREAM_TRUNCATED"],
    ["cut-after=0", "STREAM_TRUNCATED"],
    ["error-after=0", errorEvent[wire]],
  ])("streamed, %s: %s before anything was told", async (directive, reason) => {
    const { error, events } = await rig.stream(wire, directive);
    expect([error?.reason, events.length]).toEqual([reason, 0]);
  });

  it.each<[string, Reason]>([
    ["end-after=5", "STREAM_TRUNCATED"],
    ["cut-after=5", "STREAM_TRUNCATED"],
    ["reset-after=5", "STREAM_TRUNCATED"],
    ["error-after=5", errorEvent[wire]],
  ])("streamed, %s: %s after what was delivered", async (directive, reason) => {
    const { error, events } = await rig.stream(wire, `${directive} chunks=20`);
    expect(error?.reason).toBe(reason);
    expect(events[0]?.event.case).toBe("started");
    expect(events.some(({ event }) => event.case === "finished")).toBe(false);
    const delivered = deltaText(events);
    expect(delivered).not.toBe("");
    expect(Number(error?.fields.progress?.outputChars)).toBe(delivered.length);
    expect(error?.fields.progress?.usage?.inputTokens).toBeGreaterThan(0n);
    expect(error?.fields.metadata?.phase).toBe("stream");
  });

  it("understands JSON in place of a stream", async () => {
    const { events, error } = await rig.stream(wire, "text=12 json-instead-of-stream");
    expect(error).toBeUndefined();
    expect(events.at(-1)?.event.case).toBe("finished");
    expect(deltaText(events)).not.toBe("");
  });

  it.each(["missing", "null", "negative"])("estimates usage that is %s", async (usage) => {
    const response = await rig.call(wire, `usage=${usage}`);
    expect(response.usage?.inputTokens).toBeGreaterThanOrEqual(0n);
    expect(response.usage?.outputTokens).toBeGreaterThanOrEqual(0n);
  });

  it("passes unknown blocks, events and stop reasons through", async () => {
    const { events, error } = await rig.stream(wire, "unknown-event unknown-block");
    expect(error).toBeUndefined();
    const finished = events.at(-1)?.event;
    const response = finished?.case === "finished" ? finished.value.response : undefined;
    expect(response?.content?.message).not.toBe("");
    const reason = await rig.call(wire, "unknown-stop-reason");
    expect(reason.rawStopReason).not.toBe("");
  });

  it("reads bytes that are cut anywhere, with any line end", async () => {
    const whole = deltaText((await rig.stream(wire, "text=40")).events);
    for (const eol of ["", "eol=cr", "eol=crlf"]) {
      const { events, error } = await rig.stream(wire, `text=40 pieces=random ${eol}`);
      expect(error).toBeUndefined();
      expect(deltaText(events).split(" ").length).toBe(whole.split(" ").length);
      expect(deltaText(events)).not.toContain("\ufffd");
    }
  });

  it("stops at an event that is too large", async () => {
    const { error } = await rig.stream(wire, "huge-event=20MB");
    expect(error?.reason).toBe("PROVIDER_RESPONSE_TOO_LARGE");
  });
});

describe("a stream in place of JSON", () => {
  it.each(textWires)("is understood: %s", async (wire) => {
    const plain = await rig.call(wire, "text=12");
    const unasked = await rig.call(wire, "text=12 stream-instead-of-json");
    expect(unasked.content?.message).not.toBe("");
    expect(unasked.content?.message.split(" ")).toHaveLength(
      plain.content?.message.split(" ").length ?? 0,
    );
  });

  // Its frames are no text, and AWS sends none to a call that did not ask for them.
  it.each(binaryWires)("is malformed where it is binary: %s", async (wire) => {
    const error = await rig.failure(wire, "text=12 stream-instead-of-json");
    expect(error.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});
