import { loadConfiguration } from "../config/load-configuration.ts";
import { serverApi } from "../connectors.ts";
import { systemClock } from "../contract/clock.ts";
import type { CallContext, ConnectorApi } from "../contract/connector-api.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import { adapters } from "../providers/index.ts";
import { ProviderSide } from "../server/provider-side.ts";
import type { ConnectionFlags } from "./flags.ts";
import { note } from "./terminal.ts";

/** Something to call, and how a call of it can be interrupted. */
export interface Connection {
  readonly api: ConnectorApi;
  /** For one call; SIGINT cancels it. */
  readonly context: CallContext;
}

/**
 * Runs `work` with the api of a server (`--server`, token from CONNECTORS_TOKEN), or of this
 * process by its configuration and environment, as a server would; frees everything afterwards.
 */
export async function withConnection(
  flags: ConnectionFlags,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    interruption.abort(new ConnectorError("CALLER_CANCELLED", "interrupted"));
  };
  process.once("SIGINT", interrupt);
  try {
    const { api, close } = await open(flags);
    const receivedMs = systemClock.now();
    const context = { signal: interruption.signal, receivedMs, deadlineMs: undefined, caller: "" };
    await work({ api, context }).finally(close);
  } finally {
    process.removeListener("SIGINT", interrupt);
  }
}

async function open({
  server,
  config,
  simulate,
}: ConnectionFlags): Promise<{ api: ConnectorApi; close: () => Promise<void> }> {
  if (server !== undefined) {
    const token = process.env.CONNECTORS_TOKEN || undefined;
    const api = serverApi({ url: server, token });
    return { api, close: () => api.close() };
  }
  const configuration = loadConfiguration({
    file: config,
    environment: process.env,
    // It does not listen: a target may be where a server would.
    flags: { simulate, port: 0 },
    adapters,
  });
  if (configuration.simulate) note("simulated: no real provider is called");
  const providers = new ProviderSide();
  const { connectors } = await providers.connect(configuration);
  const close = async (): Promise<void> => {
    await connectors.close();
    await providers.close();
  };
  return { api: connectors.api, close };
}
