import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { isObject, storable, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import type { ContentItem } from "./content-item.ts";
import { contentItemMember } from "./wire.ts";

const wordMembers: ReadonlySet<string> = new Set(["type", "text", "signature"]);

/**
 * Thinking that comes as items of the content. In a stream its items come one after the other, each
 * with a little more; what their lists hold besides words is laid on the part, to go back with it.
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
    const { text, signature, pieces, member, own } = item;
    this.#builder.appendThinking(this.#part, text);
    this.#builder.appendSignature(this.#part, signature);
    this.#isSealed ||= signature !== "";
    this.#builder.setProviderOptions(this.#part, this.#adapter, own);
    for (const piece of pieces) this.#keep(piece);
    if (member === "summary") {
      const whole = { type: "reasoning", summary: [...this.#pieces] };
      this.#lay({ [contentItemMember]: whole });
    } else if (this.#hasMoreThanWords) this.#lay({ thinking: [...this.#pieces] });
  }

  #lay(own: JsonObject): void {
    this.#builder.setProviderOptions(this.#part, this.#adapter, own);
  }

  #keep(piece: JsonValue): void {
    const last = this.#pieces.at(-1);
    if (isWords(piece) && isWords(last) && piece.type === last.type) {
      last.text = textOf(last.text) + textOf(piece.text);
      if (piece.signature !== undefined) last.signature = piece.signature;
    } else this.#pieces.push(isWords(piece) ? { ...piece } : storable(piece));
    this.#hasMoreThanWords ||= typeof piece !== "string" && !isWords(piece);
  }
}

/** Whether a piece is a text, with a signature or without one, and nothing else. */
function isWords(piece: JsonValue | undefined): piece is JsonObject {
  if (!isObject(piece) || Object.keys(piece).some((name) => !wordMembers.has(name))) return false;
  return typeof (piece.text ?? "") === "string" && /^(?:summary_)?text$/.test(textOf(piece.type));
}
