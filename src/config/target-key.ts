import type { Adapter, DialectSet } from "../contract/adapter.ts";
import { type Environment, originOf, ownOrigins, setVariables } from "./environment.ts";
import type { KeyVariable } from "./expand-sections.ts";
import type { LoadReport } from "./load-report.ts";
import type { TargetWire } from "./target-wire.ts";

/** Whose key a variable of the environment holds: an adapter, or one of its presets. */
type KeyOwner = Pick<DialectSet, "dialects"> & {
  readonly name: string;
  readonly keyVariables: readonly string[];
};

/** What a key is looked for with. */
export interface KeySearch {
  /** `api_key` or `api_keys` of the target. */
  readonly given: readonly string[];
  /** The variables that are the whole of one of them. */
  readonly givenBy: readonly KeyVariable[];
  readonly baseURL: string;
  readonly adapters: readonly Adapter[];
  readonly environment: Environment;
}

/**
 * The keys of a target, or why it cannot do without. A key from the environment goes to its owner's
 * own address only; one that is given by its owner's variable is refused for the address of
 * another.
 */
export function findKey(
  { adapter, host, preset, dialect }: TargetWire,
  { given, givenBy, baseURL, adapters, environment }: KeySearch,
  report: LoadReport,
): { readonly values: readonly string[]; readonly why?: string } {
  for (const { path, name } of givenBy) {
    const message = strangersKey(name, baseURL, adapters);
    if (message) report.add(path, message);
  }
  if (given.length > 0 || host !== "direct") return { values: given };
  const owner: KeyOwner = preset ?? adapter;
  const [variable] = setVariables(owner.keyVariables, environment);
  const isAtHome = isOwn(owner, baseURL);
  if (variable && isAtHome) return { values: [variable.value] };
  const wants = preset !== undefined && isAtHome && preset.keyVariables.length > 0;
  if ((!adapter.keyRequired && !wants) || dialect.credentials !== undefined) return { values: [] };
  const names = owner.keyVariables.join(", ");
  const isElsewhere = variable ? "sent to other addresses" : "set";
  return { values: [], why: `no api_key is given, and ${names} is not ${isElsewhere}` };
}

function isOwn(owner: KeyOwner, baseURL: string): boolean {
  return baseURL !== "" && ownOrigins(owner).has(originOf(baseURL));
}

/**
 * Says so if the variable is known as one provider's key, and the address as another provider's.
 */
function strangersKey(
  variable: string,
  baseURL: string,
  adapters: readonly Adapter[],
): string | undefined {
  const owners = adapters.flatMap((adapter): readonly KeyOwner[] => [
    adapter,
    ...(adapter.presets ?? []),
  ]);
  const named = owners.filter(({ keyVariables }) => keyVariables.includes(variable));
  const [owner] = named;
  if (owner === undefined || named.some((one) => isOwn(one, baseURL))) return undefined;
  const stranger = owners.find((one) => isOwn(one, baseURL));
  if (stranger === undefined) return undefined;
  return `${variable} is the key of ${owner.name}, but base_url leads to ${stranger.name}`;
}
