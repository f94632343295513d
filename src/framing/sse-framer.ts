import type { Frame } from "../contract/adapter.ts";
import { frameTooLarge, isWhole } from "./frame-rules.ts";
import { LineSplitter } from "./line-splitter.ts";

const colon = 58;
const space = 32;
// "data" as the four bytes of a big-endian number.
const dataField = 0x64617461;

/**
 * Server-sent events, by the parsing rules of the WHATWG HTML standard: LF, CR and CRLF, a byte
 * order mark, comments, fields without a colon or with one space after it, several `data` lines,
 * ids that last until the next one. Bytes that are not UTF-8 become U+FFFD. `retry` and unknown
 * fields mean nothing here, and an event without data is none.
 *
 * One deviation: the standard discards an event whose blank line never came. Providers and
 * recorders do lose the last newlines, so `end` gives such an event if its data is whole (see
 * `isWhole`).
 */
export class SSEFramer {
  readonly #eventBytesMax: number;
  readonly #lines: LineSplitter;
  #frames: Frame[] = [];
  #event = "";
  #id = "";
  #data: string[] = [];
  #eventBytes = 0;

  constructor(eventBytesMax: number) {
    this.#eventBytesMax = eventBytesMax;
    this.#lines = new LineSplitter(eventBytesMax, (buffer, start, end) => {
      if (start === end) this.#endEvent();
      else this.#takeField(buffer, start, end);
    });
  }

  push(chunk: Uint8Array): readonly Frame[] {
    this.#lines.push(chunk);
    if (this.#eventBytes + this.#lines.tailBytes > this.#eventBytesMax) {
      throw frameTooLarge(this.#eventBytesMax);
    }
    return this.#takeFrames();
  }

  end(): readonly Frame[] {
    this.#lines.end();
    if (isWhole(this.#data.join("\n"))) this.#endEvent();
    return this.#takeFrames();
  }

  #takeFrames(): readonly Frame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }

  #endEvent(): void {
    const data = this.#data;
    if (data.length > 0) {
      const text = data.length === 1 ? (data[0] ?? "") : data.join("\n");
      this.#frames.push({ event: this.#event, data: text, id: this.#id });
      this.#data = [];
    }
    this.#event = "";
    this.#eventBytes = 0;
  }

  #takeField(buffer: Buffer, start: number, end: number): void {
    if (buffer[start] === colon) return;
    // Every field of an event counts, with its terminator: they are all held until its blank line.
    this.#eventBytes += end - start + 1;
    if (this.#eventBytes > this.#eventBytesMax) throw frameTooLarge(this.#eventBytesMax);
    if (
      end - start > 4 &&
      buffer.readUInt32BE(start) === dataField &&
      buffer[start + 4] === colon
    ) {
      this.#data.push(valueAfter(buffer, start + 4, end));
      return;
    }
    const colonAt = buffer.subarray(start, end).indexOf(colon);
    const nameEnd = colonAt === -1 ? end : start + colonAt;
    const value = colonAt === -1 ? "" : valueAfter(buffer, nameEnd, end);
    switch (buffer.toString("latin1", start, nameEnd)) {
      case "data":
        this.#data.push(value);
        break;
      case "event":
        this.#event = value;
        break;
      case "id":
        if (!value.includes("\0")) this.#id = value;
        break;
    }
  }
}

function valueAfter(buffer: Buffer, colonAt: number, end: number): string {
  const start = buffer[colonAt + 1] === space && colonAt + 1 < end ? colonAt + 2 : colonAt + 1;
  return buffer.toString("utf8", start, end);
}
