import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ConnectorError } from "../../contract/connector-error.ts";
import { fromBase64, toBase64 } from "../base64.ts";
import { arrayOf, isObject, mergeInto, objectOf, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { citationOf } from "./citations.ts";
import type { ContentBlocks } from "./content-blocks.ts";
import { blockKind, callerToolTypes } from "./wire.ts";

/** A block that has begun. */
type OpenBlock =
  | { readonly kind: "text" | "reasoning" | "call"; readonly part: number }
  /** One that becomes a part when it is whole. */
  | { readonly kind: "whole"; readonly block: JsonObject };

const kindOfDelta: Readonly<Record<string, OpenBlock["kind"]>> = {
  text: "text",
  citation: "text",
  reasoningContent: "reasoning",
};

/**
 * Turns blocks that come in pieces into parts. Only tools and media say how they begin; text and
 * reasoning show by their first delta what they are.
 */
export class BlockStream {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #blocks: ContentBlocks;
  readonly #open = new Map<number, OpenBlock>();
  readonly #ended = new Set<number>();

  constructor(builder: ResponseBuilder, adapter: string, blocks: ContentBlocks) {
    this.#builder = builder;
    this.#adapter = adapter;
    this.#blocks = blocks;
  }

  /** Begins the block at an index of the message. One that is still open there ends. */
  begin(index: number, start: JsonObject): void {
    this.end(index);
    // An empty start tells nothing: the first delta will.
    if (Object.keys(start).length === 0) return;
    this.#open.set(index, this.#begin(start));
  }

  /**
   * Changes the block at an index. Returns what of the delta had no place. Throws
   * PROVIDER_MALFORMED_RESPONSE for one that fits no block: an ended one, one of another kind, the
   * arguments of an unnamed tool.
   */
  change(index: number, delta: JsonObject): JsonObject | undefined {
    const kind = blockKind(delta);
    if (Object.keys(delta).length === 0) return undefined;
    const block = this.#open.get(index) ?? this.#implied(index, kind);
    if (block.kind === "whole") {
      growWhole(block.block, kind, delta);
      return undefined;
    }
    const wanted = kind === "toolUse" ? "call" : kindOfDelta[kind];
    if (wanted === undefined) return delta;
    if (wanted !== block.kind) throw malformed(`a delta of ${kind} for a block of another kind`);
    return this.#append(block.part, kind, delta);
  }

  /** Ends the block at an index. One that is not open there is no matter. */
  end(index: number): void {
    const block = this.#open.get(index);
    if (block === undefined) return;
    this.#open.delete(index);
    this.#ended.add(index);
    if (block.kind === "whole") this.#blocks.add(wholeBlock(block.block));
    else this.#builder.finish(block.part);
  }

  /** Ends every open block. */
  endAll(): void {
    for (const index of [...this.#open.keys()]) this.end(index);
  }

  #implied(index: number, kind: string): OpenBlock {
    if (kind === "toolUse" || this.#ended.has(index)) {
      throw malformed("a delta for a block that is not open");
    }
    const block = this.#begin(kind === "" ? {} : { [kind]: {} });
    this.#open.set(index, block);
    return block;
  }

  #begin(start: JsonObject): OpenBlock {
    const kind = blockKind(start);
    if (kindOfDelta[kind] === "text") return { kind: "text", part: this.#builder.startText() };
    if (kindOfDelta[kind] === "reasoning") {
      return { kind: "reasoning", part: this.#builder.startThinking(this.#adapter) };
    }
    const call = objectOf(start.toolUse);
    if (kind === "toolUse" && callerToolTypes.has(textOf(call.type))) {
      return { kind: "call", part: this.#blocks.beginCall(call) };
    }
    return { kind: "whole", block: mergeInto({}, start) };
  }

  #append(part: number, kind: string, delta: JsonObject): JsonObject | undefined {
    switch (kind) {
      case "text":
        this.#builder.appendText(part, textOf(delta.text));
        return undefined;
      case "citation":
        this.#builder.addCitation(part, citationOf(delta.citation ?? null));
        return undefined;
      case "toolUse": {
        const call = objectOf(delta.toolUse);
        this.#builder.appendArguments(part, inputText(call.input));
        return wrapped(kind, unknownMembers(call, new Set(["input"])));
      }
      default:
        return wrapped(kind, this.#appendReasoning(part, objectOf(delta.reasoningContent)));
    }
  }

  #appendReasoning(part: number, reasoning: JsonObject): JsonObject | undefined {
    const { text, signature, redactedContent } = reasoning;
    this.#builder.appendThinking(part, textOf(text));
    this.#builder.appendSignature(part, textOf(signature));
    const { kind } = this.#builder.part(part);
    if (kind.case === "thinking" && typeof redactedContent === "string") {
      const bytes = [...kind.value.redacted, ...fromBase64(redactedContent)];
      kind.value.redacted = Uint8Array.from(bytes);
    }
    return unknownMembers(reasoning, new Set(["text", "signature", "redactedContent"]));
  }
}

function inputText(input: JsonValue | undefined): string {
  if (input === undefined || input === null) return "";
  return typeof input === "string" ? input : JSON.stringify(input);
}

function wrapped(kind: string, rest: JsonObject | undefined): JsonObject | undefined {
  return rest && { [kind]: rest };
}

/** Lays a delta on a block that is kept whole: texts and bytes grow, lists get longer. */
function growWhole(block: JsonObject, kind: string, delta: JsonObject): void {
  const value = delta[kind];
  const before = block[kind];
  const content = objectOf(before);
  if (kind === "toolResult") {
    block.toolResult = { ...content, content: grownList(arrayOf(content.content), arrayOf(value)) };
  } else if (kind === "toolUse") {
    const input = textOf(content.input) + inputText(objectOf(value).input);
    block.toolUse = { ...content, input };
  } else if (typeof before === "string" && typeof value === "string") {
    block[kind] = before + value;
  } else {
    const bytes = textOf(objectOf(content.source).bytes);
    mergeInto(block, delta);
    const { source } = objectOf(block[kind]);
    if (bytes !== "" && isObject(source)) source.bytes = joinedBytes(bytes, textOf(source.bytes));
  }
}

function joinedBytes(before: string, more: string): string {
  return toBase64(Uint8Array.from([...fromBase64(before), ...fromBase64(more)]));
}

/** A text goes on with the text that the next delta begins with. */
function grownList(before: readonly JsonValue[], more: readonly JsonValue[]): JsonValue[] {
  const last = objectOf(before.at(-1));
  const next = objectOf(more[0]);
  if (typeof last.text !== "string" || typeof next.text !== "string") return [...before, ...more];
  return [...before.slice(0, -1), { ...last, text: last.text + next.text }, ...more.slice(1)];
}

/** A call's arguments, which came as text, as the value that a whole answer has. */
function wholeBlock(block: JsonObject): JsonObject {
  const call = block.toolUse;
  if (!isObject(call) || typeof call.input !== "string") return block;
  try {
    return { ...block, toolUse: { ...call, input: JSON.parse(call.input || "{}") } };
  } catch {
    // Cut or malformed: delivered as it came, never repaired.
    return block;
  }
}

function malformed(what: string): ConnectorError {
  return new ConnectorError("PROVIDER_MALFORMED_RESPONSE", `the provider's stream sent ${what}`);
}
