import type { Configuration } from "../config/configuration.ts";
import { type ConfigurationSources, loadConfiguration } from "../config/load-configuration.ts";
import { systemClock } from "../contract/clock.ts";
import { systemRandom } from "../contract/random.ts";
import type { Target } from "../contract/target.ts";
import { adapters } from "../providers/index.ts";
import { Authenticator } from "../rpc/authentication.ts";
import { drain } from "../rpc/drain.ts";
import { HealthRegistry } from "../rpc/health-service.ts";
import { type Listening, listen } from "../rpc/listener.ts";
import { connectorNodeHandler } from "../rpc/routes.ts";
import { ServerAdmission } from "../rpc/server-admission.ts";
import { CurrentApi } from "./current-api.ts";
import { createLogger, type ServerLogger } from "./logger.ts";
import { ProviderSide } from "./provider-side.ts";
import { startReport } from "./start-report.ts";
import { waitingChanges } from "./waiting-changes.ts";
import type { WorkerSeat } from "./worker-seat.ts";
import { workerShare } from "./worker-share.ts";

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
  /**
   * Loads the configuration again, for calls that begin afterwards. A bad one leaves the old in
   * force, and the problem is logged. One after the other; never rejects.
   */
  reload(): Promise<void>;
  /** Logs what nothing caught, as the last thing before the process ends. */
  logCrash(error: unknown): void;
  /** Ends without losing calls in flight, within the grace. Resolves when all is closed. */
  drain(): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** What a server is made of. */
interface ServerParts {
  readonly sources: ConfigurationSources;
  readonly seat: WorkerSeat | undefined;
  readonly output: ServerOutput;
  /** That of the start. */
  readonly configuration: Configuration;
  readonly providers: ProviderSide;
  readonly api: CurrentApi;
  readonly health: HealthRegistry;
  readonly admission: ServerAdmission;
  readonly authenticator: Authenticator;
  readonly shutdown: AbortController;
  readonly log: ServerLogger;
  readonly listening: Listening;
}

/**
 * Starts a server; with a `seat`, one of several that share a port and the limits. Throws
 * ConfigurationError, or the system's error when it cannot listen.
 */
export async function startServer(
  serverSources: ServerSources,
  output: ServerOutput,
  seat?: WorkerSeat,
): Promise<RunningServer> {
  const sources = { ...serverSources, adapters };
  const configuration = load(sources, seat);
  const providers = new ProviderSide();
  try {
    const { connectors, targets } = await providers.connect(configuration);
    const edge = {
      api: new CurrentApi(connectors),
      health: new HealthRegistry(),
      admission: new ServerAdmission({
        clock: systemClock,
        random: systemRandom,
        limits: configuration.limits,
        callers: configuration.callers,
      }),
      authenticator: new Authenticator({
        callers: configuration.callers,
        clientCertificates: configuration.listen.tls?.clientCA !== undefined,
      }),
      shutdown: new AbortController(),
      log: createLogger(
        configuration.logLevel,
        (text) => connectors.redactor.redact(text),
        (line) => output.log(line),
        seat?.number,
      ),
      seat,
    };
    edge.health.setServing(providerNames(targets));
    const listening = await openPort(configuration, edge);
    output.report(startReport(configuration, targets));
    const isSilent = configuration.logLevel === "silent";
    seat?.tell({ type: "ready", url: listening.url, isSilent });
    return new Server({ sources, output, configuration, providers, ...edge, listening });
  } catch (error) {
    await providers.close();
    throw error;
  }
}

function load(sources: ConfigurationSources, seat: WorkerSeat | undefined): Configuration {
  const configuration = loadConfiguration(sources);
  return seat === undefined ? configuration : workerShare(configuration, seat.workers);
}

function openPort(
  configuration: Configuration,
  {
    api,
    health,
    admission,
    authenticator,
    shutdown,
    log,
    seat,
  }: Omit<ServerParts, "sources" | "output" | "configuration" | "providers" | "listening">,
): Promise<Listening> {
  const { listen: address, limits, reflection, fastLane } = configuration;
  const onFault = (error: unknown): void => log.error({ err: error }, "a fault of this server");
  const handler = connectorNodeHandler({
    api,
    limits,
    clock: systemClock,
    admission,
    health,
    authenticator,
    reflection,
    fastLane,
    shutdownSignal: shutdown.signal,
    onFault,
  });
  return listen({ ...address, source: seat, limits, handler, onFault, clock: systemClock });
}

class Server implements RunningServer {
  readonly #parts: ServerParts;
  #lastReload: Promise<void> = Promise.resolve();
  #isEnding = false;

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  get url(): string {
    return this.#parts.listening.url;
  }

  reload(): Promise<void> {
    this.#lastReload = this.#lastReload.then(() => this.#reload());
    return this.#lastReload;
  }

  logCrash(error: unknown): void {
    this.#parts.log.fatal({ err: error }, "the process ends: nothing caught this");
  }

  async drain(): Promise<void> {
    const { listening, health, shutdown, configuration } = this.#parts;
    this.#isEnding = true;
    const { limits } = configuration;
    await drain({ listening, turnUnhealthy: () => health.drain(), shutdown, limits });
    await this.#release();
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    await this.#parts.listening.close();
    await this.#release();
  }

  async #reload(): Promise<void> {
    if (this.#isEnding) return;
    const { sources, seat, output, configuration: first, providers } = this.#parts;
    const { api, health, admission, authenticator, log } = this.#parts;
    try {
      const configuration = load(sources, seat);
      const { connectors, targets } = await providers.connect(configuration);
      api.replace(connectors);
      health.setServing(providerNames(targets));
      output.report(startReport(configuration, targets));
      log.info("the configuration was loaded again");
      const areCallersTaken = authenticator.replaceCallers(configuration.callers);
      if (areCallersTaken) admission.replaceCallers(configuration.callers);
      const settings = [
        ...waitingChanges(first, configuration),
        ...(areCallersTaken ? [] : ["callers"]),
      ];
      if (settings.length > 0) {
        log.warn({ settings }, "changed settings that wait, at least in part, for a restart");
      }
    } catch (error) {
      log.error({ problem: String(error) }, "the old configuration stays in force");
    }
  }

  async #release(): Promise<void> {
    await this.#lastReload;
    await this.#parts.api.connectors.close();
    await this.#parts.providers.close();
  }
}

function providerNames(targets: readonly Target[]): ReadonlySet<string> {
  return new Set(targets.map(({ adapter }) => adapter.name));
}
