import type { Frame } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { asBuffer, ByteBuffer } from "./byte-buffer.ts";
import { frameTooLarge } from "./frame-rules.ts";

const quote = 0x22;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
// White space of JSON, and a byte order mark before the array.
const skippedBefore: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);
const skippedBetween: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c]);

type Place =
  | "before-array"
  | "between-elements"
  | "in-element"
  | "in-string"
  | "after-backslash"
  | "after-array";

/**
 * A stream that is one JSON array of objects or arrays: each element is a frame as soon as its last
 * byte is there. A bare object in place of the array counts as its only element, and what follows
 * the array is ignored. Brackets are counted, not matched, and commas are not: whoever parses an
 * element judges it. Anything else than elements is PROVIDER_MALFORMED_RESPONSE.
 */
export class JSONArrayFramer {
  readonly #elementBytesMax: number;
  readonly #held = new ByteBuffer();
  #frames: Frame[] = [];
  #place: Place = "before-array";
  #bare = false;
  #depth = 0;
  /** Where the element that has begun starts in the chunk at hand. */
  #start = 0;

  constructor(elementBytesMax: number) {
    this.#elementBytesMax = elementBytesMax;
  }

  push(chunk: Uint8Array): readonly Frame[] {
    const buffer = asBuffer(chunk);
    this.#start = 0;
    for (let index = 0; index < buffer.length; index += 1) {
      this.#step(buffer, index, buffer[index] ?? 0);
    }
    if (this.#depth > 0) {
      this.#requireRoom(buffer.length - this.#start);
      this.#held.append(buffer, this.#start, buffer.length);
    }
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  /** Nothing: an element is given at its last byte, and one without it was cut. */
  end(): readonly Frame[] {
    return [];
  }

  #step(buffer: Buffer, index: number, byte: number): void {
    switch (this.#place) {
      case "in-string":
        if (byte === quote) this.#place = "in-element";
        else if (byte === backslash) this.#place = "after-backslash";
        break;
      case "after-backslash":
        this.#place = "in-string";
        break;
      case "in-element":
        this.#stepInElement(buffer, index, byte);
        break;
      case "between-elements":
        if (byte === closeBracket) this.#place = "after-array";
        else if (byte === openBrace || byte === openBracket) this.#begin(index);
        else if (!skippedBetween.has(byte)) throw notAnArray();
        break;
      case "before-array":
        if (byte === openBracket) this.#place = "between-elements";
        else if (byte === openBrace) {
          this.#bare = true;
          this.#begin(index);
        } else if (!skippedBefore.has(byte)) throw notAnArray();
        break;
      case "after-array":
        break;
    }
  }

  #stepInElement(buffer: Buffer, index: number, byte: number): void {
    if (byte === quote) this.#place = "in-string";
    else if (byte === openBrace || byte === openBracket) this.#depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      this.#depth -= 1;
      if (this.#depth === 0) this.#emit(buffer, index + 1);
    }
  }

  #begin(index: number): void {
    this.#place = "in-element";
    this.#depth = 1;
    this.#start = index;
  }

  #emit(buffer: Buffer, end: number): void {
    this.#requireRoom(end - this.#start);
    let data: string;
    if (this.#held.length === 0) data = buffer.toString("utf8", this.#start, end);
    else {
      this.#held.append(buffer, this.#start, end);
      data = this.#held.view().toString();
      this.#held.clear();
    }
    this.#frames.push({ event: "", data, id: "" });
    this.#place = this.#bare ? "after-array" : "between-elements";
  }

  #requireRoom(bytes: number): void {
    if (this.#held.length + bytes > this.#elementBytesMax) {
      throw frameTooLarge(this.#elementBytesMax);
    }
  }
}

function notAnArray(): ConnectorError {
  return new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    "The provider's stream is not a JSON array of objects.",
  );
}
