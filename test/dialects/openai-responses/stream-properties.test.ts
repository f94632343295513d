// Proves, over random answers written as streams in every style that servers have, that a stream
// gives the same answer as the whole object, that its events are well formed, that no cut and no
// unknown member, item or event breaks it or gets lost, and that everything goes back as it came.
import { create, equals, fromBinary, type JsonObject, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  LLMRequestSchema,
  type LLMResponse,
  LLMResponseSchema,
  type Part,
  Role,
} from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamEvent } from "../../../src/contract/adapter.ts";
import { ConnectorError } from "../../../src/contract/connector-error.ts";
import { arrayOf } from "../../../src/dialects/json.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";
import {
  answers,
  context,
  decodeStream,
  finished,
  frame,
  streamOf,
  styles,
} from "./wire-answers.ts";

test("a stream ends in the answer that the whole object gives", () => {
  fc.assert(
    fc.property(answers, styles, (answer, style) => {
      const streamed = finished(streamOf(answer, style));
      const whole = openAIResponses.decode(answer, context);
      expect(equals(LLMResponseSchema, streamed, whole), difference(streamed, whole)).toBe(true);
    }),
  );
});

test("deltas join to the parts, and each part begins and ends once", () => {
  fc.assert(
    fc.property(answers, styles, (answer, style) => {
      // Without indexes nothing parts one text of reasoning from the next; such servers send one.
      fc.pre(style.hasIndexes || !hasSeveralTexts(answer));
      const { events, end } = decodeStream(streamOf(answer, style));
      if (end.kind !== "complete") throw new Error("not complete");
      const told = gather(events);
      const parts = end.response.content?.parts ?? [];
      expect(told.map(({ text }) => text)).toEqual(parts.map(writtenText));
      expect(told.map(({ part }) => part)).toEqual(parts);
    }),
  );
});

test("a stream without its terminal event is truncated, wherever it is cut", () => {
  fc.assert(
    fc.property(answers, styles, (answer, style) => {
      const frames = streamOf(answer, style);
      for (let length = 0; length < frames.length; length += 1) {
        const { events, end } = decodeStream(frames.slice(0, length));
        expect(end.kind).toBe("truncated");
        gather(events, { mayBeOpen: true });
      }
    }),
    { numRuns: 30 },
  );
});

test("every unknown member of an answer is found in what is decoded", () => {
  fc.assert(
    fc.property(answers, (answer) => {
      const { usage: _, ...response } = openAIResponses.decode(answer, context);
      const text = JSON.stringify(response, (_name, value) =>
        typeof value === "bigint" ? String(value) : value,
      );
      for (const [name] of JSON.stringify(answer).matchAll(/"x_[a-z]{1,8}":/g)) {
        // In blocks the member stands inside a JSON text.
        expect(text.includes(name) || text.includes(name.replaceAll('"', '\\"'))).toBe(true);
      }
    }),
  );
});

test("an answer goes back over the wire as the items it came in", () => {
  fc.assert(
    fc.property(answers, (answer) => {
      const decoded = openAIResponses.decode(answer, context);
      const stored = fromBinary(LLMResponseSchema, toBinary(LLMResponseSchema, decoded));
      const parts = stored.content?.parts ?? [];
      const request = create(LLMRequestSchema, { contents: [{ role: Role.ASSISTANT, parts }] });
      const input = { request, adapter: "openai", model: "m", stream: false, requestId: "" };
      const { body, warnings } = openAIResponses.encode(input);
      expect(warnings).toEqual([]);
      expect(JSON.parse(body).input).toEqual(answer.output);
    }),
  );
});

test("unknown events are kept, change nothing else, and never break a stream", () => {
  const event = fc.record({ type: fc.stringMatching(/^response\.zz_[a-z]{1,6}\.[a-z]{1,6}$/) });
  fc.assert(
    fc.property(answers, styles, event, fc.nat(), (answer, style, unknown, seed) => {
      const frames = streamOf(answer, style);
      frames.splice(seed % (frames.length - 1), 0, frame({ ...unknown, detail: seed }));
      const streamed = finished(frames);
      const { unknown_events: kept, ...rest } = streamed.providerMetadata ?? {};
      expect(kept).toEqual([{ ...unknown, detail: seed }]);
      const whole = openAIResponses.decode(answer, context);
      expect(rest).toEqual(whole.providerMetadata ?? {});
      expect(streamed.content).toEqual(whole.content);
    }),
  );
});

test("whatever comes in place of an event or answer is decoded or refused, never a crash", () => {
  const members = ["type", "item", "response", "delta", "output_index", "item_id", "part", "error"];
  const types = [
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.annotation.added",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta",
    "response.completed",
    "response.incomplete",
    "constructor",
  ];
  const item = fc.record(
    {
      type: fc.constantFrom("message", "reasoning", "function_call", "custom_tool_call", "other"),
      id: fc.jsonValue(),
      content: fc.jsonValue(),
      summary: fc.jsonValue(),
      arguments: fc.jsonValue(),
      encrypted_content: fc.jsonValue(),
    },
    { requiredKeys: ["type"] },
  );
  const event = fc
    .tuple(
      fc.constantFrom(...types),
      fc.dictionary(fc.constantFrom(...members), fc.oneof(item, fc.jsonValue()), { maxKeys: 5 }),
    )
    .map(([type, rest]) => ({ ...rest, type }) as JsonObject);
  fc.assert(
    fc.property(fc.array(event, { maxLength: 8 }), fc.jsonValue(), (events, body) => {
      refusesAtMost(() => decodeStream(events.map((each) => frame(each))));
      const whole = { output: [body], status: "completed" } as JsonObject;
      refusesAtMost(() => openAIResponses.decode(whole, context));
      refusesAtMost(() => openAIResponses.decode(events[0] ?? {}, context));
    }),
    { numRuns: 500 },
  );
});

/** Runs what may throw a ConnectorError and nothing else. */
function refusesAtMost(run: () => unknown): void {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ConnectorError);
  }
}

interface Told {
  text: string;
  part: Part | undefined;
}

/** What the events tell of each part. Fails on events out of order. */
function gather(events: readonly StreamEvent[], { mayBeOpen = false } = {}): Told[] {
  const parts: Told[] = [];
  for (const event of events) {
    if (event.case === "usage") continue;
    if (event.case === "partStarted") {
      expect(event.value.partIndex).toBe(parts.length);
      parts.push({ text: "", part: undefined });
      continue;
    }
    const { partIndex } = event.value as { partIndex: number };
    const told = parts[partIndex]!;
    expect(told.part, `part ${partIndex} is told after its end`).toBeUndefined();
    if (event.case === "partFinished") told.part = event.value.part;
    else if (event.case === "toolCallDelta") told.text += event.value.arguments;
    else if (event.case === "textDelta" || event.case === "thinkingDelta") {
      expect(event.value.text).not.toBe("");
      told.text += event.value.text;
    }
  }
  if (!mayBeOpen) expect(parts.every(({ part }) => part !== undefined)).toBe(true);
  return parts;
}

/** What the deltas of a part must have told. */
function writtenText({ kind }: Part): string {
  switch (kind.case) {
    case "text":
    case "refusal":
    case "thinking":
      return kind.value.text;
    case "toolCall":
      // Written as nothing at all, and told as the empty object.
      return kind.value.arguments === "{}"
        ? expect.stringMatching(/^(?:\{\})?\s*$/)
        : kind.value.arguments;
    default:
      return "";
  }
}

function hasSeveralTexts(answer: JsonObject): boolean {
  return (answer.output as JsonObject[]).some(
    ({ type, summary, content }) =>
      type === "reasoning" && [summary, content].some((texts) => arrayOf(texts).length > 1),
  );
}

function difference(streamed: LLMResponse, whole: LLMResponse): string {
  const show = (response: LLMResponse): string =>
    JSON.stringify(response, (_name, value) => (typeof value === "bigint" ? String(value) : value));
  return `${show(streamed)}\n${show(whole)}`;
}
