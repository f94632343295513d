import type { Configuration } from "../config/configuration.ts";
import { type Connectors, createConnectors } from "../connectors.ts";
import type { Target } from "../contract/target.ts";
import type { Simulator } from "../simulator/simulator.ts";
import { simulatedTargets } from "./target-list.ts";

/**
 * What a configuration leads to: connectors to its targets, or to simulated providers, which are
 * started once and kept.
 */
export class ProviderSide {
  #simulator: Simulator | undefined;
  /** One for all configurations: a secret of an old one may still turn up in its last calls. */
  #redactor: Connectors["redactor"] | undefined;
  /** One for all configurations: a target is not well because a file is new. */
  #states: Connectors["states"] | undefined;
  /** One for all configurations: a retry may come after a reload. */
  #idempotency: Connectors["idempotency"] | undefined;

  /** Connectors for a configuration. Those of an earlier one stay as they are. */
  async connect(
    configuration: Configuration,
  ): Promise<{ readonly connectors: Connectors; readonly targets: readonly Target[] }> {
    const targets = await this.#targets(configuration);
    const connectors = createConnectors({
      targets,
      routes: configuration.routes,
      defaults: configuration.defaults,
      limits: configuration.limits,
      allowedHeaders: configuration.allowedHeaders,
      secrets: configuration.secrets,
      models: configuration.catalogue.models,
      resilience: configuration.resilience,
      ...(this.#redactor && { redactor: this.#redactor }),
      ...(this.#idempotency && { idempotency: this.#idempotency }),
      ...(this.#states && { states: this.#states }),
    });
    this.#redactor = connectors.redactor;
    this.#states = connectors.states;
    this.#idempotency = connectors.idempotency;
    return { connectors, targets };
  }

  /** Stops the simulated providers, if there are any. */
  async close(): Promise<void> {
    await this.#simulator?.close();
  }

  async #targets({ simulate, targets }: Configuration): Promise<readonly Target[]> {
    if (!simulate) return targets;
    this.#simulator ??= await startSimulator();
    return simulatedTargets(targets, { ...this.#simulator.baseURLs });
  }
}

/** Loaded only where it is wanted, to keep the start of a real server short. */
async function startSimulator(): Promise<Simulator> {
  const simulator = await import("../simulator/simulator.ts");
  return await simulator.startSimulator();
}
