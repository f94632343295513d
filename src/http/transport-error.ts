import { ConnectorError } from "../contract/connector-error.ts";

/**
 * What an error of the transport means once the socket was ready: PROVIDER_MALFORMED_RESPONSE for
 * what is no HTTP or has headers over the limit, INTERNAL_FAULT if the request could not be
 * written, else PROVIDER_CONNECTION_LOST. What is a ConnectorError already stays.
 */
export function transportError(error: Error, phase: "headers" | "body"): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const code = errorCode(error);
  if (code === "UND_ERR_INVALID_ARG") {
    return new ConnectorError(
      "INTERNAL_FAULT",
      "The request to the provider cannot be written as HTTP.",
      { metadata: { phase: "headers" }, cause: error },
    );
  }
  if (isMalformed(error, code)) {
    // The parser's error carries bytes of the answer, which do not belong in a log.
    return malformedResponse(phase, "it is not HTTP/1.1", new Error(error.message));
  }
  return connectionLost(phase, code, error);
}

/** The error for an answer that breaks the rules of HTTP. */
export function malformedResponse(
  phase: "headers" | "body",
  what: string,
  cause?: unknown,
): ConnectorError {
  return new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    `The provider's answer cannot be read: ${what}.`,
    { metadata: { phase }, cause },
  );
}

/** The error for a connection that ended before the answer did. */
export function connectionLost(
  phase: "headers" | "body",
  code: string,
  cause: unknown,
): ConnectorError {
  const when = phase === "headers" ? "before the answer began" : "before the answer was whole";
  return new ConnectorError(
    "PROVIDER_CONNECTION_LOST",
    `The connection to the provider was lost ${when} (${code}).`,
    { metadata: { phase, network_error: code }, cause },
  );
}

/** Code of a Node or undici error; "UNKNOWN" if it has none. */
export function errorCode(error: Error & { code?: unknown }): string {
  return typeof error.code === "string" ? error.code : "UNKNOWN";
}

function isMalformed(error: Error, code: string): boolean {
  if (code === "UND_ERR_HEADERS_OVERFLOW") return true;
  // The parser reports the end of the bytes like any other surprise; only its words differ.
  if (error.name === "HTTPParserError") return !error.message.includes("EOF");
  // undici names answers nobody asked for only in words: 100-continue, upgrades.
  return code === "UND_ERR_SOCKET" && /^bad /.test(error.message);
}
