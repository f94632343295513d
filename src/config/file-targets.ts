import type { Adapter } from "../contract/adapter.ts";
import type { Target } from "../contract/target.ts";
import type { DisabledTarget } from "./configuration.ts";
import type { Path } from "./configuration-problem.ts";
import type { Environment } from "./environment.ts";
import type { TargetSet } from "./environment-targets.ts";
import type { KeyVariable, MissingKey } from "./expand-sections.ts";
import type { LoadReport } from "./load-report.ts";
import { checkUnique, parseList, valueIn } from "./parse-section.ts";
import { targetSchema } from "./schema.ts";
import type { TargetInput } from "./section-inputs.ts";
import { readCredentials } from "./target-credentials.ts";
import { findKey } from "./target-key.ts";
import { checkPlace, defaultBaseURL } from "./target-place.ts";
import { checkWire, type TargetWire } from "./target-wire.ts";

/** Everything that targets of a file are made from. */
export interface FileTargetsInput {
  /** `targets` with references replaced. */
  readonly list: unknown;
  /** By index: which reference in its key or credentials cannot be replaced. */
  readonly missingKeys: ReadonlyMap<number, MissingKey>;
  /** By index: the variables that are the whole of a key. */
  readonly keyVariables: ReadonlyMap<number, readonly KeyVariable[]>;
  readonly adapters: readonly Adapter[];
  readonly environment: Environment;
  /** Absolute path of the folder where the file is: paths in it start there. */
  readonly folder: string;
  /** Whether all are simulated: then none needs a key or an address. */
  readonly simulate: boolean;
}

/** The adapter whose targets may take a base URL from the caller. */
const callerEndpointAdapter = "custom";

/** Makes the targets of a file, in its order. */
export function fileTargets(input: FileTargetsInput, report: LoadReport): TargetSet {
  const targets: Target[] = [];
  const disabled: DisabledTarget[] = [];
  const parsed = parseList(targetSchema, input.list, ["targets"], report);
  const entries: readonly unknown[] = Array.isArray(input.list) ? input.list : [];
  checkUnique(entries, "name", ["targets"], report);
  for (const [index, entry] of entries.entries()) {
    const path: Path = ["targets", index];
    const wire = checkWire(entry, path, input.adapters, report);
    const fields = parsed[index];
    const missing = input.missingKeys.get(index);
    const made = wire && fields ? makeTarget(fields, wire, index, input, report) : undefined;
    const why = input.simulate ? undefined : (missing?.why ?? made?.why);
    if (why !== undefined && valueIn(entry, "required") === true) {
      report.add(missing?.path ?? [...path, "api_key"], why);
    }
    if (made && why === undefined) targets.push(made.target);
    else if (made && why) disabled.push({ name: made.target.name, why, target: made.target });
  }
  return { targets, disabled };
}

function makeTarget(
  input: TargetInput,
  wire: TargetWire,
  index: number,
  all: FileTargetsInput,
  report: LoadReport,
): { readonly target: Target; readonly why: string | undefined } {
  const { adapter, host, preset, dialect } = wire;
  const path: Path = ["targets", index];
  const baseURL = input.base_url ?? defaultBaseURL(wire, input.region);
  checkPlace(input, wire, all.simulate, path, report);
  if (baseURL === "" && dialect.regionalBaseURL === undefined && !all.simulate) {
    const whose = preset ? `preset ${preset.name}` : host === "direct" ? adapter.name : host;
    report.add([...path, "base_url"], `is required: ${whose} has no address of its own`);
  }
  if (input.allow_caller_endpoint && adapter.name !== callerEndpointAdapter) {
    const message = `is allowed for adapter ${callerEndpointAdapter} only`;
    report.add([...path, "allow_caller_endpoint"], message);
  }
  const access = findAccess(input, wire, baseURL, index, all, report);
  const target: Target = {
    name: input.name,
    adapter,
    dialect,
    host,
    baseURL,
    apiKey: undefined,
    ...(!all.simulate && access.keys),
    region: input.region ?? "",
    ...(preset && { preset: preset.name }),
    ...optionalFields(input),
    models: input.models ?? new Map(),
    headers: input.headers ?? {},
    allowPrivate: all.simulate || (input.egress?.allow_private ?? false),
    allowCallerEndpoint: input.allow_caller_endpoint ?? false,
    simulated: all.simulate,
  };
  return { target, why: access.why };
}

function optionalFields(input: TargetInput): Partial<Target> {
  const { zone, project, api_version: apiVersion, key_header: keyHeader, path, body } = input;
  return {
    ...(zone !== undefined && { zone }),
    ...(project !== undefined && { project }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(keyHeader !== undefined && { keyHeader }),
    ...(path !== undefined && { path }),
    ...(body !== undefined && { body }),
  };
}

/** What a target is let in by, or why there is nothing. */
interface Access {
  readonly keys: Pick<Target, "apiKey" | "spareKeys" | "credentials">;
  readonly why: string | undefined;
}

function findAccess(
  input: TargetInput,
  wire: TargetWire,
  baseURL: string,
  index: number,
  { missingKeys, keyVariables, adapters, environment, folder }: FileTargetsInput,
  report: LoadReport,
): Access {
  const path: Path = ["targets", index];
  if (missingKeys.has(index)) return { keys: { apiKey: undefined }, why: undefined };
  const given = givenKeys(input, path, report);
  const isBoth = input.credentials !== undefined && given.length > 0;
  if (isBoth) {
    report.add([...path, "credentials"], "are of no use beside api_key: give one of the two");
  }
  const credentials =
    input.credentials === undefined || isBoth
      ? undefined
      : readCredentials(input.credentials, wire, folder, [...path, "credentials"], report);
  const givenBy = keyVariables.get(index) ?? [];
  const search = { given, givenBy, baseURL, adapters, environment };
  const { values, why } = findKey(wire, search, report);
  const [apiKey, ...spareKeys] = values.map((value) => report.secret(value));
  return {
    keys: {
      apiKey,
      ...(spareKeys.length > 0 && { spareKeys }),
      ...(credentials && { credentials }),
    },
    why,
  };
}

/** The keys that an entry gives, the first to be used first. */
function givenKeys(
  { api_key: key, api_keys: keys }: TargetInput,
  path: Path,
  report: LoadReport,
): readonly string[] {
  if (keys === undefined) return key === undefined ? [] : [key];
  if (key !== undefined) report.add([...path, "api_keys"], "stand in place of api_key: give one");
  for (const [place, each] of keys.entries()) {
    if (each !== undefined && keys.indexOf(each) < place) {
      report.add([...path, "api_keys", place], "this key is given twice");
    }
  }
  return keys.flatMap((each) => each ?? []);
}
