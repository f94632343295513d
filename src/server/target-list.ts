import type { Adapter } from "../contract/adapter.ts";
import { Secret } from "../contract/secret.ts";
import type { Target } from "../contract/target.ts";

/** Base URLs of simulated providers, by adapter name. An adapter without one is left out. */
export type SimulatedURLs = Readonly<Record<string, string | undefined>>;

/** The same targets, answered by simulated providers. */
export function simulatedTargets(
  targets: readonly Target[],
  urls: SimulatedURLs,
): readonly Target[] {
  return targets.flatMap((target) => {
    const baseURL = urls[target.adapter.name];
    return baseURL === undefined ? [] : [simulated(target, baseURL)];
  });
}

/** One simulated target an adapter, for a server without any configuration. */
export function defaultSimulatedTargets(
  adapters: readonly Adapter[],
  urls: SimulatedURLs,
): readonly Target[] {
  const targets = adapters.flatMap((adapter): readonly Target[] => {
    const dialect = adapter.dialects[adapter.defaultDialect];
    if (dialect === undefined) return [];
    return [
      {
        name: adapter.name,
        adapter,
        dialect,
        host: "direct",
        baseURL: "",
        apiKey: undefined,
        region: "",
        models: new Map(),
        headers: {},
        allowPrivate: true,
        allowCallerEndpoint: false,
        simulated: true,
      },
    ];
  });
  return simulatedTargets(targets, urls);
}

function simulated(target: Target, baseURL: string): Target {
  const apiKey = new Secret("simulated-key");
  return { ...target, baseURL, apiKey, allowPrivate: true, simulated: true };
}
