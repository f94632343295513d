// Proves that the writers made for answers give, byte for byte, what protobuf-es gives, whatever the
// message; and that a value which fits no field fails as it does there.
import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CallResponse,
  CallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { messageWriters } from "../../gen/ts/writers/answer-writers.ts";
import { frameOf, type MessageFormat } from "../../src/rpc/lane-messages.ts";
import { WireWriter } from "../../src/rpc/wire-writer.ts";
import { arbitraryMessage } from "../support/arbitrary-message.ts";

const mebibyte = 1024 * 1024;

function format(output: MessageFormat["output"], responseBytesMax = 64 * mebibyte): MessageFormat {
  const input = output;
  return { input, output, kind: "unary", requestBytesMax: 1, responseBytesMax, recursionLimit: 1 };
}

function answer(message: string): CallResponse {
  return create(CallResponseSchema, { response: { content: { message } } });
}

describe("the writer of an answer", () => {
  for (const [output, write] of messageWriters) {
    it(`gives the bytes of ${output.typeName}, behind its head`, () => {
      fc.assert(
        fc.property(arbitraryMessage(output, 5), (message) => {
          const writer = new WireWriter();
          writer.begin();
          // Not by frameOf, which would ask protobuf-es where the writer fails.
          write(writer, message as never);
          const frame = writer.frame();
          const expected = toBinary(output, message);
          expect(frameOf(message, format(output)).equals(frame)).toBe(true);
          expect(frame[0]).toBe(0);
          expect(frame.readUInt32BE(1)).toBe(expected.length);
          expect(frame.subarray(5).equals(expected)).toBe(true);
        }),
        { numRuns: 300 },
      );
    });
  }

  it("gives long messages and short ones, and none is changed by the next", () => {
    const messages = [16 * 1024, 3 * mebibyte, 1].map((length) => answer("ü".repeat(length)));
    const frames = messages.map((message) => frameOf(message, format(CallResponseSchema)));
    for (const [index, message] of messages.entries()) {
      const expected = toBinary(CallResponseSchema, message);
      expect(frames[index]?.subarray(5).equals(expected)).toBe(true);
    }
  });

  it("refuses a message that is longer than an answer may be", () => {
    expect(() => frameOf(answer("x".repeat(100)), format(CallResponseSchema, 50))).toThrow(
      expect.objectContaining({ reason: "MESSAGE_TOO_LARGE" }),
    );
  });

  it.each([
    ["a number that is no int32", { stopReason: 2 ** 31 }],
    ["a fraction", { stopReason: 1.5 }],
    ["an integer of more than 64 bits", { usage: { inputTokens: 2n ** 63n } }],
  ])("fails at %s as protobuf-es does, and writes the next answer", (_, response) => {
    const bad = create(CallResponseSchema, { response: response as object });
    let cause = "";
    try {
      toBinary(CallResponseSchema, bad);
    } catch (thrown) {
      cause = (thrown as Error).message;
    }
    expect(cause).not.toBe("");
    expect(() => frameOf(bad, format(CallResponseSchema))).toThrow(
      expect.objectContaining({ reason: "INTERNAL_FAULT", cause: `serialize binary: ${cause}` }),
    );
    const good = answer("fine");
    const frame = frameOf(good, format(CallResponseSchema));
    expect(frame.subarray(5).equals(toBinary(CallResponseSchema, good))).toBe(true);
  });
});
