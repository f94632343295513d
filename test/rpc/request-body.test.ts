// Proves that a request that comes in any pieces is handed on as the same bytes in whole envelopes,
// that one that is too long is handed on at once, and that the cost grows with the bytes alone.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherPieces } from "../../src/rpc/request-body.ts";
import { cutInto } from "../support/framing.ts";
import { envelope } from "../support/rpc-request.ts";

async function* each(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

async function gathered(
  pieces: Iterable<Uint8Array>,
  isEnveloped = true,
  messageBytesMax = 1_000,
): Promise<readonly Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of gatherPieces(each(pieces), isEnveloped, messageBytesMax)) {
    all.push(Buffer.from(piece));
  }
  return all;
}

/** Whether bytes are whole envelopes and nothing else. */
function isWhole(bytes: Buffer): boolean {
  let end = 0;
  while (end + 5 <= bytes.length) end += 5 + bytes.readUInt32BE(end + 1);
  return end === bytes.length;
}

const bytes = fc.uint8Array({ maxLength: 60 });
const cuts = fc.array(fc.nat(200), { maxLength: 30 });

describe("pieces of a request", () => {
  it("in envelopes are the same bytes in whole ones", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { maxLength: 6 }), cuts, async (messages, at) => {
        const whole = Buffer.concat(messages.map((message) => envelope(message)));
        const result = await gathered(cutInto(whole, at));
        expect(Buffer.concat(result)).toEqual(whole);
        for (const piece of result) expect(isWhole(piece)).toBe(true);
      }),
    );
  });

  it("that end within an envelope are refused, wherever", async () => {
    const two = Buffer.concat([envelope(Buffer.from("one")), envelope(Buffer.from("two"))]);
    for (let length = 1; length < two.length; length += 1) {
      if (length === two.length / 2) continue;
      const pieces = gathered([two.subarray(0, length)]);
      await expect(pieces).rejects.toThrow("protocol error: incomplete envelope");
    }
  });

  it("without envelopes are one piece", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, cuts, async (whole, at) => {
        const result = await gathered(cutInto(whole, at), false);
        expect(result).toEqual(whole.length === 0 ? [] : [Buffer.from(whole)]);
      }),
    );
  });

  it("do not wait for the next message when one is complete", async () => {
    const pieces = gatherPieces(
      each([envelope(Buffer.from("one")), envelope(Buffer.from("two")).subarray(0, 3)]),
      true,
      1_000,
    );
    expect(Buffer.from((await pieces.next()).value ?? []).toString("latin1")).toContain("one");
  });

  it.each([
    ["by its length", true, envelope(Buffer.alloc(0), 0, 1_001)],
    ["by its bytes", false, Buffer.alloc(1_006)],
  ])("of what is too long, %s, are handed on without the rest", async (_, isEnveloped, first) => {
    let asked = 0;
    const endless = (function* () {
      for (;;) {
        asked += 1;
        yield first;
      }
    })();
    const pieces = gatherPieces(each(endless), isEnveloped, 1_000);
    expect((await pieces.next()).value).toHaveLength(first.length);
    expect(asked).toBe(1);
  });

  it("of one byte each cost no more than their number", async () => {
    const count = 200_000;
    const whole = envelope(Buffer.alloc(count));
    const startMs = performance.now();
    const result = await gathered(cutInto(whole, Array.from(whole.keys())), true, count);
    expect(result).toHaveLength(1);
    // Connect's own reader adds up all pieces for each new one: 2 * 10^10 steps.
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });
});
