// Proves on bare sockets that each fault of a whole stream or connection does what it says: where
// it breaks, how it breaks, and what came before; with pauses in virtual time.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/simulator.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { post, until, wires } from "./client.ts";
import { type RawReply, rawPost } from "./raw-client.ts";

let simulator: Simulator;
let clock: VirtualClock;

beforeEach(async () => {
  clock = new VirtualClock();
  simulator = await startSimulator({ clock });
});
afterEach(() => simulator.close());

/** A piece of the answer, in each wire's words. */
const delta = /"type":"(?:text_delta|response\.output_text\.delta)"|"delta":\{"content":"[^"]/g;
const marker = /"message_stop"|\[DONE\]|"response\.completed"/;
const logicalEnd = /"stop_reason":"end_turn"|"finish_reason":"stop"|"response\.output_item\.done"/;

function textOf(reply: RawReply): string {
  return reply.body.toString("utf8");
}

function deltasIn(reply: RawReply): number {
  return textOf(reply).match(delta)?.length ?? 0;
}

describe.each(wires)("on %s", (path, request) => {
  const stream = (words: string, onBytes?: (bytes: number) => boolean) =>
    rawPost(
      simulator,
      path,
      request(`[[simulate: ${words}]] Hello there`, { stream: true }),
      onBytes,
    );

  it("a stream without a fault is whole and has its marker", async () => {
    const reply = await stream("chunks=9");
    expect(reply).toMatchObject({ isWhole: true, error: "" });
    expect(deltasIn(reply)).toBe(9);
    expect(textOf(reply)).toMatch(marker);
  });

  it("cut-after closes the connection in the middle of the body", async () => {
    const reply = await stream("cut-after=5 chunks=9");
    expect(reply).toMatchObject({ isWhole: false, error: "" });
    expect(reply.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(deltasIn(reply)).toBe(5);
  });

  it("reset-after resets the connection", async () => {
    const reply = await stream("reset-after=5 chunks=9");
    expect(reply).toMatchObject({ isWhole: false, error: "ECONNRESET" });
  });

  it("end-after ends the body cleanly, without the marker", async () => {
    const reply = await stream("end-after=5 chunks=9");
    expect(reply).toMatchObject({ isWhole: true, error: "" });
    expect(deltasIn(reply)).toBe(5);
    expect(textOf(reply)).not.toMatch(marker);
    expect(textOf(reply)).not.toMatch(logicalEnd);
  });

  it("end-after with a large number leaves only the marker out", async () => {
    const reply = await stream("end-after=1000 chunks=9");
    expect(deltasIn(reply)).toBe(9);
    expect(textOf(reply)).toMatch(logicalEnd);
    expect(textOf(reply)).not.toMatch(marker);
  });

  it("error-after sends the provider's error and ends", async () => {
    const reply = await stream("error-after=5 chunks=9 status=503 message=Tired");
    expect(reply.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(reply.isWhole).toBe(true);
    expect(deltasIn(reply)).toBe(5);
    expect(textOf(reply)).toMatch(/"error":\{.*"message":"Tired"/);
    expect(textOf(reply)).not.toMatch(marker);
  });

  it("a fault after 0 deltas comes before everything", async () => {
    expect(textOf(await stream("error-after=0"))).toMatch(/^(?:event: error\n)?data: \{.*error/);
    expect(await stream("end-after=0")).toMatchObject({ isWhole: true, body: Buffer.alloc(0) });
    const cut = await stream("cut-after=0");
    expect(cut).toMatchObject({ isWhole: false, error: "", body: Buffer.alloc(0) });
    expect(cut.head).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("stall-after falls silent with the connection open", async () => {
    let received = 0;
    const stalled = stream("stall-after=5 chunks=9", (bytes) => {
      received = bytes;
      return false;
    });
    await until(() => received > 0);
    clock.advance(3_600_000);
    expect(simulator.openConnections).toBe(1);
    await simulator.close();
    expect(deltasIn(await stalled)).toBe(5);
  });

  it("a caller who leaves in the middle is noticed, and its timers are given up", async () => {
    await stream("slow=100ms chunks=9", () => true);
    await until(() => simulator.abortedRequests === 1 && simulator.openConnections === 0);
    expect(clock.pendingTimers).toBe(0);
    await stream("stall-after=1", () => true);
    await until(() => simulator.abortedRequests === 2 && simulator.openConnections === 0);
  });

  it("stall-headers answers nothing at all", async () => {
    const silent = stream("stall-headers");
    await until(() => simulator.requests.length === 1);
    clock.advance(3_600_000);
    await simulator.close();
    expect(await silent).toMatchObject({ head: "", body: Buffer.alloc(0) });
  });

  it("reset breaks the connection before any header", async () => {
    const reply = await stream("reset");
    expect(reply).toMatchObject({ head: "", error: "ECONNRESET" });
  });

  it("slow waits before each delta, on the given clock", async () => {
    let bytes = 0;
    const slow = stream("slow=100ms chunks=3", (all) => {
      bytes = all;
      return false;
    });
    await until(() => clock.pendingTimers === 1);
    expect(bytes).toBeLessThan(3000);
    for (let number = 0; number < 3; number += 1) {
      await until(() => clock.pendingTimers === 1);
      clock.advance(99);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(1);
    }
    expect(deltasIn(await slow)).toBe(3);
  });

  it("ping-only sends keep-alive marks and nothing else", async () => {
    let bytes = 0;
    const pings = stream("ping-only", (all) => {
      bytes = all;
      return false;
    });
    await until(() => clock.pendingTimers === 1);
    await until(() => bytes > 0);
    for (let number = 0; number < 3; number += 1) {
      clock.advance(1000);
      await until(() => clock.pendingTimers === 1);
    }
    await simulator.close();
    const text = textOf(await pings);
    expect(text.match(/: keep-alive|event: ping/g)).toHaveLength(4);
    expect(text).not.toMatch(delta);
  });

  it("malformed breaks the JSON of the first delta only", async () => {
    const text = textOf(await stream("malformed chunks=5"));
    const broken = text.split("\n\n").filter((event) => {
      const data = /^data: (\{.*)$/m.exec(event)?.[1];
      try {
        JSON.parse(data ?? "{}");
        return false;
      } catch {
        return true;
      }
    });
    expect(broken).toHaveLength(1);
    expect(text).toMatch(marker);
  });

  it("garbage-utf8 puts bytes that are not UTF-8 into the text", async () => {
    const { body } = await stream("garbage-utf8");
    expect(body.includes(Buffer.from([0xc3, 0x28, 0xff]))).toBe(true);
    expect(() => new TextDecoder("utf-8", { fatal: true }).decode(body)).toThrow();
  });

  it("huge-event sends one event of that size", async () => {
    const reply = await stream("huge-event=3MB");
    const largest = Math.max(
      ...textOf(reply)
        .split("\n\n")
        .map((event) => event.length),
    );
    expect(largest).toBeGreaterThan(3 * 1024 * 1024);
    expect(reply.isWhole).toBe(true);
  });

  it("pieces=random cuts anywhere, also in characters, and changes no byte", async () => {
    const say = (words: string) =>
      rawPost(
        simulator,
        path,
        request("Grüße 🏔️".repeat(5), { stream: true, stream_options: undefined }),
        undefined,
        words,
      );
    const cut = await say("pieces=random");
    const plain = await say("");
    expect(textOf(cut)).toBe(textOf(plain));
    expect(cut.chunks.length).toBeGreaterThan(plain.chunks.length * 4);
    const isInside = (piece: Buffer) => ((piece[0] ?? 0) & 0xc0) === 0x80;
    expect(cut.chunks.some(isInside)).toBe(true);
  });

  it("eol changes the line ends", async () => {
    expect(textOf(await stream("eol=crlf"))).not.toMatch(/[^\r]\n/);
    const text = textOf(await stream("eol=cr"));
    expect(text).not.toContain("\n");
    expect(text).toContain("\r\r");
  });

  it("swaps streams and whole answers", async () => {
    const whole = await stream("json-instead-of-stream");
    expect(whole.head).toMatch(/content-type: application\/json/);
    expect(JSON.parse(textOf(whole))).toHaveProperty("id");
    const reply = await post(simulator, path, request("[[simulate: stream-instead-of-json]] Hi"));
    expect(reply.headers.get("content-type")).toMatch(/^text\/event-stream/);
    expect(reply.text).toMatch(marker);
  });
});
