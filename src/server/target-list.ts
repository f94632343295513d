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

function simulated(target: Target, baseURL: string): Target {
  const apiKey = new Secret("simulated-key");
  return { ...target, baseURL, apiKey, allowPrivate: true, simulated: true };
}
