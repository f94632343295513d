/** Bytes of a value by its type; true and false are types of their own, without any bytes. */
const valueBytes: ReadonlyMap<number, number> = new Map([
  [0, 0],
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [8, 8],
  [9, 16],
]);
const bytesType = 6;
const textType = 7;

/**
 * Headers of a message of an AWS event stream: name to value, of those that are text; what Bedrock
 * tells is. The other types (true, false, 8 to 64 bits, bytes, time, UUID) are stepped over.
 * Undefined where the bytes are no headers: an unknown type, an empty or repeated name, a length
 * beyond their end.
 */
export function readMessageHeaders(bytes: Buffer): ReadonlyMap<string, string> | undefined {
  const texts = new Map<string, string>();
  const names = new Set<string>();
  let place = 0;
  while (place < bytes.length) {
    const nameStart = place + 1;
    const nameEnd = nameStart + (bytes[place] ?? 0);
    const name = bytes.toString("utf8", nameStart, nameEnd);
    const type = bytes[nameEnd];
    if (type === undefined || nameEnd === nameStart || names.has(name)) return undefined;
    names.add(name);
    const start = nameEnd + 1;
    const value =
      type === bytesType || type === textType ? counted(bytes, start) : fixed(type, start);
    if (value === undefined || value.end > bytes.length) return undefined;
    if (type === textType) texts.set(name, bytes.toString("utf8", value.start, value.end));
    place = value.end;
  }
  return texts;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** A value that says its own length in two bytes. */
function counted(bytes: Buffer, start: number): Span | undefined {
  if (start + 2 > bytes.length) return undefined;
  return { start: start + 2, end: start + 2 + bytes.readUInt16BE(start) };
}

function fixed(type: number, start: number): Span | undefined {
  const length = valueBytes.get(type);
  return length === undefined ? undefined : { start, end: start + length };
}
