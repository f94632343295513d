import { crc32 } from "node:zlib";

/** A value of a header of an AWS event stream, by its type. */
export type HeaderValue =
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "byte" | "short" | "integer"; readonly value: number }
  | { readonly type: "long" | "timestamp"; readonly value: bigint }
  | { readonly type: "bytes" | "uuid"; readonly value: Uint8Array }
  | { readonly type: "string"; readonly value: string };

/** A message of an AWS event stream before it is written. */
export interface EventStreamMessage {
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly payload: Uint8Array | string;
}

/** A message in the bytes of AWS's event stream encoding, with both of its sums. */
export function encodeMessage({ headers, payload }: EventStreamMessage): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload as string);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(12 + head.length + body.length + 4, 0);
  lengths.writeUInt32BE(head.length, 4);
  const unsummed = Buffer.concat([lengths, sum(lengths), head, body]);
  return Buffer.concat([unsummed, sum(unsummed)]);
}

/** An event as Bedrock sends it: its name and its JSON. */
export function encodeEvent(type: string, json: unknown): Buffer {
  return encodeMessage({
    headers: {
      ":event-type": text(type),
      ":content-type": text("application/json"),
      ":message-type": text("event"),
    },
    payload: JSON.stringify(json),
  });
}

/** An exception as Bedrock sends it inside a stream. */
export function encodeException(type: string, json: unknown): Buffer {
  return encodeMessage({
    headers: {
      ":exception-type": text(type),
      ":content-type": text("application/json"),
      ":message-type": text("exception"),
    },
    payload: JSON.stringify(json),
  });
}

function text(value: string): HeaderValue {
  return { type: "string", value };
}

function header(name: string, value: HeaderValue): Buffer {
  const written = Buffer.from(name);
  return Buffer.concat([Buffer.from([written.length]), written, headerValue(value)]);
}

function headerValue(header: HeaderValue): Buffer {
  const { type, value } = header;
  switch (type) {
    case "boolean":
      return Buffer.from([value ? 0 : 1]);
    case "byte":
      return sized(2, 1, (buffer) => buffer.writeInt8(value, 1));
    case "short":
      return sized(3, 2, (buffer) => buffer.writeInt16BE(value, 1));
    case "integer":
      return sized(4, 4, (buffer) => buffer.writeInt32BE(value, 1));
    case "long":
    case "timestamp":
      return sized(type === "long" ? 5 : 8, 8, (buffer) => buffer.writeBigInt64BE(value, 1));
    case "uuid":
      return Buffer.concat([Buffer.from([9]), value]);
    case "bytes":
    case "string": {
      const bytes = Buffer.from(value as string);
      const length = sized(type === "bytes" ? 6 : 7, 2, (to) => to.writeUInt16BE(bytes.length, 1));
      return Buffer.concat([length, bytes]);
    }
    default:
      return type satisfies never;
  }
}

function sized(type: number, length: number, write: (buffer: Buffer) => void): Buffer {
  const buffer = Buffer.alloc(1 + length);
  buffer[0] = type;
  write(buffer);
  return buffer;
}

function sum(bytes: Uint8Array): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(crc32(bytes));
  return buffer;
}
