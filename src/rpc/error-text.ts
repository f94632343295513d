const encoder = new TextEncoder();

/**
 * A text for a status: whole Unicode characters, runs of control characters made one space, at most
 * `bytesMax` bytes of UTF-8 (4 or more); what is cut off is marked with "…".
 */
export function cleanText(text: string, bytesMax: number): string {
  // A character is at least a byte, so nothing behind this point can be kept.
  const head = text.slice(0, bytesMax + 1).toWellFormed();
  const clean = head.replace(/\p{Cc}+/gu, " ");
  const isWhole = text.length <= bytesMax && Buffer.byteLength(clean) <= bytesMax;
  if (isWhole) return clean;
  const { read } = encoder.encodeInto(clean, new Uint8Array(bytesMax - 3));
  return `${clean.slice(0, read)}…`;
}

/**
 * Takes the escapes off printable ASCII, as gRPC's own encoding has it ("Percent-Encoded" in its
 * PROTOCOL-HTTP2.md). encodeURIComponent escapes more, and grpc-js would show `%3A` for each colon.
 */
export function unescapePrintable(message: string): string {
  return message.replace(/%(?:2[0-46-9A-F]|[3-6][0-9A-F]|7[0-9A-E])/gi, decodeURIComponent);
}
