// Proves that lengths and headers of an AWS event stream that cannot be are typed errors though
// their sums are right, that a message is limited to the byte, and that small pieces cost no more
// than linear time.
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { AWSEventStreamFramer } from "../../src/framing/aws-event-stream-framer.ts";
import { encodeEvent, encodeMessage } from "../support/aws-event-stream.ts";
import { cutInto, framesOf, thrownBy } from "../support/framing.ts";

function refusal(bytes: Uint8Array, bytesMax = 1000): string {
  return thrownBy(() => framesOf(new AWSEventStreamFramer(bytesMax), [bytes])).reason;
}

/** A message of any lengths and headers, with right sums. */
function summed(totalLength: number, headersLength: number, rest: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + rest.length + 4);
  bytes.writeUInt32BE(totalLength, 0);
  bytes.writeUInt32BE(headersLength, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  bytes.set(rest, 12);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

function withHeaders(...headers: readonly number[]): Buffer {
  return summed(16 + headers.length, headers.length, Buffer.from(headers));
}

const a = 0x61;

describe("an AWS event stream that is wrong", () => {
  it.each([
    ["a message shorter than its frame", summed(15, 0, Buffer.alloc(0))],
    ["no length at all", summed(0, 0, Buffer.alloc(0))],
    ["headers longer than the message", summed(20, 5, Buffer.alloc(4))],
    ["headers of nearly 4 GiB", summed(20, 0xffff_fffc, Buffer.alloc(4))],
    ["a name without its type", withHeaders(1, a)],
    ["a name beyond the headers", withHeaders(9, a, 0)],
    ["an empty name", withHeaders(0, 0)],
    ["an unknown type", withHeaders(1, a, 10)],
    ["a number that was cut", withHeaders(1, a, 4, 0, 0)],
    ["a length that was cut", withHeaders(1, a, 7, 0)],
    ["a text beyond the headers", withHeaders(1, a, 7, 0, 2, a)],
    ["a name that is repeated", withHeaders(1, a, 0, 1, a, 1)],
    ["another wire", Buffer.from('data: {"a":1}\n\ndata: {"a":2}\n\n')],
    ["a page", Buffer.from("<html><body>Bad gateway</body></html>")],
  ])("%s", (_title, bytes) => {
    expect(refusal(bytes)).toBe("PROVIDER_MALFORMED_RESPONSE");
  });

  it("gives what was whole before it says so", () => {
    const good = encodeEvent("messageStart", {});
    const framer = new AWSEventStreamFramer(1000);
    expect(framer.push(Buffer.concat([good, withHeaders(0, 0)]))).toHaveLength(1);
    expect(thrownBy(() => framer.push(good)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
    expect(thrownBy(() => framer.end()).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
  });
});

describe("the limit of a message", () => {
  it("holds to the byte, and before the message is there", () => {
    const bytes = encodeMessage({ headers: {}, payload: "x".repeat(984) });
    expect(bytes).toHaveLength(1000);
    const twice = Buffer.concat([bytes, bytes]);
    expect(framesOf(new AWSEventStreamFramer(1000), [twice])).toHaveLength(2);
    expect(refusal(bytes, 999)).toBe("PROVIDER_RESPONSE_TOO_LARGE");
    expect(refusal(bytes.subarray(0, 12), 999)).toBe("PROVIDER_RESPONSE_TOO_LARGE");
  });

  it("is found out for a message of nearly 4 GiB at its first twelve bytes", () => {
    expect(refusal(summed(0xffff_ffff, 0, Buffer.alloc(0)).subarray(0, 12))).toBe(
      "PROVIDER_RESPONSE_TOO_LARGE",
    );
  });
});

it("takes a large message byte by byte", () => {
  const payload = "x".repeat(300_000);
  const bytes = encodeMessage({ headers: {}, payload });
  const framer = new AWSEventStreamFramer(bytes.length);
  const frames = framesOf(framer, cutInto(bytes, [...bytes.keys()]));
  expect(frames).toEqual([{ event: "", data: payload, id: "" }]);
});
