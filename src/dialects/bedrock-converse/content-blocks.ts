import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { MediaKind } from "../../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import { exactText } from "../../contract/exact-json.ts";
import { fromBase64 } from "../base64.ts";
import { arrayOf, isObject, objectOf, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { citationOf, joinedTexts } from "./citations.ts";
import { argumentsText, blockMembers, callerToolTypes, kindAmong, restOf } from "./wire.ts";

/**
 * Turns whole blocks of content into parts. What of a block has no place in its part goes with it
 * as the adapter's own option, in the shape that lays it back on the block.
 */
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
    const part = this.#knownPart(block);
    if (part === undefined) this.#addProvider(block);
    else this.#builder.finish(part);
  }

  /** Begins a call of a tool and returns its part. The provider's own calls are no such parts. */
  beginCall(block: JsonObject): number {
    const call = objectOf(block.toolUse);
    this.#calls += 1;
    const id = textOf(call.toolUseId) || `call_${this.#calls}`;
    const part = this.#builder.startToolCall(id, textOf(call.name));
    this.#setRest(part, block, "toolUse");
    return part;
  }

  /** Begins the part that the block is. Undefined: the contract has none. */
  #knownPart(block: JsonObject): number | undefined {
    const kind = kindAmong(blockMembers, block);
    switch (kind) {
      case "text":
        return this.#textPart(block.text, [], block);
      case "citationsContent": {
        const { content, citations } = objectOf(block.citationsContent);
        const part = this.#textPart(joinedTexts(content), arrayOf(citations), block);
        const isPlain = arrayOf(content).every((item) => Object.keys(objectOf(item)).length === 1);
        // In several pieces with something on them, the text alone would not give them back.
        if (!isPlain)
          this.#setOptions(part, { citationsContent: { content: [...arrayOf(content)] } });
        return part;
      }
      case "reasoningContent":
        return this.#thinkingPart(objectOf(block.reasoningContent), block);
      case "toolUse": {
        const { type, input } = objectOf(block.toolUse);
        if (!callerToolTypes.has(textOf(type))) return undefined;
        const part = this.beginCall(block);
        this.#builder.appendArguments(part, argumentsText(input));
        return part;
      }
      case "image":
        return this.#imagePart(objectOf(block.image), block);
      default:
        return undefined;
    }
  }

  #textPart(
    text: JsonValue | undefined,
    citations: readonly JsonValue[],
    block: JsonObject,
  ): number | undefined {
    if (typeof text !== "string") return undefined;
    const part = this.#builder.startText();
    this.#builder.appendText(part, text);
    for (const citation of citations) this.#builder.addCitation(part, citationOf(citation));
    this.#setRest(part, block, kindAmong(blockMembers, block));
    return part;
  }

  #thinkingPart(reasoning: JsonObject, block: JsonObject): number | undefined {
    const { reasoningText, redactedContent } = reasoning;
    if (!isObject(reasoningText) && typeof redactedContent !== "string") return undefined;
    const { text, signature } = objectOf(reasoningText);
    const part = this.#builder.startThinking(this.#adapter);
    this.#builder.appendThinking(part, textOf(text));
    this.#builder.appendSignature(part, textOf(signature));
    const { kind } = this.#builder.part(part);
    if (kind.case === "thinking") kind.value.redacted = fromBase64(textOf(redactedContent));
    this.#setRest(part, block, "reasoningContent");
    return part;
  }

  #imagePart({ format, source }: JsonObject, block: JsonObject): number | undefined {
    const { bytes } = objectOf(source);
    if (typeof bytes !== "string") return undefined;
    const value = {
      kind: MediaKind.IMAGE,
      mimeType: `image/${textOf(format)}`,
      source: { case: "data" as const, value: fromBase64(bytes) },
    };
    const rest = restOf(block, blockMembers.image ?? {});
    return this.#builder.addWhole({
      kind: { case: "media", value },
      ...(rest && { providerOptions: { [this.#adapter]: rest } }),
    });
  }

  #addProvider(block: JsonObject): void {
    const value = {
      adapter: this.#adapter,
      type: Object.keys(block)[0] ?? "",
      json: exactText(block),
    };
    this.#builder.addWhole({ kind: { case: "provider", value } });
  }

  #setRest(part: number, block: JsonObject, kind: string): void {
    this.#setOptions(part, restOf(block, blockMembers[kind] ?? {}));
  }

  #setOptions(part: number | undefined, options: JsonObject | undefined): void {
    if (part !== undefined) this.#builder.setProviderOptions(part, this.#adapter, options);
  }
}
