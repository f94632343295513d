import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Citation, CitationSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { arrayOf, isObject, keepUnknown, mergeInto, storable, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { AudioGatherer } from "./audio-gatherer.ts";
import { imagePart, readContentItem } from "./content-item.ts";
import { ListGatherer } from "./list-gatherer.ts";
import { ListedThinking } from "./listed-thinking.ts";
import { ReasoningReader } from "./reasoning-reader.ts";
import { ToolCallGatherer } from "./tool-call-gatherer.ts";
import { messageMembers, reasoningMembers, returnedMembers } from "./wire.ts";

/**
 * Reads the message of an answer, or its deltas one after the other, into parts.
 *
 * A whole message is read as one delta, so that both ways give the same parts: one text, one
 * refusal, one thinking, and the calls, each in the place where it first came. Only content given
 * as an array keeps an order of its own.
 */
export class MessageReader {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #calls: ToolCallGatherer;
  readonly #audio: AudioGatherer;
  readonly #reasoning: ReasoningReader;
  readonly #annotations = new Map<string, JsonObject>();
  readonly #unknown: JsonObject = {};
  readonly #lists = new ListGatherer();
  #text: number | undefined;
  #textLast: number | undefined;
  #refusal: number | undefined;
  /** The text that a citation has closed, which further ones belong to as well. */
  #cited: number | undefined;
  #thinking: ListedThinking | undefined;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
    this.#calls = new ToolCallGatherer(builder, adapter);
    this.#audio = new AudioGatherer(builder);
    this.#reasoning = new ReasoningReader(builder, adapter);
  }

  /** Whether the model has declined in words. */
  get hasRefusal(): boolean {
    return this.#refusal !== undefined;
  }

  /** Takes a message or delta. */
  take(message: JsonObject): void {
    this.#reasoning.take(message);
    const { content, function_call: legacy } = message;
    if (Array.isArray(content)) for (const item of content) this.#takeItem(item);
    // Cloudflare parses the JSON of a structured answer; the contract has it as text.
    else this.#appendText(isObject(content) ? JSON.stringify(content) : textOf(content));
    this.#appendRefusal(textOf(message.refusal));
    this.#calls.take(arrayOf(message.tool_calls));
    const mirrored = isObject(legacy) ? this.#calls.takeLegacy(legacy) : undefined;
    if (mirrored !== undefined) mergeInto(this.#unknown, { function_call: mirrored });
    if (isObject(message.audio)) this.#audio.take(message.audio);
    for (const image of arrayOf(message.images)) this.#addWhole(image);
    for (const annotation of arrayOf(message.annotations)) {
      if (isObject(annotation)) this.#annotations.set(JSON.stringify(annotation), annotation);
    }
    this.#keepUnknown(message);
  }

  /** Takes a delta that holds nothing but content. */
  addContent(text: string): void {
    this.#appendText(text);
  }

  /** Completes what waits for the end. Returns what the contract has no place for. */
  finish(): JsonObject {
    this.#calls.finish();
    this.#reasoning.finish();
    mergeInto(this.#unknown, this.#lists.members());
    const audio = this.#audio.finish();
    if (audio !== undefined) mergeInto(this.#unknown, { audio });
    const annotations = [...this.#annotations.values()];
    if (this.#textLast === undefined) {
      if (annotations.length > 0) mergeInto(this.#unknown, { annotations: storable(annotations) });
    } else {
      for (const annotation of annotations) {
        this.#builder.addCitation(this.#textLast, citationOf(annotation));
      }
      this.#layOn(this.#textLast);
    }
    return this.#unknown;
  }

  /** What must go back with the message goes back with its text. */
  #layOn(text: number): void {
    for (const name of returnedMembers) {
      const value = this.#unknown[name];
      if (!isObject(value)) continue;
      this.#builder.setProviderOptions(text, this.#adapter, { [name]: value });
      delete this.#unknown[name];
    }
  }

  #keepUnknown(message: JsonObject): void {
    for (const name in message) {
      const items = message[name];
      if (Array.isArray(items) && !messageMembers.has(name)) this.#lists.take(name, items);
    }
    keepUnknown(this.#unknown, message, messageMembers);
    for (const member of reasoningMembers) {
      const value = message[member] ?? "";
      if (typeof value !== "string") mergeInto(this.#unknown, { [member]: storable(value) });
    }
  }

  #appendText(text: string): void {
    if (text === "") return;
    this.#text ??= this.#builder.startText();
    this.#textLast = this.#text;
    this.#cited = undefined;
    this.#thinking = undefined;
    this.#builder.appendText(this.#text, text);
  }

  #appendRefusal(text: string): void {
    if (text === "") return;
    this.#refusal ??= this.#builder.startRefusal();
    this.#builder.appendText(this.#refusal, text);
  }

  #takeItem(value: JsonValue): void {
    const item = readContentItem(value);
    switch (item.kind) {
      case "text":
        this.#appendText(item.text);
        if (this.#text !== undefined) {
          this.#builder.setProviderOptions(this.#text, this.#adapter, item.own);
        }
        return;
      case "refusal":
        this.#appendRefusal(item.text);
        return;
      case "thinking":
        this.#text = undefined;
        this.#cited = undefined;
        if (this.#thinking?.isSealed && item.text !== "") this.#thinking = undefined;
        this.#thinking ??= new ListedThinking(this.#builder, this.#adapter);
        this.#thinking.take(item);
        return;
      case "citation":
        this.#addReference(item.citation, value);
        return;
      case "other":
        this.#addWhole(value);
        return;
      default:
        item satisfies never;
    }
  }

  /** Ends a text with a source, so that the place that it is cited for is not lost. */
  #addReference(citation: Citation, value: JsonValue): void {
    const at = this.#text ?? this.#cited;
    if (at === undefined) {
      this.#addWhole(value);
      return;
    }
    this.#builder.addCitation(at, citation);
    this.#cited = at;
    this.#text = undefined;
  }

  /** Adds an image, or a block that only this provider knows. */
  #addWhole(value: JsonValue): void {
    if (!isObject(value)) return;
    this.#text = undefined;
    this.#cited = undefined;
    this.#thinking = undefined;
    const type = textOf(value.type) || textOf(value.role);
    const block = { adapter: this.#adapter, type, json: exactText(value) };
    this.#builder.addWhole(imagePart(value) ?? { kind: { case: "provider", value: block } });
  }
}

/** A citation: its own members stand in a member named as its type. */
function citationOf(annotation: JsonObject): Citation {
  const type = textOf(annotation.type);
  const inner = annotation[type];
  const source = isObject(inner) ? inner : annotation;
  const start = positionOf(source.start_index);
  const end = positionOf(source.end_index);
  return create(CitationSchema, {
    type,
    title: textOf(source.title ?? source.name),
    url: textOf(source.url),
    citedText: textOf(source.content),
    sourceId: textOf(source.file_id ?? source.hash),
    json: exactText(annotation),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  });
}

function positionOf(value: JsonValue | undefined): bigint | undefined {
  return Number.isSafeInteger(value) ? BigInt(value as number) : undefined;
}
