// Proves by random answers of Cohere's that a stream and a whole body give the same answer, that
// bytes may be cut anywhere, that no cut passes for an end, and that nothing foreign crashes the
// decoder.
import { create, type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { type LLMResponse, LLMResponseSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { defaultLimits } from "../../../src/contract/limits.ts";
import { createFramer } from "../../../src/framing/framer.ts";
import {
  decodeCohereBody,
  decodeCohereStream,
  messageEnd,
  messageStart,
  piece,
} from "../../support/cohere.ts";
import { cutInto, framesOf } from "../../support/framing.ts";

const words = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 16 })
  .filter((said) => said.trim() !== "");

const answers = fc.record({
  content: fc.array(fc.record({ type: fc.constantFrom("text", "thinking"), said: words }), {
    maxLength: 3,
  }),
  plan: fc.option(words),
  calls: fc.array(
    fc.record({ id: fc.uuid(), name: fc.stringMatching(/^[a-z]{1,8}$/), args: words }),
    {
      maxLength: 3,
    },
  ),
  citations: fc.array(fc.nat(3), { maxLength: 3 }),
  finish: fc.constantFrom("COMPLETE", "MAX_TOKENS", "TOOL_CALL", "STOP_SEQUENCE", "UNHEARD_OF"),
  usage: fc.record({
    tokens: fc.record({ input_tokens: fc.nat(), output_tokens: fc.nat() }),
    cached_tokens: fc.nat(),
  }),
});

type Answer = typeof answers extends fc.Arbitrary<infer T> ? T : never;

function citation(index: number): JsonObject {
  return { start: 0, end: 1, sources: [], content_index: index, type: "TEXT_CONTENT" };
}

function bodyOf({ content, plan, calls, citations, finish, usage }: Answer): JsonObject {
  const message = {
    role: "assistant",
    content: content.map(({ type, said }) => ({ type, [type]: said })),
    ...(plan !== null && { tool_plan: plan }),
    tool_calls: calls.map(({ id, name, args }) => ({
      id,
      type: "function",
      function: { name, arguments: args },
    })),
    citations: citations.map(citation),
  };
  return { id: "c1", message, finish_reason: finish, usage };
}

function eventsOf({ content, plan, calls, citations, finish, usage }: Answer): JsonObject[] {
  return [
    messageStart,
    ...content.flatMap(({ type, said }, index) => [
      piece("content-start", { content: { type, [type]: "" } }, index),
      ...[...said].map((part) => piece("content-delta", { content: { [type]: part } }, index)),
      { type: "content-end", index },
    ]),
    ...[...(plan ?? "")].map((part) => piece("tool-plan-delta", { tool_plan: part })),
    ...calls.flatMap(({ id, name, args }, index) => [
      piece(
        "tool-call-start",
        { tool_calls: { id, type: "function", function: { name, arguments: "" } } },
        index,
      ),
      ...[...args].map((part) =>
        piece("tool-call-delta", { tool_calls: { function: { arguments: part } } }, index),
      ),
      { type: "tool-call-end", index },
    ]),
    ...citations.flatMap((place, index) => [
      piece("citation-start", { citations: citation(place) }, index),
      { type: "citation-end", index },
    ]),
    messageEnd(finish, { usage }),
  ];
}

function bytesOf(events: readonly JsonObject[]): string {
  const named = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return `${named.join("")}data: [DONE]\n\n`;
}

/** Decodes bytes that come in the given pieces. */
function decodePieces(pieces: readonly Uint8Array[]) {
  const frames = framesOf(createFramer("sse", defaultLimits), pieces);
  return decodeCohereStream(frames.map(({ data }) => data));
}

describe("any answer", () => {
  property.prop([answers, fc.array(fc.nat(4000), { maxLength: 12 })])(
    "is the same from a stream, cut anywhere, as from a whole body",
    (answer, cuts) => {
      const whole = decodeCohereBody(JSON.parse(JSON.stringify(bodyOf(answer))));
      const { response, done } = decodePieces(cutInto(bytesOf(eventsOf(answer)), cuts));
      expect(done).toBe(true);
      expect(response).toEqual(whole);
    },
  );

  property.prop([answers, fc.nat()])(
    "is truncated wherever it is cut before its end",
    (answer, at) => {
      const text = bytesOf(eventsOf(answer));
      const last = Buffer.from(text.slice(0, text.indexOf("event: message-end"))).length;
      const cut = Buffer.from(text).subarray(0, at % (last + 1));
      expect(decodePieces([cut]).end.kind).toBe("truncated");
    },
  );
});

describe("what a provider adds", () => {
  property.prop([fc.jsonValue(), fc.jsonValue(), fc.jsonValue()])(
    "crashes neither way of decoding",
    (content, calls, value) => {
      const message = { content, tool_calls: calls, tool_plan: value, citations: calls };
      const usage = { tokens: value, billed_units: calls };
      const body = { id: value, message, finish_reason: "COMPLETE", usage, logprobs: calls };
      survives(() => decodeCohereBody(body as JsonObject));
      const types = ["message-start", "content-start", "content-delta", "tool-call-start"];
      const events = [...types, "tool-call-delta", "tool-plan-delta", "citation-start", "x"].map(
        (type) => ({ type, index: value, delta: { message }, logprobs: calls }) as JsonObject,
      );
      survives(
        () =>
          decodeCohereStream([...events, messageEnd("COMPLETE", { usage } as JsonObject)]).response,
      );
    },
  );
});

/** Runs a decoder: it gives an answer that every codec can write, or throws a ConnectorError. */
function survives(decode: () => LLMResponse | undefined): void {
  try {
    const response = decode() ?? create(LLMResponseSchema);
    toBinary(LLMResponseSchema, response);
    toJson(LLMResponseSchema, response);
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectorError);
  }
}
