import { ConnectorError } from "../contract/connector-error.ts";

/**
 * What an error of the transport means once the socket was ready: PROVIDER_CONNECTION_LOST. What is
 * a ConnectorError already stays.
 */
export function transportError(error: Error, phase: "headers" | "body"): ConnectorError {
  if (error instanceof ConnectorError) return error;
  return connectionLost(phase, errorCode(error), error);
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

/** Code of a Node error; "UNKNOWN" if it has none. */
export function errorCode(error: Error & { code?: unknown }): string {
  return typeof error.code === "string" ? error.code : "UNKNOWN";
}
