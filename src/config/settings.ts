import { type CallDefaults, callDefaults } from "../contract/call-defaults.ts";
import { defaultLimits, type Limits } from "../contract/limits.ts";
import type { Caller, LogLevel } from "./configuration.ts";
import { defaultAllowedHeaders } from "./header-rules.ts";
import { limitKey, limitNames } from "./limit-range.ts";
import type { LoadReport } from "./load-report.ts";
import { checkUnique, parseList, parseSection, valueIn } from "./parse-section.ts";
import {
  allowedHeadersSchema,
  callerSchema,
  defaultsSchema,
  flagSchema,
  limitsSchema,
  listenSchema,
  logLevelSchema,
  sectionsSchema,
} from "./schema.ts";
import type { ListenInput, SectionsInput } from "./section-inputs.ts";

const callersMax = 10_000;

/** The sections of the file. Unknown ones are reported, and the others still looked at. */
export function parseSections(file: unknown, report: LoadReport): SectionsInput {
  parseSection(sectionsSchema, file, [], report);
  return typeof file === "object" && file !== null && !Array.isArray(file) ? file : {};
}

/** `listen`. Where host or port are wrong, the files of TLS are still looked at. */
export function parseListen(input: unknown, report: LoadReport): ListenInput {
  const parsed = parseSection(listenSchema, input ?? {}, ["listen"], report);
  return parsed ?? listenSchema.safeParse({ tls: valueIn(input, "tls") }).data ?? {};
}

/** A section that is true, false or left out. */
export function parseFlag(
  name: "insecure" | "reflection" | "fast_lane" | "simulate",
  sections: SectionsInput,
  report: LoadReport,
): boolean | undefined {
  return parseSection(flagSchema, sections[name], [name], report);
}

/** `callers`: names and tokens are unique, so that a token tells who calls. */
export function resolveCallers(list: unknown, report: LoadReport): readonly Caller[] {
  if (Array.isArray(list) && list.length > callersMax) {
    report.add(["callers"], `expected at most ${callersMax} callers`);
    return [];
  }
  const parsed = parseList(callerSchema, list, ["callers"], report);
  checkUnique(Array.isArray(list) ? list : [], "name", ["callers"], report);
  const owners = new Map<string, string>();
  return parsed.flatMap((caller, index) => {
    if (caller?.token === undefined) return [];
    const owner = owners.get(caller.token);
    if (owner !== undefined) {
      report.add(["callers", index, "token"], `this is also the token of ${owner}`);
    }
    owners.set(caller.token, caller.name);
    return [
      {
        name: caller.name,
        token: report.secret(caller.token),
        callsPerMinute: caller.calls_per_minute,
        concurrentCalls: caller.concurrent_calls,
      },
    ];
  });
}

/** `defaults`, completed. */
export function resolveDefaults(input: unknown, limits: Limits, report: LoadReport): CallDefaults {
  const given = parseSection(defaultsSchema, input ?? {}, ["defaults"], report) ?? {};
  if ((given.timeout ?? 0) > limits.callTimeoutMsMax) {
    report.note("defaults.timeout is over limits.call_timeout_ms_max, and is cut to it");
  }
  return {
    timeoutMs: given.timeout ?? callDefaults.timeoutMs,
    attemptTimeoutMs: given.attempt_timeout ?? callDefaults.attemptTimeoutMs,
    firstDeltaTimeoutMs: given.first_delta_timeout ?? callDefaults.firstDeltaTimeoutMs,
    idleTimeoutMs: given.idle_timeout ?? callDefaults.idleTimeoutMs,
    maxAttempts: given.retry?.max_attempts ?? callDefaults.maxAttempts,
  };
}

/** `limits`, completed. */
export function resolveLimits(input: unknown, report: LoadReport): Limits {
  const given = parseSection(limitsSchema, input ?? {}, ["limits"], report) ?? {};
  const named = limitNames.map((name) => [name, given[limitKey(name)] ?? defaultLimits[name]]);
  return { ...defaultLimits, ...Object.fromEntries(named) };
}

/** `allowed_headers`, in lower case. A list in the file takes the place of the default. */
export function resolveAllowedHeaders(input: unknown, report: LoadReport): readonly string[] {
  if (input === undefined) return defaultAllowedHeaders;
  const given = parseSection(allowedHeadersSchema, input, ["allowed_headers"], report) ?? [];
  return [...new Set(given)];
}

/** The level of the flag, or else of the file, or else `info`. */
export function resolveLogLevel(
  flag: string | undefined,
  input: unknown,
  report: LoadReport,
): LogLevel {
  const fromFile =
    input === undefined ? "info" : parseSection(logLevelSchema, input, ["log_level"], report);
  if (flag === undefined) return fromFile ?? "info";
  const result = logLevelSchema.safeParse(flag);
  if (result.success) return result.data;
  report.addOutside("command line", "--log-level", result.error.issues[0]?.message ?? "");
  return "info";
}
