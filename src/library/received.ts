import type { ConnectorError } from "../contract/connector-error.ts";

/** Loads `receivedError` by the first failure: it brings Connect along. */
export async function received(thrown: unknown): Promise<ConnectorError> {
  const { receivedError } = await import("./received-error.ts");
  return receivedError(thrown);
}
