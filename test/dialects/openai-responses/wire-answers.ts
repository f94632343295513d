import type { JsonObject } from "@bufbuild/protobuf";
import fc from "fast-check";
import type { LLMResponse } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Frame, StreamEnd, StreamEvent } from "../../../src/contract/adapter.ts";
import { openAIResponses } from "../../../src/dialects/openai-responses/dialect.ts";

/** What the decoders of these tests are told. */
export const context = { adapter: "openai", model: "asked-model" } as const;

/** One frame of a stream whose event has a name only in its data. */
export function frame(data: JsonObject | string, event = ""): Frame {
  return { event, id: "", data: typeof data === "string" ? data : JSON.stringify(data) };
}

/** A whole stream through a new decoder. */
export function decodeStream(frames: readonly Frame[]): { events: StreamEvent[]; end: StreamEnd } {
  const decoder = openAIResponses.createDecoder(context);
  const events: StreamEvent[] = [];
  for (const each of frames) events.push(...decoder.push(each));
  const { events: last, end } = decoder.end();
  return { events: [...events, ...last], end };
}

/** The answer of a stream that must be complete. */
export function finished(frames: readonly Frame[]): LLMResponse {
  const { end } = decodeStream(frames);
  if (end.kind !== "complete") throw new Error(`the stream is ${end.kind}`);
  return end.response;
}

/** How a server of these tests writes its streams. */
export interface StreamStyle {
  /** Characters of a delta. */
  readonly deltaCharacters: number;
  /** Whether events carry `output_index`, `content_index` and `summary_index`. */
  readonly hasIndexes: boolean;
  /** Whether the name stands in SSE `event:` in place of the data. */
  readonly namesInFrame: boolean;
  /** Whether each event has an item id of its own, as some hosts hide them. */
  readonly hidesIDs: boolean;
}

/** A response object as the events of a stream, item after item. */
export function streamOf(response: JsonObject, style: StreamStyle): Frame[] {
  const frames: Frame[] = [];
  const send = (type: string, members: JsonObject): void => {
    const hidden = style.hidesIDs && members.item_id !== undefined;
    const data = {
      sequence_number: frames.length,
      ...members,
      ...(hidden && { item_id: `hidden_${frames.length}` }),
    };
    frames.push(style.namesInFrame ? frame(data, type) : frame({ type, ...data }));
  };
  const { id, output, ...rest } = response;
  const opening = { id, object: "response", status: "in_progress", output: [] } as JsonObject;
  send("response.created", { response: opening });
  send("response.in_progress", { response: opening });
  for (const [index, item] of (output as JsonObject[]).entries()) {
    sendItem(item, style.hasIndexes ? { output_index: index } : {}, style, send);
  }
  const state = response.status === "incomplete" ? "incomplete" : "completed";
  send(`response.${state}`, { response: { id, output, ...rest } as JsonObject });
  return frames;
}

type Send = (type: string, members: JsonObject) => void;

function sendItem(item: JsonObject, place: JsonObject, style: StreamStyle, send: Send): void {
  const at = { ...place, item_id: item.id as string };
  const announced = { ...item, status: "in_progress" } as JsonObject;
  const texts = (name: string): string[] =>
    ((item[name] ?? []) as JsonObject[]).map(({ text }) => text as string);
  const deltas = (type: string, text: string, members: JsonObject): void => {
    for (let start = 0; start < text.length; start += style.deltaCharacters) {
      const delta = text.slice(start, start + style.deltaCharacters);
      send(`response.${type}.delta`, { ...at, ...members, delta });
    }
    send(`response.${type}.done`, { ...at, ...members, text });
  };
  const numbered = (name: string, index: number): JsonObject =>
    style.hasIndexes ? { [name]: index } : {};
  switch (item.type) {
    case "message":
      announced.content = [];
      break;
    case "reasoning":
      Object.assign(announced, { summary: [], encrypted_content: "" });
      break;
    case "function_call":
      announced.arguments = "";
      break;
    case "custom_tool_call":
      announced.input = "";
      break;
    default:
  }
  send("response.output_item.added", { ...place, item: announced });
  if (item.type === "message") {
    for (const [index, content] of (item.content as JsonObject[]).entries()) {
      const members = { ...numbered("content_index", index) };
      const empty = { ...content, text: "", annotations: [] } as JsonObject;
      send("response.content_part.added", { ...at, ...members, part: empty });
      if (content.type === "output_text") deltas("output_text", content.text as string, members);
      if (content.type === "refusal") deltas("refusal", content.refusal as string, members);
      send("response.content_part.done", { ...at, ...members, part: content });
    }
  } else if (item.type === "reasoning") {
    for (const [index, text] of texts("summary").entries()) {
      const members = numbered("summary_index", index);
      send("response.reasoning_summary_part.added", { ...at, ...members });
      deltas("reasoning_summary_text", text, members);
    }
    for (const [index, text] of texts("content").entries()) {
      deltas("reasoning_text", text, numbered("content_index", index));
    }
  } else if (item.type === "function_call") {
    deltas("function_call_arguments", item.arguments as string, {});
  } else if (item.type === "custom_tool_call") {
    deltas("custom_tool_call_input", item.input as string, {});
  }
  send("response.output_item.done", { ...place, item });
}

const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null);

/** Members that no contract knows, under names that no contract has. */
const unknown = fc.dictionary(
  fc.stringMatching(/^x_[a-z]{1,8}$/),
  // JSON text is what arrives: it has no negative zero.
  json.map((value) => JSON.parse(JSON.stringify(value)) as JsonObject),
  { maxKeys: 2 },
);

const annotation = fc.record({
  type: fc.constant("url_citation"),
  url: fc.webUrl(),
  title: word,
  start_index: fc.nat(1000),
  end_index: fc.nat(1000),
});

const content = fc.oneof(
  fc
    .tuple(word, fc.array(annotation, { maxLength: 2 }), unknown)
    .map(([text, annotations, extra]) => ({ type: "output_text", text, annotations, ...extra })),
  fc.tuple(word, unknown).map(([refusal, extra]) => ({ type: "refusal", refusal, ...extra })),
  fc.tuple(word, unknown).map(([hum, extra]) => ({ type: "output_hum", hum, ...extra })),
);

const message = fc
  .tuple(fc.array(content, { maxLength: 3 }), fc.constantFrom({}, { phase: "commentary" }), unknown)
  .map(([pieces, phase, extra]) => ({
    type: "message",
    role: "assistant",
    status: "completed",
    content: pieces,
    ...phase,
    ...extra,
  }));

const texts = (type: string, minLength: number): fc.Arbitrary<JsonObject[]> =>
  fc.array(
    word.map((text) => ({ type, text })),
    { minLength, maxLength: 3 },
  );

const reasoning = fc
  .tuple(
    fc.oneof(
      texts("summary_text", 0).map((summary) => ({ summary })),
      texts("reasoning_text", 1).map((own) => ({ summary: [], content: own })),
    ),
    fc.constantFrom({}, { encrypted_content: "sealed==" }),
    unknown,
  )
  .map(([words, sealed, extra]) => ({ type: "reasoning", ...words, ...sealed, ...extra }));

const calls = fc.oneof(
  fc
    .tuple(
      fc.oneof(
        word,
        json.map((value) => JSON.stringify(value)),
      ),
      unknown,
    )
    .map(([written, extra]) => ({
      type: "function_call",
      name: "look_up",
      arguments: written.trim() === "" ? "{}" : written,
      status: "completed",
      ...extra,
    })),
  fc
    .tuple(fc.string({ maxLength: 20 }), unknown)
    .map(([input, extra]) => ({ type: "custom_tool_call", name: "shell", input, ...extra })),
);

const block = fc
  .tuple(fc.constantFrom("web_search_call", "mcp_call", "never_seen_before"), unknown)
  .map(([type, extra]) => ({ type, status: "completed", ...extra }));

/** Answers of the provider with every kind of item, and with members that nobody knows. */
export const answers: fc.Arbitrary<JsonObject> = fc
  .tuple(
    fc.array(fc.oneof(message, reasoning, calls, block), { maxLength: 6 }),
    fc.constantFrom<JsonObject>(
      { status: "completed" },
      { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      { status: "incomplete", incomplete_details: { reason: "content_filter" } },
    ),
    unknown,
  )
  .map(([items, state, extra]) => {
    const output = items.map((item, index) => ({
      id: `item_${index}`,
      ...(item.type.includes("function") || item.type.includes("custom")
        ? { call_id: `call_${index}` }
        : {}),
      ...item,
    }));
    const usage = {
      input_tokens: 30,
      input_tokens_details: { cached_tokens: 10, cache_write_tokens: 4 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 50,
    };
    const described = { id: "resp_1", object: "response", created_at: 1_700_000_000 };
    return { ...described, model: "served-model", ...state, ...extra, output, usage } as JsonObject;
  });

/** Ways in which servers of this wire write streams. */
export const styles: fc.Arbitrary<StreamStyle> = fc
  .record({
    deltaCharacters: fc.integer({ min: 1, max: 40 }),
    hasIndexes: fc.boolean(),
    namesInFrame: fc.boolean(),
    hidesIDs: fc.boolean(),
  })
  // Without indexes, the id is all that tells where an event belongs.
  .map((style) => ({ ...style, hidesIDs: style.hidesIDs && style.hasIndexes }));
