import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, storable, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import type { ContentItem } from "./content-item.ts";

/**
 * Thinking that comes as items of the content. In a stream its items come one after the other,
 * each with a little more; what their lists hold besides words is laid on the part, to go back
 * with it.
 */
export class ListedThinking {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #part: number;
  readonly #pieces: JsonValue[] = [];
  #isSealed = false;
  #hasMoreThanWords = false;

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
    this.#part = builder.startThinking(adapter);
  }

  /** Whether its signature has come: more words are other thinking. */
  get isSealed(): boolean {
    return this.#isSealed;
  }

  /** Takes an item. */
  take(item: Extract<ContentItem, { kind: "thinking" }>): void {
    const { text, signature, pieces, own } = item;
    this.#builder.appendThinking(this.#part, text);
    this.#builder.appendSignature(this.#part, signature);
    this.#isSealed ||= signature !== "";
    this.#builder.setProviderOptions(this.#part, this.#adapter, own);
    for (const piece of pieces) this.#keep(piece);
    if (this.#hasMoreThanWords) {
      this.#builder.setProviderOptions(this.#part, this.#adapter, { thinking: [...this.#pieces] });
    }
  }

  #keep(piece: JsonValue): void {
    const last = this.#pieces.at(-1);
    if (isWords(piece) && isWords(last)) last.text = textOf(last.text) + textOf(piece.text);
    else this.#pieces.push(isWords(piece) ? { ...piece } : storable(piece));
    this.#hasMoreThanWords ||= typeof piece !== "string" && !isWords(piece);
  }
}

function isWords(piece: JsonValue | undefined): piece is JsonObject {
  return isObject(piece) && piece.type === "text" && Object.keys(piece).length === 2;
}
