import type { JsonObject } from "@bufbuild/protobuf";
import { isObject, mergeInto, storable, textOf } from "../json.ts";
import type { ResponseBuilder } from "../response-builder.ts";
import { reasoningMembers } from "./wire.ts";

/** Members of a detail that a stream tells in pieces. */
const piecewise: readonly string[] = ["text", "summary", "data", "signature"];

const noDetails: readonly JsonObject[] = [];

function detailsOf({ reasoning_details: details }: JsonObject): readonly JsonObject[] {
  if (!Array.isArray(details)) return noDetails;
  return details.filter(isObject).map((detail) => storable(detail) as JsonObject);
}

/**
 * Reads thinking from whichever member a server puts it in.
 *
 * Some servers send the same words in two members at once: the first one that holds words is taken
 * for the whole answer. `reasoning_details` are kept as they are besides, since they hold what must
 * go back.
 */
export class ReasoningReader {
  readonly #builder: ResponseBuilder;
  readonly #adapter: string;
  readonly #details: JsonObject[] = [];
  #member: string | undefined;
  #part: number | undefined;
  #opaque = "";

  constructor(builder: ResponseBuilder, adapter: string) {
    this.#builder = builder;
    this.#adapter = adapter;
  }

  /** Takes a message or delta. */
  take(message: JsonObject): void {
    const details = detailsOf(message);
    const words = details.map((detail) => textOf(detail.text ?? detail.summary)).join("");
    this.#member ??=
      reasoningMembers.find((member) => textOf(message[member]) !== "") ??
      (words === "" ? undefined : "reasoning_details");
    if (this.#member === "reasoning_details") this.#append(words);
    else if (this.#member !== undefined) this.#append(textOf(message[this.#member]));
    for (const detail of details) this.#keep(detail);
    this.#opaque += textOf(message.reasoning_opaque);
  }

  /** Puts on the part what must go back with it: its details, or its sealed form and its words. */
  finish(): void {
    if (this.#opaque !== "") this.#seal(this.#started(), this.#opaque);
    if (this.#part === undefined || this.#details.length === 0) return;
    const own = { reasoning_details: this.#details };
    this.#builder.setProviderOptions(this.#part, this.#adapter, own);
  }

  #seal(part: number, opaque: string): void {
    const text = this.#builder.textSoFar(part);
    const own = { ...(text !== "" && { reasoning_text: text }), reasoning_opaque: opaque };
    this.#builder.appendSignature(part, opaque);
    this.#builder.setProviderOptions(part, this.#adapter, own);
  }

  #append(text: string): void {
    if (text === "") return;
    this.#builder.appendThinking(this.#started(), text);
  }

  #started(): number {
    this.#part ??= this.#builder.startThinking(this.#adapter);
    return this.#part;
  }

  #keep(detail: JsonObject): void {
    this.#builder.appendSignature(this.#started(), textOf(detail.signature));
    const before = this.#details.find(
      ({ index, type, id }) =>
        index !== undefined &&
        index === detail.index &&
        type === detail.type &&
        (textOf(id) === "" || textOf(detail.id) === "" || id === detail.id),
    );
    if (before === undefined) {
      this.#details.push(mergeInto({}, detail));
      return;
    }
    const joined: JsonObject = { ...detail };
    for (const member of piecewise) {
      const piece = textOf(detail[member]);
      if (piece !== "") joined[member] = textOf(before[member]) + piece;
      else delete joined[member];
    }
    mergeInto(before, joined);
  }
}
