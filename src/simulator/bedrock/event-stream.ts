import { crc32 } from "node:zlib";
import type { StreamItem } from "../wire.ts";

/** Content type of AWS's binary event streams. */
export const eventStreamType = "application/vnd.amazon.eventstream";

const preludeBytes = 8;
const checksumBytes = 4;
/** Type of a header whose value is text. */
const textType = 7;

/** An event of a name, whose text is the JSON of its payload. */
export function eventItem(role: StreamItem["role"], name: string, text: string): StreamItem {
  return { role, event: `event ${name}`, text };
}

/** An exception that ends a stream. */
export function exceptionItem(name: string, text: string): StreamItem {
  return { role: "other", event: `exception ${name}`, text };
}

/** Puts an item that was made here into a message of the binary encoding. */
export function packItem({ event = "" }: StreamItem, payload: Buffer): Buffer {
  const [kind = "", name = ""] = event.split(" ");
  return encodeMessage(
    { [`:${kind}-type`]: name, ":content-type": "application/json", ":message-type": kind },
    payload,
  );
}

/**
 * A message: lengths and their checksum, headers, payload, and a checksum over everything, as in
 * Amazon's event stream encoding.
 */
function encodeMessage(headers: Readonly<Record<string, string>>, payload: Buffer): Buffer {
  const head = Buffer.concat(Object.entries(headers).map(encodeHeader));
  const length = preludeBytes + checksumBytes + head.length + payload.length + checksumBytes;
  const prelude = Buffer.alloc(preludeBytes);
  prelude.writeUInt32BE(length, 0);
  prelude.writeUInt32BE(head.length, 4);
  const body = Buffer.concat([prelude, checksum(prelude), head, payload]);
  return Buffer.concat([body, checksum(body)]);
}

function encodeHeader([name, value]: readonly [string, string]): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([textType]),
    length,
    bytes,
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(checksumBytes);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
