import type { Adapter, Dialect, DialectSet, Preset } from "../contract/adapter.ts";
import { nearestNames } from "../contract/nearest-names.ts";
import type { TargetHost } from "../contract/target.ts";
import { parseBaseURL } from "./base-url.ts";
import type { Path } from "./configuration-problem.ts";
import { originOf, ownOrigins } from "./environment.ts";
import type { LoadReport } from "./load-report.ts";
import { textIn } from "./parse-section.ts";

/** Whose wire a target speaks. */
export interface TargetWire {
  readonly adapter: Adapter;
  readonly host: TargetHost;
  /** Unset: the adapter's own wire. */
  readonly preset: Preset | undefined;
  readonly dialect: Dialect;
}

/**
 * Checks the adapter, host, preset and dialect of an entry, which depend on each other, even where
 * its other fields are wrong. Undefined: it has reported what is wrong.
 */
export function checkWire(
  entry: unknown,
  path: Path,
  adapters: readonly Adapter[],
  report: LoadReport,
): TargetWire | undefined {
  const adapterName = textIn(entry, "adapter");
  if (adapterName === undefined) return undefined;
  const adapter = adapters.find(({ name }) => name === adapterName);
  if (adapter === undefined) {
    report.add([...path, "adapter"], `expected one of ${namesOf(adapters)}`);
    return undefined;
  }
  const host = checkHost(entry, adapter, path, report);
  const set = host && checkPreset(entry, { adapter, host, adapters }, path, report);
  if (host === undefined || set === undefined) return undefined;
  const dialect = checkDialect(entry, set.set, path, report);
  return dialect && { adapter, host, preset: set.preset, dialect };
}

/**
 * The preset at whose own address a base URL is; of several at one origin, one whose address it
 * begins with. Undefined: there is none that has the dialect.
 */
export function presetAt(
  baseURL: string,
  { presets = [] }: Adapter,
  dialectName: string | undefined,
): Preset | undefined {
  const near = presets.filter(
    (preset) =>
      ownOrigins(preset).has(originOf(baseURL)) &&
      (dialectName === undefined || Object.hasOwn(preset.dialects, dialectName)),
  );
  const begins = ({ dialects }: Preset): boolean =>
    Object.values(dialects).some(
      ({ defaultBaseURL: own }) => own !== "" && `${baseURL}/`.startsWith(`${own}/`),
    );
  return near.find(begins) ?? near[0];
}

function checkHost(
  entry: unknown,
  { hosts = {} }: Adapter,
  path: Path,
  report: LoadReport,
): TargetHost | undefined {
  const given = textIn(entry, "host") ?? "direct";
  const allowed: readonly TargetHost[] = ["direct", ...clouds.filter((cloud) => hosts[cloud])];
  const found = allowed.find((name) => name === given);
  if (found === undefined) report.add([...path, "host"], `expected one of ${allowed.join(", ")}`);
  return found;
}

const clouds = ["azure", "vertex", "bedrock"] as const;

/** The wires that are left, and the preset they are of. */
function checkPreset(
  entry: unknown,
  {
    adapter,
    host,
    adapters,
  }: {
    readonly adapter: Adapter;
    readonly host: TargetHost;
    readonly adapters: readonly Adapter[];
  },
  path: Path,
  report: LoadReport,
): { readonly set: DialectSet; readonly preset: Preset | undefined } | undefined {
  const given = textIn(entry, "preset");
  const complain = (message: string): undefined => {
    report.add([...path, "preset"], message);
  };
  if (host !== "direct") {
    if (given !== undefined) return complain(`is for host direct: ${host} is a place of its own`);
    return { set: adapter.hosts?.[host] ?? adapter, preset: undefined };
  }
  const { presets = [] } = adapter;
  if (given !== undefined) {
    const preset = presets.find(({ name }) => name === given);
    if (preset !== undefined) return { set: preset, preset };
    return complain(unknownPreset(given, adapter, adapters));
  }
  const base = parseBaseURL(textIn(entry, "base_url") ?? "");
  const preset = "url" in base ? presetAt(base.url, adapter, textIn(entry, "dialect")) : undefined;
  return { set: preset ?? adapter, preset };
}

function unknownPreset(given: string, adapter: Adapter, adapters: readonly Adapter[]): string {
  const has = ({ presets = [] }: Adapter): boolean => presets.some(({ name }) => name === given);
  const owners = adapters.filter(has);
  if (owners.length > 0) return `is of adapter ${namesOf(owners)}, not of ${adapter.name}`;
  const { presets = [] } = adapter;
  if (presets.length === 0) return `is not for adapter ${adapter.name}, which has no presets`;
  const names = presets.map(({ name }) => name);
  const [near] = nearestNames(given, names);
  return near === undefined ? `expected one of ${names.join(", ")}` : `did you mean ${near}?`;
}

function checkDialect(
  entry: unknown,
  { dialects, defaultDialect }: DialectSet,
  path: Path,
  report: LoadReport,
): Dialect | undefined {
  const name = textIn(entry, "dialect") ?? defaultDialect;
  const dialect = Object.hasOwn(dialects, name) ? dialects[name] : undefined;
  if (dialect === undefined) {
    report.add([...path, "dialect"], `expected one of ${Object.keys(dialects).join(", ")}`);
  }
  return dialect;
}

function namesOf(named: readonly { readonly name: string }[]): string {
  return named.map(({ name }) => name).join(", ");
}
