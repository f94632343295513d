import { asBuffer, ByteBuffer } from "./byte-buffer.ts";
import { frameTooLarge } from "./frame-rules.ts";

const lineFeed = 10;
const carriageReturn = 13;

/** Takes one line: the bytes of `buffer` from `start` to before `end`, good for the call only. */
export type LineTaker = (buffer: Buffer, start: number, end: number) => void;

/**
 * Splits bytes into lines that end with LF, CR or CRLF, mixed at will, in linear time. A byte order
 * mark before the first line is removed. No line over `lineBytesMax` is held: the splitter throws
 * PROVIDER_RESPONSE_TOO_LARGE as soon as one is seen.
 */
export class LineSplitter {
  readonly #lineBytesMax: number;
  readonly #take: LineTaker;
  readonly #tail = new ByteBuffer();
  #afterCarriageReturn = false;
  #atStart = true;

  constructor(lineBytesMax: number, take: LineTaker) {
    this.#lineBytesMax = lineBytesMax;
    this.#take = take;
  }

  /** Number of bytes held of a line that has not ended. */
  get tailBytes(): number {
    return this.#tail.length;
  }

  /** Takes the next bytes and hands on the lines they end. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const buffer = asBuffer(chunk);
    let start = this.#afterCarriageReturn && buffer[0] === lineFeed ? 1 : 0;
    this.#afterCarriageReturn = false;
    // Each search goes on where the last one of its byte stopped, so the chunk is read twice at
    // most.
    let feed = indexOf(buffer, lineFeed, start);
    let carriage = indexOf(buffer, carriageReturn, start);
    while (feed < buffer.length || carriage < buffer.length) {
      const end = Math.min(feed, carriage);
      this.#endLine(buffer, start, end);
      start = end + 1;
      if (end === carriage) {
        if (start === buffer.length) this.#afterCarriageReturn = true;
        else if (feed === start) start += 1;
        carriage = indexOf(buffer, carriageReturn, start);
      }
      if (feed < start) feed = indexOf(buffer, lineFeed, start);
    }
    this.#hold(buffer, start);
  }

  /** Hands on the line that has not ended, if it has any bytes. */
  end(): void {
    if (this.#tail.length > 0) this.#endLine(Buffer.alloc(0), 0, 0);
  }

  #endLine(buffer: Buffer, start: number, end: number): void {
    this.#requireRoom(end - start);
    if (this.#tail.length === 0) {
      this.#takeLine(buffer, start, end);
      return;
    }
    this.#tail.append(buffer, start, end);
    const line = this.#tail.view();
    this.#takeLine(line, 0, line.length);
    this.#tail.clear();
  }

  #takeLine(buffer: Buffer, start: number, end: number): void {
    const marked =
      this.#atStart &&
      end - start >= 3 &&
      buffer[start] === 0xef &&
      buffer[start + 1] === 0xbb &&
      buffer[start + 2] === 0xbf;
    this.#atStart = false;
    this.#take(buffer, marked ? start + 3 : start, end);
  }

  #hold(buffer: Buffer, start: number): void {
    this.#requireRoom(buffer.length - start);
    this.#tail.append(buffer, start, buffer.length);
  }

  #requireRoom(bytes: number): void {
    if (this.#tail.length + bytes > this.#lineBytesMax) throw frameTooLarge(this.#lineBytesMax);
  }
}

/** Index of a byte from `start` on; the length if there is none. */
function indexOf(buffer: Buffer, byte: number, start: number): number {
  const index = buffer.indexOf(byte, start);
  return index === -1 ? buffer.length : index;
}
