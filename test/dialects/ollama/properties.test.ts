// Proves by random answers that a stream of Ollama, its bytes cut anywhere, gives the same answer
// as a whole body field for field; that a cut before the end never passes for one; and that nothing
// foreign crashes the decoder.
import { create, type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { LLMResponseSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { defaultLimits } from "../../../src/contract/limits.ts";
import { ollama } from "../../../src/dialects/ollama/dialect.ts";
import { createFramer } from "../../../src/framing/framer.ts";
import { decodeOllamaBody, decodeOllamaStream, lastly, line } from "../../support/ollama.ts";

const words = fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), {
  maxLength: 4,
});

const answers = fc.record({
  thinking: words,
  content: words,
  calls: fc.array(
    fc.record({
      id: fc.uuid(),
      function: fc.record({
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        arguments: fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), {
          noNullPrototype: true,
        }),
      }),
    }),
    { maxLength: 3 },
  ),
  reason: fc.constantFrom("stop", "length", "load", "unheard_of"),
  counts: fc.record({ prompt_eval_count: fc.nat(), eval_count: fc.nat() }),
  /** Where the last piece of content stands: in the last line, or before it. */
  isLate: fc.boolean(),
});

type Answer = typeof answers extends fc.Arbitrary<infer T> ? T : never;

function last({ reason, counts }: Answer): JsonObject {
  return { ...lastly, done_reason: reason, ...counts };
}

function bodyOf(answer: Answer): JsonObject {
  const message = {
    content: answer.content.join(""),
    thinking: answer.thinking.join(""),
    tool_calls: answer.calls,
  };
  return line(message as JsonObject, last(answer));
}

function linesOf(answer: Answer): readonly JsonObject[] {
  const { thinking, content, calls, isLate } = answer;
  const late = isLate && calls.length === 0 ? (content.at(-1) ?? "") : "";
  const early = late === "" ? content : content.slice(0, -1);
  return [
    ...thinking.map((piece) => line({ thinking: piece })),
    ...early.map((piece) => line({ content: piece })),
    ...calls.map((call) => line({ tool_calls: [call] } as JsonObject)),
    line({ content: late }, last(answer)),
  ];
}

function bytesOf(answer: Answer): Uint8Array {
  return Buffer.from(
    linesOf(answer)
      .map((one) => `${JSON.stringify(one)}\n`)
      .join(""),
  );
}

function decodedFrom(pieces: readonly Uint8Array[]) {
  const framer = createFramer("ndjson", defaultLimits);
  const decoder = ollama.createDecoder({ adapter: "llama", model: "llama3.2:3b" });
  const frames = [...pieces.flatMap((piece) => framer.push(piece)), ...framer.end()];
  for (const frame of frames) decoder.push(frame);
  return decoder.end().end;
}

describe("any answer", () => {
  property.prop([answers, fc.array(fc.nat(2_000), { maxLength: 6 })])(
    "is the same from a stream cut anywhere as from a whole body",
    (answer, cuts) => {
      const bytes = bytesOf(answer);
      const marks = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length), bytes.length])];
      marks.sort((a, b) => a - b);
      const pieces = marks.slice(1).map((end, index) => bytes.subarray(marks[index], end));
      const end = decodedFrom(pieces);
      const response = end.kind === "complete" ? end.response : create(LLMResponseSchema);
      expect(toJson(LLMResponseSchema, response)).toEqual(
        toJson(LLMResponseSchema, decodeOllamaBody(bodyOf(answer))),
      );
    },
  );

  property.prop([answers, fc.nat()])("is truncated wherever its last line is cut", (answer, at) => {
    const bytes = bytesOf(answer);
    // Without its newline the last line is still whole.
    const end = decodedFrom([bytes.subarray(0, at % (bytes.length - 1))]);
    expect(end.kind).toBe("truncated");
  });
});

describe("what a server adds", () => {
  property.prop([fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 4 })])(
    "crashes neither way of decoding",
    (added) => {
      const strange = added as JsonObject[];
      const decoded = () =>
        decodeOllamaStream([
          ...strange.map((members) => line({ ...members, content: "a" }, members)),
          line({}, lastly),
        ]).response;
      const whole = () => decodeOllamaBody({ ...strange[0], ...line({ ...strange[0] }, lastly) });
      for (const decode of [decoded, whole]) {
        try {
          toBinary(LLMResponseSchema, decode() ?? create(LLMResponseSchema));
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectorError);
        }
      }
    },
  );

  property.prop([
    fc.record({
      content: fc.jsonValue(),
      thinking: fc.jsonValue(),
      tool_calls: fc.jsonValue(),
      images: fc.jsonValue(),
    }),
    fc.record({
      model: fc.jsonValue(),
      created_at: fc.jsonValue(),
      done_reason: fc.jsonValue(),
      eval_count: fc.jsonValue(),
      logprobs: fc.jsonValue(),
    }),
  ])("crashes neither, where known members hold anything", (message, rest) => {
    const body = line(message as JsonObject, { ...lastly, ...(rest as JsonObject) });
    for (const decode of [
      () => decodeOllamaBody(body),
      () => decodeOllamaStream([body]).response,
    ]) {
      const response = decode();
      expect(response).toBeDefined();
      if (response !== undefined) toBinary(LLMResponseSchema, response);
    }
  });
});
