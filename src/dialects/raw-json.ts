import type { JsonObject } from "@bufbuild/protobuf";
import { invalidField } from "../contract/connector-error.ts";
import { isObjectText } from "./json.ts";

/**
 * JSON texts that go into a body as they are, with the order of their members and all digits of
 * their numbers: schemas and blocks that the caller gave as text.
 *
 * Each text is held under a mark in the body, and takes the mark's place when the body is written.
 */
export class RawJSON {
  readonly #texts: string[] = [];

  /**
   * Holds one JSON object and returns its mark. Throws INVALID_REQUEST, naming the field, for a
   * text that is no JSON object.
   */
  hold(text: string, field: string): string {
    if (!isObjectText(text)) throw invalidField(field, "is not the text of a JSON object");
    return this.#mark(text.trim());
  }

  /** A whole number for a body: itself, or a mark where a double would lose digits of it. */
  integer(value: bigint): number | string {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : this.#mark(String(value));
  }

  /** The body as JSON text, each mark replaced by its text. */
  write(body: JsonObject): string {
    const text = JSON.stringify(body);
    if (this.#texts.length === 0) return text;
    return text.replace(/"\\ud800(\d+)"/g, (mark, index) => this.#texts[Number(index)] ?? mark);
  }

  #mark(text: string): string {
    // A lone surrogate occurs in no text that came over the wire, so nobody can forge a mark.
    return `\ud800${this.#texts.push(text) - 1}`;
  }
}
