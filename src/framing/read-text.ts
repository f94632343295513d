import { ConnectorError } from "../contract/connector-error.ts";
import { ByteBuffer } from "./byte-buffer.ts";

/**
 * Reads a body to its end as UTF-8, without its byte order mark; what is not UTF-8 becomes U+FFFD.
 * A body over `bytesMax` is either PROVIDER_RESPONSE_TOO_LARGE or cut after the last whole
 * character; in both cases nothing more is read of it. What the body throws is thrown on.
 */
export async function readText(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
  onOverflow: "throw" | "cut",
): Promise<string> {
  // Most bodies come in one piece, which is not worth a copy.
  let only: Uint8Array | undefined;
  const bytes = new ByteBuffer();
  let length = 0;
  for await (const chunk of body) {
    const taken = Math.min(chunk.length, bytesMax - length);
    if (taken < chunk.length && onOverflow === "throw") throw tooLarge(bytesMax);
    if (length === 0) only = chunk.subarray(0, taken);
    else {
      if (only !== undefined) bytes.append(only, 0, only.length);
      only = undefined;
      bytes.append(chunk, 0, taken);
    }
    length += taken;
    if (taken < chunk.length) return decode(only ?? bytes.view(), true);
  }
  return decode(only ?? bytes.view(), false);
}

function decode(bytes: Uint8Array, wasCut: boolean): string {
  return new TextDecoder().decode(bytes, { stream: wasCut });
}

function tooLarge(bytesMax: number): ConnectorError {
  return new ConnectorError(
    "PROVIDER_RESPONSE_TOO_LARGE",
    `The provider's answer is larger than ${bytesMax} bytes.`,
    { metadata: { limit_bytes: String(bytesMax) } },
  );
}
