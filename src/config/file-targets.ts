import type { Adapter, Dialect } from "../contract/adapter.ts";
import type { Target } from "../contract/target.ts";
import type { DisabledTarget } from "./configuration.ts";
import type { Path } from "./configuration-problem.ts";
import { type Environment, originOf, ownOrigins, setVariables } from "./environment.ts";
import type { TargetSet } from "./environment-targets.ts";
import type { LoadReport } from "./load-report.ts";
import { checkUnique, parseList, textIn, valueIn } from "./parse-section.ts";
import { targetSchema } from "./schema.ts";
import type { TargetInput } from "./section-inputs.ts";

/** Everything that targets of a file are made from. */
export interface FileTargetsInput {
  /** `targets` with references replaced. */
  readonly list: unknown;
  /** By index: why the reference in `api_key` cannot be replaced. */
  readonly missingKeys: ReadonlyMap<number, string>;
  /** By index: the variable that is the whole of `api_key`. */
  readonly keyVariables: ReadonlyMap<number, string>;
  readonly adapters: readonly Adapter[];
  readonly environment: Environment;
  /** Whether all are simulated: then none needs a key or an address. */
  readonly simulate: boolean;
}

/** The adapter whose targets may take a base URL from the caller. */
const callerEndpointAdapter = "custom";

/** A target that is checked, and how it got its key. */
interface Checked {
  readonly index: number;
  readonly input: TargetInput;
  readonly adapter: Adapter;
  readonly dialect: Dialect;
}

/** Makes the targets of a file, in its order. */
export function fileTargets(input: FileTargetsInput, report: LoadReport): TargetSet {
  const targets: Target[] = [];
  const disabled: DisabledTarget[] = [];
  const parsed = parseList(targetSchema, input.list, ["targets"], report);
  const entries: readonly unknown[] = Array.isArray(input.list) ? input.list : [];
  checkUnique(entries, "name", ["targets"], report);
  for (const [index, entry] of entries.entries()) {
    const wire = checkWire(entry, ["targets", index], input.adapters, report);
    const fields = parsed[index];
    const missing = input.missingKeys.get(index);
    const made =
      wire && fields ? makeTarget({ index, input: fields, ...wire }, input, report) : undefined;
    const why = input.simulate ? undefined : (missing ?? made?.why);
    if (why !== undefined && valueIn(entry, "required") === true) {
      report.add(["targets", index, "api_key"], why);
    }
    if (made && why === undefined) targets.push(made.target);
    else if (made && why) disabled.push({ name: made.target.name, why, target: made.target });
  }
  return { targets, disabled };
}

/** Checks adapter and dialect, which depend on each other, even where other fields are wrong. */
function checkWire(
  entry: unknown,
  path: Path,
  adapters: readonly Adapter[],
  report: LoadReport,
): { readonly adapter: Adapter; readonly dialect: Dialect } | undefined {
  const adapterName = textIn(entry, "adapter");
  if (adapterName === undefined) return undefined;
  const adapter = adapters.find(({ name }) => name === adapterName);
  if (adapter === undefined) {
    const names = adapters.map(({ name }) => name).join(", ");
    report.add([...path, "adapter"], `expected one of ${names}`);
    return undefined;
  }
  const dialectName = textIn(entry, "dialect") ?? adapter.defaultDialect;
  const dialect = Object.hasOwn(adapter.dialects, dialectName)
    ? adapter.dialects[dialectName]
    : undefined;
  if (dialect) return { adapter, dialect };
  const names = Object.keys(adapter.dialects).join(", ");
  report.add([...path, "dialect"], `expected one of ${names}`);
  return undefined;
}

function makeTarget(
  checked: Checked,
  all: FileTargetsInput,
  report: LoadReport,
): { readonly target: Target; readonly why: string | undefined } {
  const { index, input, adapter, dialect } = checked;
  const path: Path = ["targets", index];
  const baseURL = input.base_url ?? dialect.defaultBaseURL;
  if (baseURL === "" && !all.simulate) {
    report.add([...path, "base_url"], `is required: ${adapter.name} has no address of its own`);
  }
  if (input.allow_caller_endpoint && adapter.name !== callerEndpointAdapter) {
    const message = `is allowed for adapter ${callerEndpointAdapter} only`;
    report.add([...path, "allow_caller_endpoint"], message);
  }
  const key = findKey(checked, baseURL, all, report);
  const target: Target = {
    name: input.name,
    adapter,
    dialect,
    host: input.host ?? "direct",
    baseURL,
    apiKey: all.simulate || key.value === undefined ? undefined : report.secret(key.value),
    region: input.region ?? "",
    models: input.models ?? new Map(),
    headers: input.headers ?? {},
    allowPrivate: all.simulate || (input.egress?.allow_private ?? false),
    allowCallerEndpoint: input.allow_caller_endpoint ?? false,
    simulated: all.simulate,
  };
  return { target, why: key.why };
}

/** The key, or why the target cannot do without. */
function findKey(
  { index, input, adapter }: Checked,
  baseURL: string,
  all: FileTargetsInput,
  report: LoadReport,
): { readonly value?: string; readonly why?: string } {
  if (all.missingKeys.has(index)) return {};
  if (input.api_key !== undefined) {
    const variable = all.keyVariables.get(index);
    const message = variable && strangersKey(variable, baseURL, all.adapters);
    if (message) report.add(["targets", index, "api_key"], message);
    return { value: input.api_key };
  }
  const [variable] = setVariables(adapter.keyVariables, all.environment);
  if (variable && isOwn(adapter, baseURL)) return { value: variable.value };
  if (!adapter.keyRequired) return {};
  const names = adapter.keyVariables.join(", ");
  if (variable) return { why: `no api_key is given, and ${names} is not sent to other addresses` };
  return { why: `no api_key is given, and ${names} is not set` };
}

function isOwn(adapter: Adapter, baseURL: string): boolean {
  return baseURL !== "" && ownOrigins(adapter).has(originOf(baseURL));
}

/**
 * Says so if the variable is known as one provider's key, and the address as another provider's.
 */
function strangersKey(
  variable: string,
  baseURL: string,
  adapters: readonly Adapter[],
): string | undefined {
  const owner = adapters.find(({ keyVariables }) => keyVariables.includes(variable));
  if (owner === undefined || isOwn(owner, baseURL)) return undefined;
  const stranger = adapters.find((adapter) => isOwn(adapter, baseURL));
  if (stranger === undefined) return undefined;
  return `${variable} is the key of ${owner.name}, but base_url leads to ${stranger.name}`;
}
