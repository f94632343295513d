import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { Citation, Part } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { arrayOf, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import {
  callIDOf,
  emptyMessagePart,
  isRunByProvider,
  itemParts,
  messageMembersOf,
  objectIn,
  type ReasoningText,
  reasoningSeparator,
} from "./output-item.ts";
import { itemMember } from "./wire.ts";

/** An item of the output, as far as it has come. */
interface OpenItem {
  /** The item as it was announced; its members hold until the whole item comes. */
  readonly announced: JsonObject;
  readonly type: string;
  /** Place in the answer, from 0. */
  readonly position: number;
  /** Index of a piece of content to index of its part. What has no content has one piece, 0. */
  readonly parts: Map<number, number>;
  reasoningText: ReasoningText | undefined;
  /** Index of the text of reasoning that is being told. */
  reasoningIndex: number;
  isComplete: boolean;
}

/** Where in the output an event belongs, as far as it says. */
export interface ItemPlace {
  /** `output_index`. Undefined: the server does not say. */
  readonly outputIndex: number | undefined;
  /** `item_id`. Empty: the server does not say. */
  readonly itemID: string;
}

/**
 * The items of an answer, from their first mention to their last word, as parts of a builder.
 *
 * Parts get their indexes in the order in which items and pieces of content are first mentioned.
 * The whole item fixes what its deltas began, and the response object at the end has the last word.
 * An event that does not say where it belongs belongs to the last item of its type that is open,
 * and an item that was never announced is announced by its first delta: servers leave both out.
 */
export class OutputItems {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #items: OpenItem[] = [];
  /** `output_index` to item: servers that count anew overwrite what is complete. */
  readonly #byIndex = new Map<number, OpenItem>();
  #tools: readonly JsonValue[] | undefined;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** Takes what a response repeats of its request: the tools that were offered. */
  note(response: JsonObject): void {
    if (Array.isArray(response.tools)) this.#tools = response.tools;
  }

  /** An item begins. Said again of the same item, it says nothing new. */
  announce(item: JsonObject, place: ItemPlace): void {
    const known = this.#at(place);
    const isKnown =
      known?.type === textOf(item.type) && (!known.isComplete || isSameID(known, item));
    if (!isKnown) this.#open(item, place.outputIndex);
  }

  /** An item is whole. */
  complete(item: JsonObject, place: ItemPlace): void {
    const type = textOf(item.type);
    const at = this.#at({ ...place, itemID: place.itemID || textOf(item.id) });
    const isPlaced = at !== undefined || place.outputIndex !== undefined;
    const known = isPlaced ? at : this.#lastOpen(type);
    if (known?.type === type && !known.isComplete) this.#finish(known, item);
    else if (known?.type === type && isSameID(known, item)) this.#replace(known, item);
    else this.#finish(this.#open(item, place.outputIndex), item);
  }

  /** A piece of a message begins. Without an index it is the next one. */
  beginPiece(type: string, place: ItemPlace, index?: number): void {
    const at = this.#at(place);
    // Reasoning has one part for all its texts.
    if (at !== undefined && at.type !== "message") return;
    const item = this.#find("message", place);
    this.#piece(item, index ?? item.parts.size, type);
  }

  /** More of a text or refusal. */
  appendText(
    type: "output_text" | "refusal",
    piece: string,
    place: ItemPlace,
    index?: number,
  ): void {
    const part = this.#lastPiece(type, place, index);
    if (this.#builder.isOpen(part)) this.#builder.appendText(part, piece);
  }

  /** A source that a text cites. */
  addCitation(citation: Citation, place: ItemPlace, index?: number): void {
    const part = this.#lastPiece("output_text", place, index);
    if (this.#builder.isOpen(part)) this.#builder.addCitation(part, citation);
  }

  /** More of the thinking. Of its own words and their summary, only what came first is told. */
  appendReasoning(kind: ReasoningText, piece: string, place: ItemPlace, index?: number): void {
    const item = this.#find("reasoning", place);
    item.reasoningText ??= kind;
    const part = item.parts.get(0);
    if (part === undefined || item.reasoningText !== kind || !this.#builder.isOpen(part)) return;
    if (piece === "") return;
    const step = Math.max(0, (index ?? item.reasoningIndex) - item.reasoningIndex);
    item.reasoningIndex += step;
    // A server that counts wildly does not make the answer grow beyond reason.
    const separators = reasoningSeparator.repeat(Math.min(step, separatorsMax));
    this.#builder.appendThinking(part, separators + piece);
  }

  /** More of what a tool is called with. Without a call that was announced, its end tells all. */
  appendArguments(
    type: "function_call" | "custom_tool_call",
    piece: string,
    place: ItemPlace,
  ): void {
    const item = this.#at(place) ?? this.#lastOpen(type);
    const part = item?.type === type ? item.parts.get(0) : undefined;
    if (part === undefined || !this.#builder.isOpen(part)) return;
    const { kind } = this.#builder.part(part);
    if (kind.case === "toolCall") this.#builder.appendArguments(part, piece);
  }

  /** The response object: settles every item it holds, and every other one as it stands. */
  settle(response: JsonObject): void {
    this.note(response);
    const items = arrayOf(response.output).map((value) => objectIn(value, "an item of the output"));
    const counterparts = this.#counterparts(items);
    for (const [position, item] of items.entries()) {
      const known = counterparts.get(position);
      if (known?.isComplete) this.#replace(known, item);
      else this.#finish(known ?? this.#open(item, undefined), item);
    }
    for (const item of this.#items) this.#finish(item, item.announced);
  }

  #open(announced: JsonObject, outputIndex: number | undefined): OpenItem {
    const position = this.#items.length;
    const item: OpenItem = {
      announced,
      type: textOf(announced.type),
      position,
      parts: new Map(),
      reasoningText: undefined,
      reasoningIndex: 0,
      isComplete: false,
    };
    this.#items.push(item);
    this.#byIndex.set(outputIndex ?? position, item);
    this.#begin(item);
    return item;
  }

  /** Begins the part of an item that has one whatever it holds. */
  #begin({ type, announced, parts, position }: OpenItem): void {
    switch (type) {
      case "message":
        return;
      case "reasoning":
        parts.set(0, this.#builder.startThinking(this.#adapter));
        return;
      case "function_call":
      case "custom_tool_call": {
        const name = textOf(announced.name);
        // A call without a name is told when it is whole.
        if (name === "") return;
        if (type === "custom_tool_call" && isRunByProvider(announced, this.#tools)) {
          parts.set(0, this.#builder.startProvider(this.#adapter, type));
          return;
        }
        parts.set(0, this.#builder.startToolCall(callIDOf(announced, position), name));
        return;
      }
      default:
        parts.set(0, this.#builder.startProvider(this.#adapter, type));
    }
  }

  #lastPiece(type: string, place: ItemPlace, index: number | undefined): number {
    const item = this.#find("message", place);
    const { size } = item.parts;
    const last = item.parts.get(size - 1);
    const goesOn = last !== undefined && this.#builder.part(last).kind.case === pieceKind(type);
    return this.#piece(item, index ?? (goesOn ? size - 1 : size), type);
  }

  /** The part of a piece of a message, begun if need be. */
  #piece({ parts }: OpenItem, index: number, type: string): number {
    const begun = parts.get(index);
    if (begun !== undefined) return begun;
    const part = this.#startPiece(type);
    parts.set(index, part);
    return part;
  }

  #startPiece(type: string): number {
    const kind = pieceKind(type);
    if (kind === "text") return this.#builder.startText();
    if (kind === "refusal") return this.#builder.startRefusal();
    return this.#builder.startProvider(this.#adapter, type);
  }

  #finish(open: OpenItem, whole: JsonObject): void {
    if (open.isComplete) return;
    open.isComplete = true;
    for (const [index, part] of this.#partsOf(open, whole).entries()) {
      const begun = open.parts.get(index);
      if (begun === undefined || !this.#isOfKind(begun, part)) this.#add(open, index, part);
      else this.#builder.finishWith(begun, this.#withTold(part, begun));
    }
    // Pieces that were told, and that the whole item leaves out.
    const members = open.type === "message" ? messageMembersOf(whole) : {};
    for (const part of open.parts.values()) {
      if (!this.#builder.isOpen(part)) continue;
      if (Object.keys(members).length > 0) {
        this.#builder.setProviderOptions(part, this.#adapter, { [itemMember]: members });
      }
      this.#builder.finish(part);
    }
    if (open.parts.size === 0) this.#add(open, 0, emptyMessagePart(whole, this.#adapter));
  }

  #replace(open: OpenItem, whole: JsonObject): void {
    for (const [index, part] of this.#partsOf(open, whole).entries()) {
      const begun = open.parts.get(index);
      if (begun === undefined || !this.#isOfKind(begun, part)) this.#add(open, index, part);
      else this.#builder.replace(begun, this.#withTold(part, begun));
    }
  }

  #partsOf({ position, reasoningText }: OpenItem, whole: JsonObject): readonly Part[] {
    const [adapter, tools] = [this.#adapter, this.#tools];
    return itemParts(whole, { adapter, position, reasoningText, tools });
  }

  #isOfKind(index: number, { kind }: Part): boolean {
    return this.#builder.part(index).kind.case === kind.case;
  }

  /** Adds a part that no event began. */
  #add(open: OpenItem, index: number, part: Part): void {
    const { kind } = part;
    let begun: number;
    if (kind.case === "thinking") begun = this.#builder.startThinking(this.#adapter);
    else if (kind.case === "toolCall") {
      begun = this.#builder.startToolCall(kind.value.id, kind.value.name);
    } else begun = this.#startPiece(kind.case === "provider" ? kind.value.type : (kind.case ?? ""));
    open.parts.set(index, begun);
    this.#builder.finishWith(begun, part);
  }

  /**
   * What was told stays where the whole part has nothing: some servers send items without content.
   */
  #withTold(whole: Part, index: number): Part {
    const told = this.#builder.part(index).kind;
    const { kind } = whole;
    if (kind.case === "toolCall" && told.case === "toolCall") {
      kind.value.id = told.value.id;
      kind.value.name ||= told.value.name;
      kind.value.arguments ||= told.value.arguments || this.#builder.textSoFar(index);
    } else if (kind.case === "text" && told.case === "text") {
      kind.value.text ||= told.value.text || this.#builder.textSoFar(index);
    } else if (kind.case === "refusal" && told.case === "refusal") {
      kind.value.text ||= told.value.text || this.#builder.textSoFar(index);
    } else if (kind.case === "thinking" && told.case === "thinking") {
      kind.value.text ||= told.value.text || this.#builder.textSoFar(index);
      kind.value.signature ||= told.value.signature;
    }
    return whole;
  }

  /** The item an event speaks of, by index, else by id: some servers give each event a new id. */
  #at({ outputIndex, itemID }: ItemPlace): OpenItem | undefined {
    const byIndex = outputIndex === undefined ? undefined : this.#byIndex.get(outputIndex);
    return byIndex ?? this.#byID(itemID);
  }

  #byID(id: string): OpenItem | undefined {
    return id === "" ? undefined : this.#items.findLast(({ announced }) => announced.id === id);
  }

  #lastOpen(type: string): OpenItem | undefined {
    return this.#items.findLast((item) => item.type === type && !item.isComplete);
  }

  /** The item of this type that an event speaks of; announced now if it never was. */
  #find(type: string, place: ItemPlace): OpenItem {
    const { outputIndex, itemID } = place;
    const at = this.#at(place);
    if (at?.type === type) return at;
    const isNew = outputIndex !== undefined && at === undefined;
    const known = isNew ? undefined : this.#lastOpen(type);
    const announced = { type, ...(itemID !== "" && { id: itemID }) };
    return known ?? this.#open(announced, isNew ? outputIndex : undefined);
  }

  /** Which items of the response object were told before: by id, else by place and type. */
  #counterparts(items: readonly JsonObject[]): ReadonlyMap<number, OpenItem> {
    const found = new Map<number, OpenItem>();
    const free = new Set(this.#items);
    const match = (position: number, known: OpenItem | undefined): void => {
      if (known === undefined || found.has(position) || !free.delete(known)) return;
      found.set(position, known);
    };
    for (const [position, item] of items.entries()) match(position, this.#byID(textOf(item.id)));
    for (const [position, item] of items.entries()) {
      const type = textOf(item.type);
      const atPlace = this.#byIndex.get(position);
      const isSame = atPlace?.type === type && free.has(atPlace);
      match(position, isSame ? atPlace : [...free].find((known) => known.type === type));
    }
    return found;
  }
}

function isSameID({ announced }: OpenItem, { id }: JsonObject): boolean {
  return id !== undefined && announced.id === id;
}

/** The kind of part that a piece of a message becomes. */
function pieceKind(type: string): "text" | "refusal" | "provider" {
  if (type === "output_text" || type === "text") return "text";
  return type === "refusal" ? "refusal" : "provider";
}

/** Most empty texts of reasoning that are told as such between two others. */
const separatorsMax = 16;
