import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { messageWriters } from "../../gen/ts/writers/answer-writers.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { Gatherer, headBytes, incompleteMessage } from "./request-body.ts";
import { WireWriter } from "./wire-writer.ts";

const compressedFlag = 1;

/** What the messages of a method are made with. */
export interface MessageFormat {
  readonly input: DescMessage;
  readonly output: DescMessage;
  /** How the method is called in errors. */
  readonly kind: "unary" | "server-streaming";
  readonly requestBytesMax: number;
  readonly responseBytesMax: number;
  readonly recursionLimit: number;
}

/**
 * Reads the one message of a request, in whatever pieces it comes. Whatever is wrong with it is
 * thrown as ConnectorError as soon as it is known.
 */
export class RequestReader {
  readonly #format: MessageFormat;
  #rest: Gatherer | undefined;
  #message: Message | undefined;

  constructor(format: MessageFormat) {
    this.#format = format;
  }

  /** Takes a piece of the body. */
  add(piece: Buffer): void {
    this.#rest?.append(piece);
    const view = this.#rest?.view ?? piece;
    const length = this.#wholeBytes(view);
    if (length > 0) this.#read(this.#rest?.take(length) ?? piece.subarray(0, length));
    if (this.#rest !== undefined || length === piece.length) return;
    this.#rest = new Gatherer();
    this.#rest.append(piece.subarray(length));
  }

  /** The message, when the body has ended. */
  end(): Message {
    if (this.#rest !== undefined && this.#rest.view.length > 0) {
      throw new ConnectorError("INVALID_REQUEST", incompleteMessage);
    }
    if (this.#message === undefined) throw this.#wrongCount("missing");
    return this.#message;
  }

  /** How many bytes are whole messages. Throws where one that has begun is too long. */
  #wholeBytes(view: Buffer): number {
    const { requestBytesMax } = this.#format;
    let end = 0;
    while (view.length - end >= headBytes) {
      const length = view.readUInt32BE(end + 1);
      if (length > requestBytesMax) throw tooLong(length, "readMaxBytes", requestBytesMax);
      if (view.length - end < headBytes + length) break;
      end += headBytes + length;
    }
    return end;
  }

  #read(bytes: Uint8Array): void {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let start = 0; start < view.length; ) {
      const end = start + headBytes + view.readUInt32BE(start + 1);
      const isCompressed = ((view[start] ?? 0) & compressedFlag) === compressedFlag;
      if (isCompressed) {
        throw unreadable("received compressed envelope, but do not know how to decompress");
      }
      const message = this.#parse(view, start + headBytes, end);
      if (this.#message !== undefined) throw this.#wrongCount("received extra");
      this.#message = message;
      start = end;
    }
  }

  #parse(view: Buffer, start: number, end: number): Message {
    const { input, recursionLimit } = this.#format;
    // Not a part of the Buffer: fields of bytes would be Buffers too.
    const bytes = new Uint8Array(view.buffer, view.byteOffset + start, end - start);
    try {
      return fromBinary(input, bytes, { recursionLimit });
    } catch (thrown) {
      throw unreadable(`parse binary: ${textOf(thrown)}`);
    }
  }

  #wrongCount(what: "missing" | "received extra"): ConnectorError {
    const message = `protocol error: ${what} input message for ${this.#format.kind} method`;
    return new ConnectorError("NOT_IMPLEMENTED", message);
  }
}

const writer = new WireWriter();

/** A message of an answer behind its head, as it is sent. Throws ConnectorError where none can be. */
export function frameOf(message: Message, { output, responseBytesMax }: MessageFormat): Buffer {
  write(message, output);
  const { length } = writer;
  if (length > responseBytesMax) throw tooLong(length, "writeMaxBytes", responseBytesMax);
  return writer.frame();
}

/** By what was made for the type; by protobuf-es where nothing was, or where that cannot. */
function write(message: Message, output: DescMessage): void {
  const writeMessage = messageWriters.get(output);
  writer.begin();
  try {
    if (writeMessage !== undefined) {
      // A method's answers are of its own type.
      writeMessage(writer, message as never);
      return;
    }
  } catch {
    writer.begin();
  }
  writer.raw(binaryOf(message, output));
}

function binaryOf(message: Message, output: DescMessage): Uint8Array {
  try {
    return toBinary(output, message);
  } catch (thrown) {
    throw new ConnectorError("INTERNAL_FAULT", "this server failed; see its log", {
      cause: `serialize binary: ${textOf(thrown)}`,
    });
  }
}

function tooLong(length: number, limit: string, bytesMax: number): ConnectorError {
  const message = `message size ${length} is larger than configured ${limit} ${bytesMax}`;
  return new ConnectorError("MESSAGE_TOO_LARGE", message);
}

function unreadable(what: string): ConnectorError {
  return new ConnectorError("INVALID_REQUEST", `the message cannot be read: ${what}`);
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
