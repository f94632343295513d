import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { fromBase64 } from "../base64.ts";
import { arrayOf, isObject, objectOf, textOf, unknownMembers } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { citationOf, joinedTexts } from "./citations.ts";
import { blockKind, callerToolTypes, toolUseMembers } from "./wire.ts";

/** Turns whole blocks of content into parts. */
export class ContentBlocks {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  #calls = 0;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** Takes a block. One that the contract has no part for is kept as it came. */
  add(value: JsonValue): void {
    const block: JsonObject = isObject(value) ? value : { value };
    if (!this.#addKnown(blockKind(block), block)) this.#addProvider(block);
  }

  /** Begins a call of a tool and returns its part. The provider's own calls are no such parts. */
  beginCall(call: JsonObject): number {
    this.#calls += 1;
    const id = textOf(call.toolUseId) || `call_${this.#calls}`;
    const part = this.#builder.startToolCall(id, textOf(call.name));
    const rest = unknownMembers(call, toolUseMembers);
    this.#builder.setProviderOptions(part, this.#adapter, rest && { toolUse: rest });
    return part;
  }

  /** Whether the contract has a part for the block, which it then is. */
  #addKnown(kind: string, block: JsonObject): boolean {
    const content = objectOf(block[kind]);
    switch (kind) {
      case "text":
        return this.#addText(block.text, []);
      case "citationsContent":
        return this.#addCited(content);
      case "reasoningContent":
        return this.#addReasoning(content);
      case "toolUse":
        return this.#addCall(content);
      case "image":
        return this.#addImage(content);
      default:
        return false;
    }
  }

  #addProvider(block: JsonObject): void {
    const type = blockKind(block) || Object.keys(block)[0] || "";
    const value = { adapter: this.#adapter, type, json: JSON.stringify(block) };
    this.#builder.addWhole({ kind: { case: "provider", value } });
  }

  #addText(text: JsonValue | undefined, citations: readonly JsonValue[]): boolean {
    if (typeof text !== "string") return false;
    const part = this.#builder.startText();
    this.#builder.appendText(part, text);
    for (const citation of citations) this.#builder.addCitation(part, citationOf(citation));
    this.#builder.finish(part);
    return true;
  }

  #addCited(cited: JsonObject): boolean {
    const isPlain = arrayOf(cited.content).every((item) => blockKind(objectOf(item)) === "text");
    const rest = unknownMembers(cited, new Set(["content", "citations"]));
    if (!isPlain || rest !== undefined) return false;
    return this.#addText(joinedTexts(cited.content), arrayOf(cited.citations));
  }

  #addReasoning(reasoning: JsonObject): boolean {
    const { reasoningText, redactedContent } = reasoning;
    if (blockKind(reasoning) === "") return false;
    if (typeof redactedContent === "string") {
      const value = { adapter: this.#adapter, redacted: fromBase64(redactedContent) };
      this.#builder.addWhole({ kind: { case: "thinking", value } });
      return true;
    }
    if (!isObject(reasoningText)) return false;
    const part = this.#builder.startThinking(this.#adapter);
    this.#builder.appendThinking(part, textOf(reasoningText.text));
    this.#builder.appendSignature(part, textOf(reasoningText.signature));
    const rest = unknownMembers(reasoningText, new Set(["text", "signature"]));
    const options = rest && { reasoningContent: { reasoningText: rest } };
    this.#builder.setProviderOptions(part, this.#adapter, options);
    this.#builder.finish(part);
    return true;
  }

  #addCall(call: JsonObject): boolean {
    if (!callerToolTypes.has(textOf(call.type))) return false;
    const part = this.beginCall(call);
    this.#builder.appendArguments(part, argumentsText(call.input));
    this.#builder.finish(part);
    return true;
  }

  #addImage(image: JsonObject): boolean {
    const { bytes } = objectOf(image.source);
    if (typeof bytes !== "string" || Object.keys(image).length !== 2) return false;
    const value = {
      kind: MediaKind.IMAGE,
      mimeType: `image/${textOf(image.format)}`,
      source: { case: "data" as const, value: fromBase64(bytes) },
    };
    this.#builder.addWhole({ kind: { case: "media", value } });
    return true;
  }
}

function argumentsText(input: JsonValue | undefined): string {
  if (input === undefined || input === null) return "";
  return typeof input === "string" ? input : JSON.stringify(input);
}
