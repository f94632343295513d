import { Secret } from "../contract/secret.ts";
import type { Target } from "../contract/target.ts";

/** Base URLs of simulated providers, by wire. */
export type SimulatedURLs = Readonly<Record<string, string | undefined>>;

/** The simulated wire of a dialect that several adapters or many hosts speak. */
const wireOfDialect: Readonly<Record<string, string>> = {
  "openai-chat": "compatible",
  "openai-responses": "compatible",
  "anthropic-messages": "compatible-messages",
  gemini: "google",
  ollama: "ollama",
  "bedrock-converse": "bedrock",
  cohere: "cohere",
};

/** The project of a simulated target that names none. */
const usualProject = "simulated-project";

/** The same targets, answered by simulated providers. Those whose wire none speaks are left out. */
export function simulatedTargets(
  targets: readonly Target[],
  urls: SimulatedURLs,
): readonly Target[] {
  return targets.flatMap((target) => {
    const baseURL = urls[simulatedWire(target)];
    return baseURL === undefined ? [] : [simulated(target, baseURL)];
  });
}

/**
 * Name of the wire that stands in for a target's provider: its cloud's, that of a shared dialect,
 * or its adapter's own.
 */
function simulatedWire({ adapter, dialect, host }: Target): string {
  return host === "direct" ? (wireOfDialect[dialect.name] ?? adapter.name) : host;
}

/** What a target says of its address, its path and its key's header is not the simulator's. */
function simulated(target: Target, baseURL: string): Target {
  const { path: _path, keyHeader: _header, credentials: _credentials, ...wire } = target;
  const apiKey = new Secret("simulated-key");
  const project = target.project ?? usualProject;
  return { ...wire, project, baseURL, apiKey, allowPrivate: true, simulated: true };
}
