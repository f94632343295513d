import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { LLMResponse, Usage } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type {
  DecodeContext,
  Frame,
  StreamDecoder,
  StreamEnd,
  StreamEvent,
  StreamSnapshot,
} from "../../contract/adapter.ts";
import { isObject, objectOf, parseObject, textOf, unknownMembers } from "../json.ts";
import { openAIStreamError } from "../openai-errors.ts";
import { ResponseBuilder } from "../response-builder.ts";
import { UnknownEvents } from "../unknown-events.ts";
import { buildResponse, refuseFailed, usageOf } from "./envelope.ts";
import { citationOf, objectIn } from "./output-item.ts";
import { type ItemPlace, OutputItems } from "./output-items.ts";
import { progressNames } from "./wire.ts";

/** Events that end a stream, with the state they mean where the response object does not say. */
const terminalEvents: ReadonlyMap<string, string> = new Map([
  ["response.completed", "completed"],
  ["response.incomplete", "incomplete"],
  ["response.failed", "failed"],
  ["response.cancelled", "cancelled"],
]);

/**
 * Members of all other events, which say where they belong, what is new, or what was told before.
 */
const eventMembers: ReadonlySet<string> = new Set([
  ...["type", "sequence_number", "response", "item", "part", "item_id", "output_index"],
  ...[
    "content_index",
    "summary_index",
    "annotation_index",
    "command_index",
    "delta",
    "obfuscation",
  ],
  ...["text", "refusal", "arguments", "input", "name", "code", "command", "annotation", "logprobs"],
  // Pictures as far as they are done, and how they are made: their items hold them whole.
  ...["partial_image_b64", "partial_image_index", "size", "quality", "background", "output_format"],
]);

const terminalMembers: ReadonlySet<string> = new Set(["type", "sequence_number", "response"]);

/**
 * A Responses stream as a state machine. It ends with a terminal event that carries the response
 * object; there is no other sign of the end, so an answer without it is truncated.
 *
 * The type of an event is read from its data, and from the name of the SSE event only where the
 * data has none. Events of unknown types are kept, and never fatal.
 */
export class ResponsesStreamDecoder implements StreamDecoder {
  readonly #context: DecodeContext;
  readonly #builder = new ResponseBuilder();
  readonly #items: OutputItems;
  readonly #unknown = new UnknownEvents();
  #id = "";
  #model = "";
  #usage: Usage | undefined;
  #response: LLMResponse | undefined;

  constructor(context: DecodeContext) {
    this.#context = context;
    this.#items = new OutputItems(this.#builder, context.adapter);
  }

  get done(): boolean {
    return this.#response !== undefined;
  }

  push(frame: Frame): readonly StreamEvent[] {
    // Some servers close the stream as the chat wire does, or send events without data.
    const data = frame.data.trim();
    if (this.done || data === "[DONE]" || data === "") return [];
    const event = parseObject(data);
    const type = textOf(event.type) || frame.event;
    if (this.#take(type, event)) this.#keepRest(type, event);
    else this.#unknown.keep({ ...event, type });
    return this.#builder.takeEvents();
  }

  end(): { readonly events: readonly StreamEvent[]; readonly end: StreamEnd } {
    const response = this.#response;
    // What is open stays open: its calls of tools are not usable.
    if (response === undefined) return { events: [], end: { kind: "truncated" } };
    return { events: this.#builder.takeEvents(), end: { kind: "complete", response } };
  }

  progress(): StreamSnapshot {
    return {
      id: this.#id,
      model: this.#model,
      usage: this.#usage,
      toolCallsOpen: this.#builder.toolCallsOpen,
    };
  }

  /** Takes an event. Returns whether its type is known. */
  #take(type: string, event: JsonObject): boolean {
    const state = terminalEvents.get(type);
    if (state !== undefined) {
      this.#finish(state, event);
      return true;
    }
    switch (type) {
      case "response.created":
      case "response.queued":
      case "response.in_progress":
        this.#note(objectOf(event.response));
        return true;
      case "response.output_item.added":
        this.#items.announce(objectIn(event.item, "an item of the output"), placeOf(event));
        return true;
      case "response.output_item.done":
        this.#items.complete(objectIn(event.item, "an item of the output"), placeOf(event));
        return true;
      case "response.content_part.added":
        this.#beginPiece(event);
        return true;
      case "response.output_text.annotation.added":
        return this.#annotate(event);
      case "error":
        throw openAIStreamError(event, 200);
      default:
        if (type === "" && isError(event.error)) throw openAIStreamError(event, 200);
        return this.#append(type, event) || isProgress(type);
    }
  }

  /** What a known event holds beyond what is known of it. The end of the stream tells its own. */
  #keepRest(type: string, event: JsonObject): void {
    const rest = this.done ? undefined : unknownMembers(event, eventMembers);
    if (rest !== undefined) this.#unknown.keep({ type, ...rest });
  }

  /** Takes a delta. Returns whether the event was one. */
  #append(type: string, event: JsonObject): boolean {
    const place = placeOf(event);
    const piece = textOf(event.delta);
    switch (type) {
      case "response.output_text.delta":
        this.#items.appendText("output_text", piece, place, indexOf(event.content_index));
        return true;
      case "response.refusal.delta":
        this.#items.appendText("refusal", piece, place, indexOf(event.content_index));
        return true;
      case "response.reasoning_text.delta":
        this.#items.appendReasoning("content", piece, place, indexOf(event.content_index));
        return true;
      case "response.reasoning_summary_text.delta":
        this.#items.appendReasoning("summary", piece, place, indexOf(event.summary_index));
        return true;
      case "response.function_call_arguments.delta":
        this.#items.appendArguments("function_call", piece, place);
        return true;
      case "response.custom_tool_call_input.delta":
        this.#items.appendArguments("custom_tool_call", piece, place);
        return true;
      default:
        return false;
    }
  }

  #beginPiece(event: JsonObject): void {
    const type = textOf(objectOf(event.part).type);
    this.#items.beginPiece(type, placeOf(event), indexOf(event.content_index));
  }

  #annotate(event: JsonObject): boolean {
    if (!isObject(event.annotation)) return false;
    const citation = citationOf(event.annotation);
    this.#items.addCitation(citation, placeOf(event), indexOf(event.content_index));
    return true;
  }

  #finish(state: string, event: JsonObject): void {
    const sent = objectOf(event.response);
    const response: JsonObject = {
      ...sent,
      id: textOf(sent.id) || this.#id,
      model: textOf(sent.model) || this.#model,
      status: textOf(sent.status) || state,
    };
    this.#note(response);
    refuseFailed(response);
    this.#items.settle(response);
    if (this.#usage !== undefined) this.#builder.usage(this.#usage);
    const extra = { ...unknownMembers(event, terminalMembers), ...this.#unknown.members() };
    this.#response = buildResponse(this.#builder, response, this.#context, extra);
  }

  #note(response: JsonObject): void {
    this.#id = textOf(response.id) || this.#id;
    this.#model = textOf(response.model) || this.#model;
    this.#items.note(response);
    this.#usage = usageOf(response) ?? this.#usage;
  }
}

function placeOf(event: JsonObject): ItemPlace {
  return { outputIndex: indexOf(event.output_index), itemID: textOf(event.item_id) };
}

function indexOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isError(error: JsonValue | undefined): boolean {
  return isObject(error) || (typeof error === "string" && error !== "");
}

/** Whether an event repeats or foretells what the items tell anyway. */
function isProgress(type: string): boolean {
  const [, name = "", step = ""] = type.split(".");
  return repeatingEvents.has(type) || (step !== "" && progressNames.has(name));
}

/**
 * Events that say once more what deltas have told, or announce texts that their deltas announce.
 */
const repeatingEvents: ReadonlySet<string> = new Set([
  "response.content_part.done",
  "response.custom_tool_call_input.done",
  "response.function_call_arguments.done",
  "response.output_text.done",
  "response.reasoning_summary_part.added",
  "response.reasoning_summary_part.done",
  "response.reasoning_summary_text.done",
  "response.reasoning_text.done",
  "response.refusal.done",
]);
