import type { Adapter } from "../contract/adapter.ts";
import { isLoopback } from "./base-url.ts";
import { resolveCatalogue } from "./catalogue-section.ts";
import { chooseTargets, targetNames } from "./choose-targets.ts";
import type { Configuration } from "./configuration.ts";
import { openConfigurationFile } from "./configuration-file.ts";
import { type ConfigurationProblem, formatProblem } from "./configuration-problem.ts";
import type { Environment } from "./environment.ts";
import { expandSections } from "./expand-sections.ts";
import { checkExposure, resolveListen } from "./listen.ts";
import { LoadReport } from "./load-report.ts";
import { References } from "./references.ts";
import { resolveResilience } from "./resilience-section.ts";
import { resolveRoutes } from "./routes.ts";
import { checkSelfCalls } from "./self-call.ts";
import {
  parseFlag,
  parseListen,
  parseSections,
  resolveAllowedHeaders,
  resolveCallers,
  resolveDefaults,
  resolveLimits,
  resolveLogLevel,
} from "./settings.ts";
import { noteTarget } from "./target-notes.ts";

/** What the command line says, before the environment and the file. */
export interface ConfigurationFlags {
  /** `--host`. */
  readonly host?: string | undefined;
  /** `--port`, 0 to 65535. */
  readonly port?: number | undefined;
  /** `--simulate`. */
  readonly simulate?: boolean | undefined;
  /** `--log-level`. */
  readonly logLevel?: string | undefined;
}

/**
 * Where a configuration comes from. A flag goes before the environment, and that before the file.
 */
export interface ConfigurationSources {
  /** Path of the file. Unset: that of `CONNECTORS_CONFIG`, or no file. */
  readonly file?: string | undefined;
  /** Variables of the process. */
  readonly environment: Environment;
  readonly flags?: ConfigurationFlags | undefined;
  /** Adapters that targets may name, in the order in which they are shown and matched. */
  readonly adapters: readonly Adapter[];
}

/** A configuration that cannot be used: everything that is wrong with it, one line each. */
export class ConfigurationError extends Error {
  override readonly name: string = "ConfigurationError";
  /** At least one; those outside the file first, then in the order of the file. */
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    super(problems.map(formatProblem).join("\n"));
    this.problems = problems;
  }

  /** The lines, such as `connectors.yaml:12:5 targets[0].dialect: expected one of …`. */
  override toString(): string {
    return this.message;
  }
}

/**
 * Reads, checks and completes the configuration. It keeps no state: loading again gives a new one,
 * and a load that fails leaves those before as they are. Throws ConfigurationError with every
 * problem.
 */
export function loadConfiguration(sources: ConfigurationSources): Configuration {
  const file = openConfigurationFile(sources.file, sources.environment);
  if (file.problems.length > 0) throw new ConfigurationError(file.problems);
  const report = new LoadReport(file.name, file.locate);
  const references = new References(sources.environment, file.folder);
  const expanded = expandSections(file.value, references, report);
  const sections = parseSections(expanded.value, report);
  const flags = sources.flags ?? {};
  const origin = { flags, environment: sources.environment, folder: file.folder };

  const listen = resolveListen(parseListen(sections.listen, report), origin, report);
  const callers = resolveCallers(sections.callers, report);
  const insecure = parseFlag("insecure", sections, report) ?? false;
  const choice = {
    list: sections.targets,
    missingKeys: expanded.missingKeys,
    keyVariables: expanded.keyVariables,
    adapters: sources.adapters,
    environment: sources.environment,
    folder: file.folder,
    hasFile: file.name !== "",
    simulate: parseFlag("simulate", sections, report) || flags.simulate === true,
  };
  const chosen = chooseTargets(choice, report);
  const limits = resolveLimits(sections.limits, report);
  const defaults = resolveDefaults(sections.defaults, limits, report);
  const configuration: Omit<Configuration, "secrets" | "notes"> = {
    listen,
    ...chosen,
    routes: resolveRoutes(sections.routes, targetNames(sections.targets, chosen), report),
    callers,
    insecure,
    reflection: parseFlag("reflection", sections, report) ?? isLoopback(listen.host),
    fastLane: parseFlag("fast_lane", sections, report) ?? true,
    defaults,
    limits,
    resilience: resolveResilience(sections.resilience, defaults, limits, report),
    allowedHeaders: resolveAllowedHeaders(sections.allowed_headers, report),
    catalogue: resolveCatalogue(
      sections.catalogue,
      { folder: file.folder, adapters: sources.adapters },
      report,
    ),
    logLevel: resolveLogLevel(flags.logLevel, sections.log_level, report),
  };
  const knowsCallers = isFilled(sections.callers) || listen.tls?.clientCA !== undefined;
  checkExposure(listen, { knowsCallers, insecure }, origin, report);
  checkSelfCalls(chosen.targets, listen, sections.targets, sources.environment, report);
  for (const target of chosen.targets) noteTarget(target, report);
  const { problems } = report;
  if (problems.length > 0) throw new ConfigurationError(problems);
  for (const part of Object.values(configuration)) Object.freeze(part);
  return Object.freeze({ ...configuration, secrets: report.secrets, notes: report.notes });
}

/** Whether callers are listed, rightly or wrongly: a wrong one is its own problem. */
function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
