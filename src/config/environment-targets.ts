import type { Adapter, Dialect } from "../contract/adapter.ts";
import type { Target } from "../contract/target.ts";
import { parseBaseURL } from "./base-url.ts";
import type { DisabledTarget } from "./configuration.ts";
import { type Environment, setVariables, type Variable } from "./environment.ts";
import { keyProblem } from "./key-problem.ts";
import type { LoadReport } from "./load-report.ts";

/** Targets that can be called, and those that cannot. */
export interface TargetSet {
  readonly targets: readonly Target[];
  readonly disabled: readonly DisabledTarget[];
}

/** Makes a target for each adapter whose key, or base URL where it needs no key, is set. */
export function environmentTargets(
  adapters: readonly Adapter[],
  environment: Environment,
  report: LoadReport,
): TargetSet {
  const targets: Target[] = [];
  const disabled: DisabledTarget[] = [];
  for (const adapter of adapters) {
    const made = makeTarget(adapter, environment, report);
    if (typeof made !== "string") targets.push(made);
    else disabled.push({ name: adapter.name, why: made, target: undefined });
  }
  return { targets, disabled };
}

/** A simulated target for each adapter, named after it. Base URLs are the adapters' own. */
export function simulatedTargets(adapters: readonly Adapter[]): TargetSet {
  const targets = adapters.map((adapter) => {
    const dialect = dialectFor(adapter, undefined);
    return { ...plainTarget(adapter, dialect), allowPrivate: true, simulated: true };
  });
  return { targets, disabled: [] };
}

/** The target, or why there is none. */
function makeTarget(
  adapter: Adapter,
  environment: Environment,
  report: LoadReport,
): Target | string {
  const key = first(adapter.keyVariables, environment, report);
  const base = first(adapter.baseURLVariables, environment, report);
  const dialect = dialectFor(adapter, base);
  if (adapter.keyRequired && !key) return notSet(adapter.keyVariables);
  if (!base && (!adapter.keyRequired || dialect.defaultBaseURL === "")) {
    return notSet(adapter.baseURLVariables);
  }
  const problem = key && keyProblem(key.value);
  if (key && problem !== undefined) report.addOutside("environment", key.name, problem);
  return {
    ...plainTarget(adapter, dialect),
    ...(base && { baseURL: readBaseURL(base, dialect, report), allowPrivate: true }),
    apiKey: key && report.secret(key.value),
  };
}

function plainTarget(adapter: Adapter, dialect: Dialect): Target {
  return {
    name: adapter.name,
    adapter,
    dialect,
    host: "direct",
    baseURL: dialect.defaultBaseURL,
    apiKey: undefined,
    region: "",
    models: new Map(),
    headers: {},
    allowPrivate: false,
    allowCallerEndpoint: false,
    simulated: false,
  };
}

function first(
  names: readonly string[],
  environment: Environment,
  report: LoadReport,
): Variable | undefined {
  const [used, ...others] = setVariables(names, environment);
  if (used && others.length > 0) {
    const ignored = others.map(({ name }) => name).join(", ");
    report.note(`${used.name} is used, and ${ignored} is ignored: both are set`);
  }
  return used;
}

/**
 * `OLLAMA_HOST` is the base URL of the dialect `ollama`: a variable may begin with a dialect's
 * name.
 */
function dialectFor(adapter: Adapter, base: Variable | undefined): Dialect {
  const named = Object.keys(adapter.dialects).find((name) =>
    base?.name.startsWith(`${name.toUpperCase().replaceAll("-", "_")}_`),
  );
  const dialect = adapter.dialects[named ?? adapter.defaultDialect];
  if (dialect === undefined) throw new Error(`${adapter.name} lacks its default dialect`);
  return dialect;
}

/** Without a scheme it is http, and without a port that of the dialect's own address. */
function readBaseURL(base: Variable, dialect: Dialect, report: LoadReport): string {
  const parsed = parseBaseURL(withScheme(base.value, dialect));
  if ("url" in parsed) return parsed.url;
  report.addOutside("environment", base.name, parsed.problem);
  return "";
}

function withScheme(text: string, dialect: Dialect): string {
  if (/^[a-z][a-z0-9+.-]*:(\/\/|[^0-9])/i.test(text)) return text;
  const port = dialect.defaultBaseURL && new URL(dialect.defaultBaseURL).port;
  const [authority = "", ...rest] = text.split("/");
  const hasPort = /:\d+$/.test(authority);
  return ["http:/", hasPort || !port ? authority : `${authority}:${port}`, ...rest].join("/");
}

function notSet(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]} is not set` : `none of ${names.join(", ")} is set`;
}
