import { type ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import { connectErrorOf, connectorErrorFrom } from "../rpc/error-status.ts";

/**
 * Whatever a call threw, as a client of a server receives it: the same fields in process and by a
 * server. The cause stays only where this program is at fault; else it may hold a provider's body.
 */
export function receivedError(thrown: unknown): ConnectorError {
  const error = toConnectorError(thrown, "INTERNAL_FAULT", "this program failed; see the cause");
  const isFault = error.reason === "INTERNAL_FAULT" || error.reason === "ADAPTER_FAULT";
  const cause = isFault ? error.cause : undefined;
  return connectorErrorFrom(connectErrorOf(error)).with({ cause });
}
