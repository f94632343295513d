// Proves by random answers that a stream and a whole body give the same answer field for field,
// that nothing a provider adds to its wire crashes the decoder or is lost, and that no cut passes
// for an end.
import { create, type JsonObject, toBinary, toJson } from "@bufbuild/protobuf";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { LLMResponseSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { chunk, decodeChatBody, decodeChatStream } from "../../support/openai-chat.ts";

const words = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 24 })
  // Blank arguments of a tool are told as none, which is an empty object in the answer.
  .filter((text) => text.trim() !== "");

/** A text, and where its stream is cut. */
const cutText = fc
  .tuple(words, fc.array(fc.nat(24), { maxLength: 4 }))
  .map(([text, cuts]) => ({ text, pieces: cutAt(text, cuts) }));

function cutAt(text: string, cuts: readonly number[]): readonly string[] {
  const marks = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
  return marks.slice(1).map((end, index) => text.slice(marks[index], end));
}

const answers = fc.record({
  thinking: fc.option(cutText),
  text: fc.option(cutText),
  refusal: fc.option(cutText),
  calls: fc.array(
    fc.record({ id: fc.uuid(), name: fc.stringMatching(/^[a-z]{1,8}$/), args: cutText }),
    {
      maxLength: 3,
    },
  ),
  finish: fc.constantFrom("stop", "length", "tool_calls", "content_filter", "unheard_of"),
  usage: fc.record({
    prompt_tokens: fc.nat(),
    completion_tokens: fc.nat(),
    total_tokens: fc.nat(),
  }),
  extra: fc.dictionary(fc.stringMatching(/^x_[a-z]{1,5}$/), fc.jsonValue({ maxDepth: 2 })),
  interleaved: fc.boolean(),
});

type Answer = typeof answers extends fc.Arbitrary<infer T> ? T : never;

const envelope = { id: "c1", created: 1_790_000_000, model: "m-1" };

function bodyOf({ thinking, text, refusal, calls, finish, usage, extra }: Answer): JsonObject {
  const message = {
    role: "assistant",
    content: text?.text ?? null,
    refusal: refusal?.text ?? null,
    ...(thinking && { reasoning_content: thinking.text }),
    tool_calls: calls.map(({ id, name, args }) => ({
      id,
      type: "function",
      function: { name, arguments: args.text },
    })),
  };
  const choice = { index: 0, message, finish_reason: finish, logprobs: null };
  return { ...(extra as JsonObject), ...envelope, choices: [choice], usage };
}

function chunksOf(answer: Answer): readonly JsonObject[] {
  const { thinking, text, refusal, calls, finish, usage, extra, interleaved } = answer;
  const deltas: JsonObject[] = [{ role: "assistant", content: "" }];
  const each = (member: string, pieces: readonly string[] = []) =>
    deltas.push(...pieces.map((piece) => ({ [member]: piece })));
  each("reasoning_content", thinking?.pieces);
  each("content", text?.pieces);
  each("refusal", refusal?.pieces);
  const fragments = calls.map(({ id, name, args: { pieces } }, index) => [
    { index, id, type: "function", function: { name, arguments: "" } },
    ...pieces.map((piece) => ({ index, function: { arguments: piece } })),
  ]);
  const inOrder = interleaved ? turnsOf(fragments) : fragments.flat();
  for (const fragment of inOrder) deltas.push({ tool_calls: [fragment] });
  const chunks = deltas.map((delta) => ({ ...chunk(delta), ...envelope }));
  const last = { ...(extra as JsonObject), ...envelope, choices: [], usage };
  return [...chunks, { ...chunk({}, finish), ...envelope }, last];
}

function turnsOf<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, turn) =>
    lists.flatMap((list) => list.slice(turn, turn + 1)),
  ).flat();
}

describe("any answer", () => {
  property.prop([answers])("is the same from a stream as from a whole body", (answer) => {
    const whole = decodeChatBody(JSON.parse(JSON.stringify(bodyOf(answer))));
    const { response, events } = decodeChatStream([...chunksOf(answer), "[DONE]"]);
    expect(response).toEqual(whole);
    expect(toBinary(LLMResponseSchema, whole).length).toBeGreaterThan(0);
    // The deltas of each part, in order, are the part.
    const told = new Map<number, string>();
    for (const { case: kind, value } of events) {
      if (kind !== "textDelta" && kind !== "thinkingDelta" && kind !== "toolCallDelta") continue;
      const piece = kind === "toolCallDelta" ? value.arguments : value.text;
      told.set(value.partIndex, (told.get(value.partIndex) ?? "") + piece);
    }
    const parts = whole.content?.parts ?? [];
    expect([...told.values()]).toEqual(
      parts.map(({ kind }) =>
        kind.case === "toolCall" ? kind.value.arguments : (kind.value as { text: string }).text,
      ),
    );
  });

  property.prop([answers, fc.nat()])(
    "is truncated wherever it is cut before its end",
    (answer, at) => {
      const chunks = chunksOf(answer);
      const finish = chunks.length - 2;
      const cut = chunks.slice(0, at % chunks.length);
      const { end } = decodeChatStream(cut);
      expect(end.kind).toBe(cut.length > finish ? "logical" : "truncated");
      expect(decodeChatStream([...cut, "[DONE]"]).end.kind).toBe(
        cut.length > finish ? "complete" : "truncated",
      );
    },
  );
});

const foreign = fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 3 }), {
  noNullPrototype: true,
});
const mark = fc.stringMatching(/^z[a-z]{3,9}$/);

describe("what a provider adds", () => {
  property.prop([foreign, foreign, foreign, foreign])(
    "crashes neither way of decoding",
    (top, choice, message, usage) => {
      const body = {
        choices: [{ message: { content: "a", ...message }, finish_reason: "stop", ...choice }],
        usage,
        ...top,
      } as JsonObject;
      const delta = {
        choices: [{ delta: { content: "a", ...message }, ...choice }],
        usage,
        ...top,
      };
      survives(() => decodeChatBody(body));
      survives(() => decodeChatStream([delta as JsonObject, body, "[DONE]"]).response);
    },
  );

  property.prop([fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), fc.jsonValue()])(
    "crashes neither, where known members hold anything",
    (content, calls, value, choices) => {
      const message = {
        content,
        tool_calls: calls,
        function_call: value,
        reasoning: value,
        reasoning_details: calls,
        refusal: value,
        audio: value,
        images: calls,
        annotations: calls,
      };
      const bodies = [
        { choices: [{ message, index: value, logprobs: value, finish_reason: "stop" }] },
        { choices: [{ message: { tool_calls: [calls, { function: value, index: content }] } }] },
        { choices, usage: value, created: value, model: value, id: value },
      ] as JsonObject[];
      for (const body of bodies) {
        survives(() => decodeChatBody(body));
        survives(() => decodeChatStream([body, "[DONE]"]).response);
      }
    },
  );

  property.prop([mark, mark, mark, mark])("is all in the answer", (top, choice, message, usage) => {
    const body: JsonObject = {
      [top]: "in-top",
      choices: [
        {
          [choice]: "in-choice",
          message: { content: "a", [message]: "in-message" },
          delta: { content: "a", [message]: "in-message" },
          finish_reason: "stop",
        },
      ],
      usage: { [usage]: "in-usage" },
    };
    const expected = {
      [top]: "in-top",
      choice: { [choice]: "in-choice" },
      message: { [message]: "in-message" },
      usage: { [usage]: "in-usage" },
    };
    expect(decodeChatBody(body).providerMetadata).toEqual(expected);
    expect(decodeChatStream([body]).response?.providerMetadata).toEqual(expected);
  });
});

/** Runs a decoder: it gives an answer that every codec can write, or throws a ConnectorError. */
function survives(decode: () => ReturnType<typeof decodeChatBody> | undefined): void {
  try {
    const response = decode() ?? create(LLMResponseSchema);
    toBinary(LLMResponseSchema, response);
    toJson(LLMResponseSchema, response);
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectorError);
  }
}
