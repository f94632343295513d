import { crc32 } from "node:zlib";
import type { Frame } from "../contract/adapter.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { readMessageHeaders } from "./aws-event-stream-headers.ts";
import { asBuffer, ByteBuffer } from "./byte-buffer.ts";
import { frameTooLarge } from "./frame-rules.ts";

/** Total length, length of the headers, and the sum over both: four bytes each. */
const preludeBytes = 12;
const sumBytes = 4;

/**
 * AWS's binary event stream (`application/vnd.amazon.eventstream`): messages of a prelude, headers,
 * a payload and two CRC-32 sums, both of which are checked. A sum, length or header that is wrong
 * is PROVIDER_MALFORMED_RESPONSE.
 *
 * An event's frame has the name in `:event-type` and the payload as data. A message of the type
 * "exception" becomes `exception:` and its `:exception-type`, with its payload; one of the type
 * "error" becomes `error:` and its `:error-code`, with `{"message": …}` of its `:error-message`.
 *
 * Messages that stand before a broken one in the same bytes are given first, and the error is
 * thrown by the next call: what was whole counts. A message that was cut is discarded.
 */
export class AWSEventStreamFramer {
  readonly #messageBytesMax: number;
  readonly #held = new ByteBuffer();
  #failure: unknown;

  constructor(messageBytesMax: number) {
    this.#messageBytesMax = messageBytesMax;
  }

  push(chunk: Uint8Array): readonly Frame[] {
    this.#throwFailure();
    const frames: Frame[] = [];
    const bytes = this.#withHeld(chunk);
    let start = 0;
    try {
      for (;;) {
        const end = this.#messageEnd(bytes, start);
        if (end === undefined || end > bytes.length) break;
        frames.push(frameOf(bytes.subarray(start, end)));
        start = end;
      }
    } catch (failure) {
      if (frames.length === 0) throw failure;
      this.#failure = failure;
      return frames;
    }
    this.#hold(bytes, start);
    return frames;
  }

  /** Nothing: a message is given at its last byte. */
  end(): readonly Frame[] {
    this.#throwFailure();
    return [];
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #withHeld(chunk: Uint8Array): Buffer {
    if (this.#held.length === 0) return asBuffer(chunk);
    this.#held.append(chunk, 0, chunk.length);
    return this.#held.view();
  }

  /** Keeps the bytes of a message that is not whole yet. */
  #hold(bytes: Buffer, start: number): void {
    if (start === 0 && this.#held.length > 0) return;
    this.#held.clear();
    if (start < bytes.length) this.#held.append(bytes, start, bytes.length);
  }

  /** Where the message that begins at `start` ends. Undefined: too few bytes to tell. */
  #messageEnd(bytes: Buffer, start: number): number | undefined {
    if (bytes.length - start < preludeBytes) return undefined;
    const sumStart = start + preludeBytes - sumBytes;
    if (crc32(bytes.subarray(start, sumStart)) !== bytes.readUInt32BE(sumStart)) {
      throw malformed("has a wrong sum over the lengths of a message");
    }
    const length = bytes.readUInt32BE(start);
    if (length > this.#messageBytesMax) throw frameTooLarge(this.#messageBytesMax);
    if (length < preludeBytes + bytes.readUInt32BE(start + 4) + sumBytes) {
      throw malformed("has a message that is shorter than its parts");
    }
    return start + length;
  }
}

function frameOf(message: Buffer): Frame {
  const sumStart = message.length - sumBytes;
  if (crc32(message.subarray(0, sumStart)) !== message.readUInt32BE(sumStart)) {
    throw malformed("has a wrong sum over a message");
  }
  const headersEnd = preludeBytes + message.readUInt32BE(4);
  const headers = readMessageHeaders(message.subarray(preludeBytes, headersEnd));
  if (headers === undefined) throw malformed("has headers that cannot be read");
  const data = message.toString("utf8", headersEnd, sumStart);
  const text = (name: string): string => headers.get(name) ?? "";
  switch (headers.get(":message-type")) {
    case "exception":
      return { event: `exception:${text(":exception-type")}`, data, id: "" };
    case "error": {
      const told = JSON.stringify({ message: text(":error-message") });
      return { event: `error:${text(":error-code")}`, data: told, id: "" };
    }
    default:
      return { event: text(":event-type"), data, id: "" };
  }
}

function malformed(what: string): ConnectorError {
  return new ConnectorError("PROVIDER_MALFORMED_RESPONSE", `The provider's stream ${what}.`);
}
