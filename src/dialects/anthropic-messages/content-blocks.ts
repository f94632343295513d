import { create, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { type Citation, CitationSchema } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { ConnectorError } from "../../contract/connector-error.ts";
import { exactText } from "../../contract/exact-json.ts";
import { arrayOf, isObject, setMember, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { blockMembers, blockType } from "./wire.ts";

/** A block that has begun. */
type OpenBlock =
  | { readonly kind: "text" | "thinking" | "sealed"; readonly part: number }
  | { readonly kind: "tool"; readonly part: number; readonly input: JsonValue | undefined }
  | { readonly kind: "other"; readonly part: number; readonly block: JsonObject; json: string };

/** Which kind of block a delta changes, and the member that it brings. */
interface DeltaTraits {
  readonly kind: OpenBlock["kind"];
  readonly members: ReadonlySet<string>;
}

const deltaTraits: ReadonlyMap<string, DeltaTraits> = new Map<string, DeltaTraits>([
  ["text_delta", { kind: "text", members: new Set(["type", "text"]) }],
  ["citations_delta", { kind: "text", members: new Set(["type", "citation"]) }],
  ["thinking_delta", { kind: "thinking", members: new Set(["type", "thinking"]) }],
  ["signature_delta", { kind: "thinking", members: new Set(["type", "signature"]) }],
  ["input_json_delta", { kind: "tool", members: new Set(["type", "partial_json"]) }],
]);

/**
 * Turns blocks of content into parts. A whole block is one that begins and ends with no delta
 * between, so that whole answers and streams cannot differ.
 */
export class ContentBlocks {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #open = new Map<number, OpenBlock>();
  readonly #ended = new Set<number>();
  #calls = 0;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** Takes a block that comes whole. */
  addWhole(value: JsonValue): void {
    this.#end(this.#begin(isObject(value) ? value : { type: "", value }));
  }

  /** Begins the block at an index of the message. One that is still open there ends. */
  begin(index: number, block: JsonObject): void {
    this.end(index);
    this.#open.set(index, this.#begin(block));
  }

  /**
   * Changes an open block. Returns what of the delta had no place. Throws
   * PROVIDER_MALFORMED_RESPONSE for one that fits no block: an ended one, one of another kind,
   * arguments of an unnamed tool.
   */
  change(index: number, delta: JsonObject): JsonObject | undefined {
    const type = textOf(delta.type);
    const traits = deltaTraits.get(type);
    const block = this.#open.get(index) ?? this.#implied(index, traits);
    if (block?.kind === "other") changeOther(block, type, delta);
    else if (block === undefined || traits === undefined) return delta;
    else if (block.kind !== traits.kind) throw malformed(`a ${type} for a block of another type`);
    else this.#append(block.part, type, delta);
    if (traits === undefined) return undefined;
    const rest = unknownMembers(delta, traits.members);
    return rest && { type, ...rest };
  }

  /** Ends the block at an index. One that is not open there is no matter. */
  end(index: number): void {
    const block = this.#open.get(index);
    if (block === undefined) return;
    this.#open.delete(index);
    this.#ended.add(index);
    this.#end(block);
  }

  /** Ends every open block. */
  endAll(): void {
    for (const index of [...this.#open.keys()]) this.end(index);
  }

  /** Text and thinking show by their deltas what they are, even if their beginning was not told. */
  #implied(index: number, traits: DeltaTraits | undefined): OpenBlock | undefined {
    if (traits === undefined) return undefined;
    if (traits.kind === "tool" || this.#ended.has(index)) {
      throw malformed("a delta for a block that is not open");
    }
    this.begin(index, { type: traits.kind });
    return this.#open.get(index);
  }

  #begin(block: JsonObject): OpenBlock {
    switch (block.type) {
      case "text":
        return this.#beginText(block);
      case "thinking":
        return this.#beginThinking(block);
      case "redacted_thinking":
        return this.#addSealed(block);
      case "tool_use":
        return this.#beginTool(block);
      default: {
        const part = this.#builder.startProvider(this.#adapter, blockType(block));
        return { kind: "other", part, block: { ...block }, json: "" };
      }
    }
  }

  #beginText(block: JsonObject): OpenBlock {
    const part = this.#builder.startText();
    this.#builder.appendText(part, textOf(block.text));
    for (const citation of arrayOf(block.citations)) this.#cite(part, citation);
    this.#setRest(part, block);
    return { kind: "text", part };
  }

  #beginThinking(block: JsonObject): OpenBlock {
    const part = this.#builder.startThinking(this.#adapter);
    this.#builder.appendThinking(part, textOf(block.thinking));
    this.#builder.appendSignature(part, textOf(block.signature));
    this.#setRest(part, block);
    return { kind: "thinking", part };
  }

  #addSealed(block: JsonObject): OpenBlock {
    const redacted = new TextEncoder().encode(textOf(block.data));
    const value = { adapter: this.#adapter, redacted };
    const part = this.#builder.addWhole({ kind: { case: "thinking", value } });
    this.#setRest(part, block);
    return { kind: "sealed", part };
  }

  #beginTool(block: JsonObject): OpenBlock {
    this.#calls += 1;
    const id = textOf(block.id) || `call_${this.#calls}`;
    const part = this.#builder.startToolCall(id, textOf(block.name));
    this.#setRest(part, block);
    return { kind: "tool", part, input: block.input };
  }

  #append(part: number, type: string, delta: JsonObject): void {
    switch (type) {
      case "text_delta":
        this.#builder.appendText(part, textOf(delta.text));
        break;
      case "citations_delta":
        this.#cite(part, delta.citation);
        break;
      case "thinking_delta":
        this.#builder.appendThinking(part, textOf(delta.thinking));
        break;
      case "signature_delta":
        this.#builder.appendSignature(part, textOf(delta.signature));
        break;
      default:
        this.#builder.appendArguments(part, textOf(delta.partial_json));
    }
  }

  #end(block: OpenBlock): void {
    if (block.kind === "tool" && this.#builder.textSoFar(block.part) === "") {
      this.#builder.appendArguments(block.part, argumentsText(block.input));
    }
    if (block.kind === "other") {
      const { kind } = this.#builder.part(block.part);
      if (kind.case === "provider") kind.value.json = exactText(wholeOther(block));
    }
    this.#builder.finish(block.part);
  }

  #cite(part: number, citation: JsonValue | undefined): void {
    if (citation === undefined || citation === null) return;
    this.#builder.addCitation(part, citationOf(citation));
  }

  #setRest(part: number, block: JsonObject): void {
    const known = blockMembers[blockType(block)];
    if (known === undefined) return;
    this.#builder.setProviderOptions(part, this.#adapter, unknownMembers(block, known));
  }
}

/**
 * Arguments that came as a value. The stream has them in the model's own writing: spaces may
 * differ.
 */
function argumentsText(input: JsonValue | undefined): string {
  return input === undefined || input === null ? "" : exactText(input);
}

/** Lays a delta on a block whose type is not known: texts grow, everything else is replaced. */
function changeOther(
  open: { readonly block: JsonObject; json: string },
  type: string,
  delta: JsonObject,
): void {
  if (type === "input_json_delta") {
    open.json += textOf(delta.partial_json);
    return;
  }
  if (type === "citations_delta") {
    open.block.citations = [...arrayOf(open.block.citations), delta.citation ?? null];
    return;
  }
  for (const [name, value] of Object.entries(delta)) {
    if (name === "type" || value === null) continue;
    const before = open.block[name];
    const isGrowing = typeof before === "string" && typeof value === "string";
    setMember(open.block, name, isGrowing ? before + value : value);
  }
}

function wholeOther({
  block,
  json,
}: {
  readonly block: JsonObject;
  readonly json: string;
}): JsonObject {
  if (json.trim() === "") return block;
  let input: JsonValue;
  try {
    input = JSON.parse(json) as JsonValue;
  } catch {
    // Cut or malformed: delivered as it came, never repaired.
    input = json;
  }
  return { ...block, input };
}

function citationOf(value: JsonValue): Citation {
  const citation: JsonObject = isObject(value) ? value : {};
  const start = bound(citation, "start_char_index", "start_page_number", "start_block_index");
  const end = bound(citation, "end_char_index", "end_page_number", "end_block_index");
  return create(CitationSchema, {
    type: textOf(citation.type),
    citedText: textOf(citation.cited_text),
    title: textOf(citation.title) || textOf(citation.document_title),
    url: textOf(citation.url),
    sourceId: textOf(citation.file_id) || textOf(citation.source),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    json: exactText(value),
  });
}

function bound(citation: JsonObject, ...names: readonly string[]): bigint | undefined {
  const value = names.map((name) => citation[name]).find((found) => found !== undefined);
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : undefined;
}

function malformed(what: string): ConnectorError {
  return new ConnectorError("PROVIDER_MALFORMED_RESPONSE", `the provider's stream sent ${what}`);
}
