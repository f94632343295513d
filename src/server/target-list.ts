import { Secret } from "../contract/secret.ts";
import type { Target } from "../contract/target.ts";

/** Base URLs of simulated providers, by wire. */
export type SimulatedURLs = Readonly<Record<string, string | undefined>>;

/** The simulated wire of a dialect, where its adapter or cloud has none of its own. */
const wireOfDialect: Readonly<Record<string, string>> = {
  "openai-chat": "openai",
  "openai-responses": "openai",
  "anthropic-messages": "anthropic",
};

/** The same targets, answered by simulated providers. A target whose wire none speaks is left out. */
export function simulatedTargets(
  targets: readonly Target[],
  urls: SimulatedURLs,
): readonly Target[] {
  return targets.flatMap((target) => {
    const baseURL = urls[wireOf(target)];
    return baseURL === undefined ? [] : [simulated(target, baseURL)];
  });
}

function wireOf({ adapter, dialect, host }: Target): string {
  return host === "direct" ? (wireOfDialect[dialect.name] ?? adapter.name) : host;
}

/** What is the target's own of its address, its path and its key's header, is not the simulator's. */
function simulated(target: Target, baseURL: string): Target {
  const { path: _path, keyHeader: _header, ...wire } = target;
  const apiKey = new Secret("simulated-key");
  return { ...wire, baseURL, apiKey, allowPrivate: true, simulated: true };
}
