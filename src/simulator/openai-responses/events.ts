import { type JSONObject, objectsIn } from "../json.ts";
import { createRandom, type Random } from "../random.ts";
import { sseItem } from "../sse.ts";
import type { StreamItem } from "../wire.ts";
import type { Item } from "./items.ts";

/** What the events of an answer are made of. */
export interface EventSource {
  readonly items: readonly Item[];
  /** The response as it begins. */
  readonly opening: JSONObject;
  /** The response as it ends. */
  readonly closing: JSONObject;
  /** Name of the last event, such as "response.completed". */
  readonly lastEvent: string;
  readonly hasUnknownEvent: boolean;
  /** Chance for the field that hides the length of a delta. Unset: it is not wanted. */
  readonly obfuscation: Random | undefined;
}

/** Most characters of the field that hides the length of a delta. */
const obfuscationMax = 16;

type Fields = JSONObject & { readonly type: string };
/** An event without its number, and whether it is a piece of the answer. */
type Event = readonly [fields: Fields, role: StreamItem["role"]];

/** The events of an answer, numbered. */
export function* toEvents(source: EventSource): Generator<StreamItem> {
  let sequence_number = 0;
  for (const [fields, role] of rawEvents(source)) {
    const { obfuscation } = source;
    const isPiece = role === "delta";
    const hidden =
      isPiece && obfuscation
        ? { obfuscation: obfuscation.text(obfuscation.integer(obfuscationMax)) }
        : {};
    yield sseItem(role, fields.type, { ...fields, ...hidden, sequence_number });
    sequence_number += 1;
  }
}

/** Chance for the lengths of a stream. */
export function createObfuscation(seed: number, key: string): Random {
  return createRandom(seed, "obfuscation", key);
}

function* rawEvents({ items, opening, closing, ...source }: EventSource): Generator<Event> {
  yield [{ type: "response.created", response: opening }, "other"];
  yield [{ type: "response.in_progress", response: opening }, "other"];
  if (source.hasUnknownEvent) {
    yield [{ type: "response.simulated", note: "No client knows this event." }, "other"];
  }
  for (const [output_index, item] of items.entries()) yield* itemEvents(item, output_index);
  yield [{ type: source.lastEvent, response: closing }, "end"];
}

function* itemEvents(item: Item, output_index: number): Generator<Event> {
  const added = { type: "response.output_item.added", item: beginning(item), output_index };
  yield [added, "other"];
  const at = { item_id: item.id, output_index };
  switch (item.kind) {
    case "thought":
      yield* summaryEvents(item, at);
      break;
    case "search":
      for (const step of ["in_progress", "searching", "completed"]) {
        yield [{ type: `response.web_search_call.${step}`, ...at }, "other"];
      }
      break;
    case "message":
      yield* messageEvents(item, at);
      break;
    case "call":
      yield* callEvents(item, at);
      break;
    case "unknown":
      break;
  }
  yield [{ type: "response.output_item.done", item: item.whole, output_index }, "other"];
}

/** An item as it begins: nothing in it yet. */
function beginning({ kind, whole }: Item): JSONObject {
  switch (kind) {
    case "thought":
      return { ...whole, summary: [] };
    case "search":
      return { ...whole, status: "in_progress" };
    case "message":
      return { ...whole, status: "in_progress", content: [] };
    case "call":
      return { ...whole, status: "in_progress", arguments: "" };
    case "unknown":
      return whole;
  }
}

type Place = JSONObject & { readonly item_id: string; readonly output_index: number };

function* summaryEvents({ pieces }: Item, item: Place): Generator<Event> {
  if (pieces.length === 0) return;
  const at = { ...item, summary_index: 0 };
  const text = pieces.join("");
  const name = "response.reasoning_summary";
  const empty = { type: "summary_text", text: "" };
  yield [{ type: `${name}_part.added`, ...at, part: empty }, "other"];
  for (const delta of pieces) yield [{ type: `${name}_text.delta`, ...at, delta }, "delta"];
  yield [{ type: `${name}_text.done`, ...at, text }, "other"];
  yield [{ type: `${name}_part.done`, ...at, part: { ...empty, text } }, "other"];
}

function* messageEvents({ whole, pieces }: Item, item: Place): Generator<Event> {
  const at = { ...item, content_index: 0 };
  const [part = {}] = objectsIn(whole.content);
  const text = pieces.join("");
  const isRefusal = part.type === "refusal";
  const empty = isRefusal ? { refusal: "" } : { text: "", annotations: [] };
  yield [{ type: "response.content_part.added", ...at, part: { ...part, ...empty } }, "other"];
  if (isRefusal) {
    for (const delta of pieces) yield [{ type: "response.refusal.delta", ...at, delta }, "delta"];
    yield [{ type: "response.refusal.done", ...at, refusal: text }, "other"];
  } else {
    const name = "response.output_text";
    for (const delta of pieces) {
      yield [{ type: `${name}.delta`, ...at, delta, logprobs: [] }, "delta"];
    }
    for (const [annotation_index, annotation] of objectsIn(part.annotations).entries()) {
      yield [{ type: `${name}.annotation.added`, ...at, annotation_index, annotation }, "other"];
    }
    yield [{ type: `${name}.done`, ...at, logprobs: [], text }, "other"];
  }
  yield [{ type: "response.content_part.done", ...at, part }, "other"];
}

function* callEvents({ whole, pieces }: Item, at: Place): Generator<Event> {
  const name = "response.function_call_arguments";
  for (const delta of pieces) yield [{ type: `${name}.delta`, ...at, delta }, "delta"];
  const last = { arguments: pieces.join(""), name: whole.name };
  yield [{ type: `${name}.done`, ...at, ...last }, "other"];
}
