import type { Adapter, Dialect } from "../contract/adapter.ts";
import { Secret } from "../contract/secret.ts";
import type { Target } from "../contract/target.ts";
import { parseBaseURL } from "./base-url.ts";
import { type Environment, setVariables, type Variable } from "./environment.ts";
import { keyProblem } from "./key-problem.ts";
import { presetAt } from "./target-wire.ts";

/** What the environment says about an adapter. */
export interface EnvironmentTarget {
  /** The target, as far as it can be made. */
  readonly target: Target;
  /** Variables of which one would have to be set for the target to be called. Empty: it can be. */
  readonly missing: readonly string[];
  /** What is wrong with a variable, without its value. */
  readonly problems: readonly { readonly name: string; readonly message: string }[];
  /** Variables that are ignored, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * The target of an adapter with the key and base URL of its variables. A base URL may be on
 * loopback, may lack its scheme, and may choose the dialect (`OLLAMA_HOST`) and the preset, whose
 * key is then known too. One that is given in place of a variable's is named by `given.name`, and
 * needs its scheme.
 */
export function readEnvironmentTarget(
  adapter: Adapter,
  environment: Environment,
  given?: Variable,
): EnvironmentTarget {
  const bases = given ? [given] : setVariables(adapter.baseURLVariables, environment);
  const [base] = bases;
  const plain = plainTarget(adapter, given ? undefined : base);
  const url = base && parseBaseURL(given ? base.value : withScheme(base.value, plain.dialect));
  const preset = url && "url" in url ? presetAt(url.url, adapter, plain.dialect.name) : undefined;
  const names = [...adapter.keyVariables, ...(preset?.keyVariables ?? [])];
  const keys = setVariables([...new Set(names)], environment);
  const [key] = keys;
  const problem = key && keyProblem(key.value);
  const missing = missingVariables(plain, key, base);
  return {
    target: {
      ...plain,
      ...(url && "url" in url && { baseURL: url.url, allowPrivate: true }),
      ...(preset && {
        preset: preset.name,
        dialect: preset.dialects[plain.dialect.name] ?? plain.dialect,
      }),
      apiKey: key && new Secret(key.value),
    },
    missing,
    problems: [
      ...(key && problem !== undefined ? [{ name: key.name, message: problem }] : []),
      ...(base && url && "problem" in url ? [{ name: base.name, message: url.problem }] : []),
    ],
    notes: [...ignored(keys), ...ignored(bases), ...useless(key ?? base, missing)],
  };
}

/** A target of an adapter at its own address, named after it. */
export function plainTarget(adapter: Adapter, base?: Variable): Target {
  const dialect = dialectFor(adapter, base);
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

/** Says that none of these variables is set. */
export function notSet(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]} is not set` : `none of ${names.join(", ")} is set`;
}

function missingVariables(
  { adapter, baseURL }: Target,
  key: Variable | undefined,
  base: Variable | undefined,
): readonly string[] {
  if (adapter.keyRequired && !key) return adapter.keyVariables;
  const needsBase = !adapter.keyRequired || baseURL === "";
  return needsBase && !base ? adapter.baseURLVariables : [];
}

function ignored([used, ...others]: readonly Variable[]): readonly string[] {
  if (used === undefined || others.length === 0) return [];
  const names = others.map(({ name }) => name).join(", ");
  return [`${used.name} is used, and ${names} is ignored: both are set`];
}

function useless(variable: Variable | undefined, missing: readonly string[]): readonly string[] {
  if (variable === undefined || missing.length === 0) return [];
  return [`${variable.name} is ignored: ${notSet(missing)}`];
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
function withScheme(text: string, dialect: Dialect): string {
  if (/^[a-z][a-z0-9+.-]*:(\/\/|[^0-9])/i.test(text)) return text;
  const port = dialect.defaultBaseURL && new URL(dialect.defaultBaseURL).port;
  const [authority = "", ...rest] = text.split("/");
  const hasPort = /:\d+$/.test(authority);
  return ["http:/", hasPort || !port ? authority : `${authority}:${port}`, ...rest].join("/");
}
