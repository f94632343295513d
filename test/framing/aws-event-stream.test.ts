// Proves that AWS event streams are cut into messages wherever the bytes are cut, that headers of
// all ten types are understood, and that a wrong sum, length or header, and any flipped bit, is a
// typed error and never another frame.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AWSEventStreamFramer } from "../../src/framing/aws-event-stream-framer.ts";
import {
  type EventStreamMessage,
  encodeEvent,
  encodeException,
  encodeMessage,
  type HeaderValue,
} from "../support/aws-event-stream.ts";
import { cutInto, framesOf, thrownBy } from "../support/framing.ts";

const bytesMax = 1024 * 1024;

function decoded(bytes: Uint8Array, cuts: readonly number[] = []) {
  return framesOf(new AWSEventStreamFramer(bytesMax), cutInto(bytes, cuts));
}

const name = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
const headerValue: fc.Arbitrary<HeaderValue> = fc.oneof(
  fc.record({ type: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("byte" as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant("short" as const), value: fc.integer({ min: -9, max: 9999 }) }),
  fc.record({ type: fc.constant("integer" as const), value: fc.integer() }),
  fc.record({
    type: fc.constantFrom("long" as const, "timestamp" as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ type: fc.constant("bytes" as const), value: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    type: fc.constant("uuid" as const),
    value: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  }),
  fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "binary" }) }),
);
const message: fc.Arbitrary<EventStreamMessage> = fc.record({
  headers: fc.dictionary(
    name.filter((text) => !text.startsWith(":")).map((text) => text.toWellFormed()),
    headerValue,
    { maxKeys: 4 },
  ),
  payload: fc.string({ unit: "binary" }),
});

describe("an AWS event stream", () => {
  it("gives its messages for all headers, payloads and cuts", () => {
    const event = fc.string({ unit: "binary", maxLength: 20 });
    const events = fc.array(fc.tuple(event, message), { maxLength: 5 });
    const cuts = fc.array(fc.nat(600), { maxLength: 20 });
    fc.assert(
      fc.property(events, cuts, (written, at) => {
        const stream = written.map(([type, { headers, payload }]) =>
          encodeMessage({
            headers: { ...headers, ":event-type": { type: "string", value: type } },
            payload,
          }),
        );
        expect(decoded(Buffer.concat(stream), at)).toEqual(
          written.map(([type, { payload }]) => ({
            event: type.toWellFormed(),
            data: String(payload).toWellFormed(),
            id: "",
          })),
        );
      }),
    );
  });

  const two = Buffer.concat([
    encodeEvent("contentBlockDelta", { delta: { text: "ü" } }),
    encodeException("throttlingException", { message: "slow down" }),
  ]);

  it("is the same when it is cut at every byte", () => {
    const whole = decoded(two);
    expect(whole).toEqual([
      { event: "contentBlockDelta", data: '{"delta":{"text":"ü"}}', id: "" },
      { event: "exception:throttlingException", data: '{"message":"slow down"}', id: "" },
    ]);
    for (let cut = 0; cut <= two.length; cut += 1) expect(decoded(two, [cut])).toEqual(whole);
    expect(decoded(two, [...two.keys()])).toEqual(whole);
  });

  it("refuses every flipped bit, or gives what stood before it", () => {
    const [first] = decoded(two);
    for (let bit = 0; bit < two.length * 8; bit += 1) {
      const broken = Buffer.from(two);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const framer = new AWSEventStreamFramer(bytesMax);
      const frames: unknown[] = [];
      const error = thrownBy(() => {
        frames.push(...framer.push(broken));
        frames.push(...framer.end());
      });
      expect(error.reason).toBe("PROVIDER_MALFORMED_RESPONSE");
      expect([[], [first]]).toContainEqual(frames);
    }
  });

  it("refuses a flipped bit in any messages, cut anywhere", () => {
    const stream = fc.array(message, { minLength: 1, maxLength: 3 });
    const cuts = fc.array(fc.nat(300), { maxLength: 5 });
    fc.assert(
      fc.property(stream, cuts, fc.nat(), (messages, at, place) => {
        const bytes = Buffer.concat(messages.map(encodeMessage));
        const bit = place % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(thrownBy(() => decoded(bytes, at)).reason).toBe("PROVIDER_MALFORMED_RESPONSE");
      }),
    );
  });

  it("gives a message at its last byte, and none for a cut one", () => {
    const bytes = encodeEvent("messageStart", { role: "assistant" });
    const framer = new AWSEventStreamFramer(bytesMax);
    expect(framer.push(bytes.subarray(0, -1))).toEqual([]);
    expect(framer.push(bytes.subarray(-1))).toHaveLength(1);
    for (let end = 0; end < bytes.length; end += 1) {
      expect(decoded(bytes.subarray(0, end))).toEqual([]);
    }
  });

  it("tells an unmodelled error by its code and its words", () => {
    const text = (value: string): HeaderValue => ({ type: "string", value });
    const bytes = encodeMessage({
      headers: {
        ":message-type": text("error"),
        ":error-code": text("InternalFailure"),
        ":error-message": text('it "broke"'),
      },
      payload: "",
    });
    const data = '{"message":"it \\"broke\\""}';
    expect(decoded(bytes)).toEqual([{ event: "error:InternalFailure", data, id: "" }]);
  });

  it("needs no headers and no payload", () => {
    expect(decoded(encodeMessage({ headers: {}, payload: "" }))).toEqual([
      { event: "", data: "", id: "" },
    ]);
  });
});
