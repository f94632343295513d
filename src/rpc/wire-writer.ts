import type { JsonObject, JsonValue, UnknownField } from "@bufbuild/protobuf";
import { headBytes } from "./request-body.ts";

const initialBytes = 16 * 1024;
/** A buffer that a message has made longer is given away as its frame. */
const keptBytesMax = 512 * 1024;
/** Shorter strings are written here, longer ones by Node. */
const shortCharacters = 32;
/** Of longer strings the bytes are counted, since three for each character would be much. */
const guessedCharactersMax = 4096;
/** A tag, and a number or a length. */
const tagAndNumberBytes = 15;
const int32Max = 0x7fff_ffff;
const int32Min = -0x8000_0000;

/**
 * Writes messages in protobuf's binary format, each as a frame of gRPC: one at a time, into a buffer
 * that is used again. Tags are given as numbers on the wire: the field's, times eight, plus the type.
 * What does not fit its field throws; protobuf-es says better what is wrong with it.
 */
export class WireWriter {
  #bytes: Buffer = Buffer.allocUnsafe(initialBytes);
  #at = headBytes;

  /** Begins a message, whatever became of the one before. */
  begin(): void {
    this.#at = headBytes;
  }

  /** Length of the message as far as it is written, bytes. */
  get length(): number {
    return this.#at - headBytes;
  }

  /** The message that was written, behind its head. */
  frame(): Buffer {
    const bytes = this.#bytes;
    const end = this.#at;
    bytes[0] = 0;
    bytes.writeUInt32BE(end - headBytes, 1);
    if (bytes.length > keptBytesMax) {
      this.#bytes = Buffer.allocUnsafe(initialBytes);
      return bytes.subarray(0, end);
    }
    const frame = Buffer.allocUnsafe(end);
    bytes.copy(frame, 0, 0, end);
    return frame;
  }

  string(tag: number, text: string): void {
    if (typeof text !== "string") throw misfit();
    const { length } = text;
    const bytes = length > guessedCharactersMax ? Buffer.byteLength(text) : length * 3;
    this.#reserve(bytes + tagAndNumberBytes);
    this.#varint(tag);
    if (length > shortCharacters || !this.#ascii(text)) this.#utf8(text);
  }

  bytes(tag: number, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) throw misfit();
    this.#reserve(tagAndNumberBytes);
    this.#varint(tag);
    this.#varint(value.length);
    this.raw(value);
  }

  bool(tag: number, value: boolean): void {
    if (typeof value !== "boolean") throw misfit();
    this.#reserve(tagAndNumberBytes);
    this.#varint(tag);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** Enums are written as these too. */
  int32(tag: number, value: number): void {
    if (!Number.isInteger(value) || value > int32Max || value < int32Min) throw misfit();
    this.#reserve(tagAndNumberBytes);
    this.#varint(tag);
    if (value >= 0) this.#varint(value);
    else this.#varint64(BigInt.asUintN(64, BigInt(value)));
  }

  int64(tag: number, value: bigint): void {
    if (typeof value !== "bigint") throw misfit();
    this.#reserve(tagAndNumberBytes);
    this.#varint(tag);
    const small = Number(value);
    if (small >= 0 && small <= int32Max) this.#varint(small);
    else if (BigInt.asIntN(64, value) === value) this.#varint64(BigInt.asUintN(64, value));
    else throw misfit();
  }

  double(tag: number, value: number): void {
    if (typeof value !== "number") throw misfit();
    this.#reserve(tagAndNumberBytes);
    this.#varint(tag);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** Begins a message in a field. Its fields follow, then `join` with what is returned. */
  fork(tag: number): number {
    this.#reserve(tagAndNumberBytes);
    this.#varint(tag);
    this.#at += 1;
    return this.#at;
  }

  /** Ends a message that began at `start`. */
  join(start: number): void {
    const length = this.#at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    const more = varintBytes(length) - 1;
    this.#reserve(more);
    this.#bytes.copyWithin(start + more, start, this.#at);
    this.#at = start - 1;
    this.#varint(length);
    this.#at += length;
  }

  /** A google.protobuf.Struct, which messages hold as JSON. */
  struct(tag: number, object: JsonObject): void {
    const start = this.fork(tag);
    for (const key of Object.keys(object)) {
      const entry = this.fork(0x0a);
      this.string(0x0a, key);
      this.#value(0x12, object[key]);
      this.join(entry);
    }
    this.join(start);
  }

  /** Fields that were read and are not known. */
  unknown(fields: readonly UnknownField[]): void {
    for (const { no, wireType, data } of fields) {
      this.#reserve(tagAndNumberBytes);
      this.#varint(no * 8 + wireType);
      this.raw(data);
    }
  }

  /** Fields that are written already. */
  raw(data: Uint8Array): void {
    this.#reserve(data.length);
    this.#bytes.set(data, this.#at);
    this.#at += data.length;
  }

  #value(tag: number, value: JsonValue | undefined): void {
    const start = this.fork(tag);
    if (typeof value === "string") this.string(0x1a, value);
    else if (typeof value === "number") this.double(0x11, value);
    else if (typeof value === "boolean") this.bool(0x20, value);
    else if (value === null) this.int32(0x08, 0);
    else if (Array.isArray(value)) {
      const list = this.fork(0x32);
      for (const item of value) this.#value(0x0a, item);
      this.join(list);
    } else if (typeof value === "object") this.struct(0x2a, value);
    else throw misfit();
    this.join(start);
  }

  /** Writes a short string with its length; false, and nothing, if it is not ASCII. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const { length } = text;
    let at = this.#at;
    bytes[at++] = length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  #utf8(text: string): void {
    const lengthAt = this.#at;
    const guess = varintBytes(text.length);
    const length = this.#bytes.write(text, lengthAt + guess, "utf8");
    const size = varintBytes(length);
    if (size !== guess) {
      this.#bytes.copyWithin(lengthAt + size, lengthAt + guess, lengthAt + guess + length);
    }
    this.#varint(length);
    this.#at += length;
  }

  /** Less than 2^32. */
  #varint(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    while (rest > 0x7f) {
      bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.#at++] = rest;
  }

  #varint64(value: bigint): void {
    let rest = value;
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  /** With room for the fields that follow: a long text is not to be copied for the next of them. */
  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed + initialBytes, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

function misfit(): TypeError {
  return new TypeError("a value does not fit its field");
}

function varintBytes(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size += 1;
  return size;
}
