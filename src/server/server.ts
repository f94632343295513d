import type { Configuration } from "../config/configuration.ts";
import { type ConfigurationSources, loadConfiguration } from "../config/load-configuration.ts";
import type { Connectors } from "../connectors.ts";
import { systemClock } from "../contract/clock.ts";
import { adapters } from "../providers/index.ts";
import { drain } from "../rpc/drain.ts";
import { HealthRegistry } from "../rpc/health-service.ts";
import { type Listening, listen } from "../rpc/listener.ts";
import { connectorNodeHandler } from "../rpc/routes.ts";
import { CurrentApi } from "./current-api.ts";
import { createLogger, type ServerLogger } from "./logger.ts";
import { ProviderSide } from "./provider-side.ts";
import { startReport } from "./start-report.ts";

/** Where a server's configuration comes from. */
export type ServerSources = Omit<ConfigurationSources, "adapters">;

/** How a server tells what happens. */
export interface ServerOutput {
  /** Takes log lines, JSON, each with its line feed. */
  log(line: string): void;
  /** Takes the report of a start or a reload, for people. */
  report(text: string): void;
}

/** A server that accepts calls. */
export interface RunningServer {
  /** Where it listens. */
  readonly url: string;
  /** Loads the configuration again. A bad one leaves the old in force, and the problem is logged. */
  reload(): Promise<void>;
  /** Ends without losing calls in flight, within the grace. Resolves when all is closed. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** Starts a server. Throws ConfigurationError, or the system's error when it cannot listen. */
export async function startServer(
  sources: ServerSources,
  output: ServerOutput,
): Promise<RunningServer> {
  const server = new Server(sources, output);
  await server.start();
  return server;
}

class Server implements RunningServer {
  readonly #sources: ConfigurationSources;
  readonly #output: ServerOutput;
  readonly #health = new HealthRegistry();
  readonly #shutdown = new AbortController();
  #configuration: Configuration;
  readonly #providers = new ProviderSide();
  #report = "";
  #api: CurrentApi | undefined;
  #log: ServerLogger | undefined;
  #listening: Listening | undefined;

  constructor(sources: ServerSources, output: ServerOutput) {
    this.#sources = { ...sources, adapters };
    this.#output = output;
    this.#configuration = loadConfiguration(this.#sources);
  }

  get url(): string {
    return this.#listening?.url ?? "";
  }

  async start(): Promise<void> {
    const { listen: address, limits, callers, reflection, logLevel } = this.#configuration;
    const api = new CurrentApi(await this.#connect(this.#configuration));
    this.#api = api;
    const log = createLogger(
      logLevel,
      (text) => api.connectors.redactor.redact(text),
      (line) => this.#output.log(line),
    );
    this.#log = log;
    const onFault = (error: unknown): void => log.error({ err: error }, "a fault of this server");
    const handler = connectorNodeHandler({
      api,
      limits,
      clock: systemClock,
      health: this.#health,
      callers,
      clientCertificates: address.tls?.clientCA !== undefined,
      reflection,
      shutdownSignal: this.#shutdown.signal,
      onFault,
    });
    this.#listening = await listen({ ...address, limits, handler, onFault, clock: systemClock });
    this.#output.report(this.#report);
  }

  async reload(): Promise<void> {
    try {
      const configuration = loadConfiguration(this.#sources);
      this.#api?.replace(await this.#connect(configuration));
      this.#configuration = configuration;
      this.#output.report(this.#report);
      this.#log?.info("the configuration was loaded again");
    } catch (error) {
      this.#log?.error({ problem: String(error) }, "the old configuration stays in force");
    }
  }

  async drain(): Promise<void> {
    const listening = this.#listening;
    if (listening === undefined) return;
    await drain({
      listening,
      turnUnhealthy: () => this.#health.drain(),
      shutdown: this.#shutdown,
      limits: this.#configuration.limits,
    });
    await this.#release();
  }

  async close(): Promise<void> {
    await this.#listening?.close();
    await this.#release();
  }

  async #release(): Promise<void> {
    await this.#api?.connectors.close();
    await this.#providers.close();
  }

  async #connect(configuration: Configuration): Promise<Connectors> {
    const { connectors, targets } = await this.#providers.connect(configuration);
    this.#health.setServing(new Set(targets.map(({ adapter }) => adapter.name)));
    this.#report = startReport(configuration, targets);
    return connectors;
  }
}
