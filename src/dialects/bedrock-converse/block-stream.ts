import type { JsonObject } from "@bufbuild/protobuf";
import { ConnectorError } from "../../contract/connector-error.ts";
import { fromBase64 } from "../base64.ts";
import { objectOf, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { citationOf } from "./citations.ts";
import type { ContentBlocks } from "./content-blocks.ts";
import { WholeBlock } from "./whole-block.ts";
import { argumentsText, callerToolTypes, deltaMembers, kindAmong, restOf } from "./wire.ts";

/** A block that has begun: a part that grows, or a block that becomes one when it is whole. */
type OpenBlock =
  | { readonly kind: "text" | "call"; readonly part: number }
  | { readonly kind: "reasoning"; readonly part: number; readonly sealed: Uint8Array[] }
  | { readonly kind: "whole"; readonly block: WholeBlock };

/** Which kind of block a delta changes. */
const blockOfDelta: Readonly<Record<string, OpenBlock["kind"]>> = {
  text: "text",
  citation: "text",
  reasoningContent: "reasoning",
  toolUse: "call",
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

  /**
   * Begins the block at an index of the message. One that is still open there ends. Returns what of
   * the beginning had no place.
   */
  begin(index: number, start: JsonObject): JsonObject | undefined {
    this.end(index);
    this.#ended.delete(index);
    const kind = kindAmong(deltaMembers, start);
    const { type } = objectOf(start.toolUse);
    if (kind === "toolUse" && callerToolTypes.has(textOf(type))) {
      this.#open.set(index, { kind: "call", part: this.#blocks.beginCall(start) });
      return undefined;
    }
    // Where a server says of a text that it begins, the text itself may begin there as well.
    if (kind !== "" && kind !== "toolUse") return this.change(index, start);
    // An empty beginning tells nothing: the first delta will.
    if (Object.keys(start).length > 0) {
      this.#open.set(index, { kind: "whole", block: new WholeBlock(start) });
    }
    return undefined;
  }

  /**
   * Changes the block at an index. Returns what of the delta had no place. Throws
   * PROVIDER_MALFORMED_RESPONSE for one that fits no block: an ended one, one of another kind, the
   * arguments of an unnamed tool.
   */
  change(index: number, delta: JsonObject): JsonObject | undefined {
    if (Object.keys(delta).length === 0) return undefined;
    const kind = kindAmong(deltaMembers, delta);
    this.#turn(index, blockOfDelta[kind]);
    const block = this.#open.get(index) ?? this.#implied(index, kind);
    if (block.kind === "whole") {
      block.block.grow(delta);
      return undefined;
    }
    if (kind === "") return delta;
    if (blockOfDelta[kind] !== block.kind) {
      throw malformed(`a delta of ${kind} for a block of another kind`);
    }
    if (block.kind === "reasoning") this.#appendReasoning(block, objectOf(delta.reasoningContent));
    else this.#append(block.part, kind, delta);
    return restOf(delta, deltaMembers[kind] ?? {});
  }

  /** Ends the block at an index. One that is not open there is no matter. */
  end(index: number): void {
    const block = this.#open.get(index);
    if (block === undefined) return;
    this.#open.delete(index);
    this.#ended.add(index);
    if (block.kind === "whole") this.#blocks.add(block.block.toBlock());
    else this.#finish(block);
  }

  /** Ends every open block. */
  endAll(): void {
    for (const index of [...this.#open.keys()]) this.end(index);
  }

  /** A model that thinks and speaks under one index begins a block where it turns to the other. */
  #turn(index: number, kind: OpenBlock["kind"] | undefined): void {
    const open = this.#open.get(index)?.kind;
    const isTurn =
      (open === "reasoning" && kind === "text") || (open === "text" && kind === "reasoning");
    if (!isTurn) return;
    this.end(index);
    this.#ended.delete(index);
  }

  #implied(index: number, kind: string): OpenBlock {
    if (kind === "toolUse" || this.#ended.has(index)) {
      throw malformed("a delta for a block that is not open");
    }
    const block = this.#begin(blockOfDelta[kind]);
    this.#open.set(index, block);
    return block;
  }

  #begin(kind: OpenBlock["kind"] | undefined): OpenBlock {
    if (kind === "text") return { kind, part: this.#builder.startText() };
    if (kind === "reasoning") {
      return { kind, part: this.#builder.startThinking(this.#adapter), sealed: [] };
    }
    return { kind: "whole", block: new WholeBlock({}) };
  }

  #append(part: number, kind: string, delta: JsonObject): void {
    switch (kind) {
      case "text":
        this.#builder.appendText(part, textOf(delta.text));
        break;
      case "citation":
        this.#builder.addCitation(part, citationOf(delta.citation ?? null));
        break;
      default:
        this.#builder.appendArguments(part, argumentsText(objectOf(delta.toolUse).input));
    }
  }

  #appendReasoning(
    { part, sealed }: Extract<OpenBlock, { kind: "reasoning" }>,
    { text, signature, redactedContent }: JsonObject,
  ): void {
    this.#builder.appendThinking(part, textOf(text));
    this.#builder.appendSignature(part, textOf(signature));
    if (typeof redactedContent === "string") sealed.push(fromBase64(redactedContent));
  }

  #finish(block: Exclude<OpenBlock, { kind: "whole" }>): void {
    const { kind } = this.#builder.part(block.part);
    if (block.kind === "reasoning" && kind.case === "thinking") {
      kind.value.redacted = new Uint8Array(Buffer.concat(block.sealed));
    }
    this.#builder.finish(block.part);
  }
}

function malformed(what: string): ConnectorError {
  return new ConnectorError("PROVIDER_MALFORMED_RESPONSE", `the provider's stream sent ${what}`);
}
