import { dirname, resolve } from "node:path";
import type { ConfigurationProblem, Path, Place } from "./configuration-problem.ts";
import type { Environment } from "./environment.ts";
import { LoadReport } from "./load-report.ts";
import { parseYAML } from "./parse-yaml.ts";
import { readTextFile } from "./read-file.ts";

/** A file that could be read and is YAML, or nothing where there is none. */
export interface ConfigurationFile {
  /** The path as it was given. Empty: there is no file. */
  readonly name: string;
  /** Folder that relative paths start from, absolute. */
  readonly folder: string;
  /** Plain data. Sections that are empty are left out. */
  readonly value: unknown;
  readonly locate: (path: Path) => Place;
  /** Not empty: the rest is of no use. */
  readonly problems: readonly ConfigurationProblem[];
}

const fileBytesMax = 1024 * 1024;
const nowhere: Place = { line: 0, column: 0 };

/** Opens the file that is named, or else that of `CONNECTORS_CONFIG`, or else none. */
export function openConfigurationFile(
  path: string | undefined,
  environment: Environment,
): ConfigurationFile {
  const name = path ?? (environment.CONNECTORS_CONFIG?.trim() || undefined);
  const none = { name: "", folder: resolve("."), value: {}, locate: () => nowhere, problems: [] };
  if (name === undefined) return none;
  const file = readTextFile(name, fileBytesMax);
  if ("problem" in file) {
    const problem = { file: name, ...nowhere, path: "", message: file.problem };
    return { ...none, name, problems: [problem] };
  }
  const { value, locate, problems } = parseYAML(file.text);
  const report = new LoadReport(name, locate);
  for (const { path: at, message, ...place } of problems) report.addAt(place, at, message);
  return {
    name,
    folder: dirname(resolve(name)),
    value: withoutEmptySections(value),
    locate,
    problems: report.problems,
  };
}

/** `routes:` with nothing after it, as comments leave it behind, is the same as no `routes`. */
function withoutEmptySections(value: unknown): unknown {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) return value;
  const filled = Object.entries(value).filter(([, section]) => section !== null);
  return Object.fromEntries(filled);
}
