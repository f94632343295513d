import { ConnectorError } from "../contract/connector-error.ts";

/** The error for a frame over the limit. */
export function frameTooLarge(frameBytesMax: number): ConnectorError {
  return new ConnectorError(
    "PROVIDER_RESPONSE_TOO_LARGE",
    `An event of the provider's stream is larger than ${frameBytesMax} bytes.`,
    { metadata: { limit: "frame_bytes", limit_bytes: String(frameBytesMax) } },
  );
}

/**
 * Whether a payload whose terminator never came was whole all the same: a JSON object that parses,
 * or a mark in brackets such as `[DONE]`. Anything else may have been cut.
 */
export function isWhole(data: string): boolean {
  if (!data.startsWith("{")) return data.startsWith("[") && data.trimEnd().endsWith("]");
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
