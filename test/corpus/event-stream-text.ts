import { isObject, type Plain } from "./plain.ts";

/** A message of a recorded AWS event stream. */
export interface RecordedMessage {
  /** Its `:event-type`, or its `:exception-type`. */
  readonly type: string;
  readonly isException: boolean;
  readonly payload: Plain;
}

/** Whole messages of a recording, read simply: sums are not checked, and headers are texts. */
export function messagesOf(bytes: Buffer): readonly RecordedMessage[] {
  const messages: RecordedMessage[] = [];
  for (let start = 0; start + 16 <= bytes.length; ) {
    const end = start + bytes.readUInt32BE(start);
    if (end > bytes.length) break;
    const bodyStart = start + 12 + bytes.readUInt32BE(start + 4);
    const headers = headersOf(bytes.subarray(start + 12, bodyStart));
    const payload: unknown = JSON.parse(bytes.toString("utf8", bodyStart, end - 4) || "{}");
    const isException = headers.get(":message-type") === "exception";
    messages.push({
      type: headers.get(isException ? ":exception-type" : ":event-type") ?? "",
      isException,
      payload: isObject(payload) ? payload : {},
    });
    start = end;
  }
  return messages;
}

function headersOf(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let place = 0; place < bytes.length; ) {
    const nameEnd = place + 1 + bytes.readUInt8(place);
    const valueStart = nameEnd + 3;
    const valueEnd = valueStart + bytes.readUInt16BE(nameEnd + 1);
    headers.set(
      bytes.toString("utf8", place + 1, nameEnd),
      bytes.toString("utf8", valueStart, valueEnd),
    );
    place = valueEnd;
  }
  return headers;
}

/**
 * Chunks of a recorded InvokeModel stream as server-sent events, as Claude's own API sends them.
 */
export function chunksAsEvents(bytes: Buffer): string {
  return messagesOf(bytes)
    .filter(({ type }) => type === "chunk")
    .map(({ payload }) => `data: ${Buffer.from(String(payload.bytes), "base64")}\n\n`)
    .join("");
}
