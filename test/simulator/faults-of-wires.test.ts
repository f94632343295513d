// Proves that the directives mean on every wire what they mean on the first three: each provider's
// own failures, breaks, cuts and strange bytes (NDJSON lines and binary frames too) reach a caller
// of our own connectors as what they are.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reason } from "../../src/contract/reasons.ts";
import { deltaText, otherWires, SimulatedConnectors } from "../support/simulated-connectors.ts";

let rig: SimulatedConnectors;
beforeAll(async () => {
  rig = await SimulatedConnectors.start();
});
afterAll(async () => {
  await rig.close();
});

const names = Object.keys(otherWires) as (keyof typeof otherWires)[];
/** Wires whose frames carry checksums. */
const binary: readonly string[] = ["custom-bedrock-converse", "anthropic-bedrock"];
/** Wires whose terminal marker is no more than what the logical end says. */
const withMarker: readonly string[] = ["custom-ollama", "google", "google-vertex"];

describe.each(names)("%s", (wire) => {
  it("answers whole and streamed alike", async () => {
    const whole = await rig.call(wire, "text=12");
    const { events, error } = await rig.stream(wire, "text=12");
    expect(error).toBeUndefined();
    expect(whole.content?.message).not.toBe("");
    expect(deltaText(events)).toBe(whole.content?.message);
    expect(whole.usage?.inputTokens).toBeGreaterThan(0n);
    expect(whole.usage?.outputTokens).toBeGreaterThan(0n);
  });

  it.each<[string, Reason]>([
    ["status=400", "PROVIDER_INVALID_REQUEST"],
    ["status=429", "PROVIDER_RATE_LIMITED"],
    ["status=500", "PROVIDER_INTERNAL"],
    ["status=502", "PROVIDER_UNAVAILABLE"],
    ["status=503 body=html", "PROVIDER_UNAVAILABLE"],
    ["reset", "PROVIDER_CONNECTION_LOST"],
    ["malformed", "PROVIDER_MALFORMED_RESPONSE"],
    ["status=200 body=html", "PROVIDER_MALFORMED_RESPONSE"],
  ])("whole, %s is %s", async (directive, reason) => {
    expect((await rig.failure(wire, directive)).reason).toBe(reason);
  });

  it.each<[string, Reason]>([
    ["end-after=5", "STREAM_TRUNCATED"],
    ["cut-after=5", "STREAM_TRUNCATED"],
    ["reset-after=5", "STREAM_TRUNCATED"],
    ["error-after=5 status=500", "PROVIDER_INTERNAL"],
  ])("streamed, %s is %s after what was delivered", async (directive, reason) => {
    const { events, error } = await rig.stream(wire, `${directive} chunks=20`);
    expect(error?.reason).toBe(reason);
    expect(deltaText(events)).not.toBe("");
    expect(events.some(({ event }) => event.case === "finished")).toBe(false);
  });

  it("streamed, malformed is a malformed answer", async () => {
    expect((await rig.stream(wire, "malformed")).error?.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("is whole only if its logical end was there, where the marker is left out", async () => {
    const { error } = await rig.stream(wire, "end-after=1000 chunks=9");
    expect(error?.reason).toBe(withMarker.includes(wire) ? "STREAM_TRUNCATED" : undefined);
  });

  it("is read whole from pieces that are cut anywhere", async () => {
    const whole = deltaText((await rig.stream(wire, "text=30")).events).split(" ").length;
    const { events, error } = await rig.stream(wire, "text=30 pieces=random");
    expect(error).toBeUndefined();
    expect(deltaText(events).split(" ").length).toBe(whole);
  });

  it("passes unknown blocks, events and stop reasons through", async () => {
    const { events, error } = await rig.stream(wire, "unknown-event unknown-block");
    expect(error).toBeUndefined();
    expect(events.at(-1)?.event.case).toBe("finished");
    expect((await rig.call(wire, "unknown-stop-reason")).rawStopReason).toMatch(/simulated/i);
  });

  it("estimates usage that is not there", async () => {
    expect((await rig.call(wire, "usage=missing")).usage?.outputTokens).toBeGreaterThanOrEqual(0n);
    const { error } = await rig.stream(wire, "usage=missing");
    expect(error).toBeUndefined();
  });
});

describe.each(binary)("%s", (wire) => {
  it("notices a bit that was turned over", async () => {
    const { error } = await rig.stream(wire, "flip-bit");
    expect(error?.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});

describe("gemini's wire", () => {
  it("gives the wait and the quota that its errors name", async () => {
    const directive = "status=429 retry-after=7 code=GenerateRequestsPerMinutePerProjectPerModel";
    const error = await rig.failure("google", directive);
    expect(error.fields.retryAfterMs).toBe(7000);
  });
});
