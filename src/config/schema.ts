import type { JsonObject } from "@bufbuild/protobuf";
import { z } from "zod";
import { parseBaseURL } from "./base-url.ts";
import type { LogLevel } from "./configuration.ts";
import {
  type Complain,
  type Field,
  flag,
  list,
  mapping,
  matching,
  pairs,
  ranged,
  read,
  text,
  wrongType,
} from "./fields.ts";
import { headerNameProblem, headerValueProblem, keyHeaderProblem } from "./header-rules.ts";
import { keyProblem, tokenProblem } from "./key-problem.ts";
import { limitKey, limitNames, limitRange } from "./limit-range.ts";
import { parseDurationMs, parseNumber, parseWhole } from "./quantities.ts";
import { resilienceKey, resilienceNames, resilienceRange } from "./resilience-range.ts";
import { patternCharactersMax } from "./route-patterns.ts";
import type {
  AWSCredentialsInput,
  CallerInput,
  DefaultsInput,
  EntraCredentialsInput,
  GoogleCredentialsInput,
  LimitsInput,
  ListenInput,
  ResilienceInput,
  RouteInput,
  SectionsInput,
  TargetInput,
} from "./section-inputs.ts";

/** Levels of the log, the most talkative first. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

const allowedHeadersMax = 64;
const catalogueFilesMax = 32;
const keysMax = 16;
const emptyList = "expected at least one";

const name = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  "a name of 1 to 64 letters, digits, `.`, `_` and `-`",
);
const filePath = matching(/^[^\0]{1,4096}$/, "the path of a file");
const hostName = matching(/^[A-Za-z0-9._:%-]{1,253}$/, "a host name or an IP address");
const regionName = matching(
  /^[a-z0-9][a-z0-9-]{0,62}$/,
  "the name of one region in lower case, such as eu or us-east-1",
);
const projectName = matching(
  /^[a-z0-9](?:[a-z0-9.:-]{0,98}[a-z0-9])?$/,
  "the id of a project, such as my-project",
);
const apiVersion = matching(
  /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/,
  "the version of an API, such as 2024-10-21",
);
const requestPath = matching(
  /^\/(?!.*\{(?!model\}))[\x21-\x22\x24-\x5b\x5d-\x7e]{0,2047}$/,
  "a path that begins with /, in printable ASCII without spaces, #, \\ and { but of {model}",
);
const identifier = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  "an id of letters, digits, `.`, `_` and `-`",
);
const modelPattern = text((input) => {
  if (input === "") return "expected a pattern";
  if (input.length <= patternCharactersMax) return undefined;
  return `the pattern is longer than ${patternCharactersMax} characters`;
});

const duration = read((input, complain) => {
  const ms = parseDurationMs(input);
  if (ms === undefined) complain("expected a time over 0 such as 60s, 500ms or 2m, up to 596h");
  return ms;
});

/** A text that `parse` reads. */
function readText<T>(parse: (input: string, complain: Complain) => T | undefined): Field<T> {
  return read((input, complain) => {
    if (typeof input === "string") return parse(input, complain);
    complain(wrongType(input, "text"));
    return undefined;
  });
}

/** A secret, without the spaces and line ends around it. */
function readSecret(problemOf: (secret: string) => string | undefined): Field<string> {
  return readText((input, complain) => {
    const trimmed = input.trim();
    const problem = problemOf(trimmed);
    if (problem !== undefined) complain(problem);
    return trimmed;
  });
}

const baseURL = readText((input, complain) => {
  const parsed = parseBaseURL(input);
  if ("url" in parsed) return parsed.url;
  complain(parsed.problem);
  return undefined;
});

const models = pairs((entries, complain) => {
  const byName = new Map<string, string>();
  for (const [asked, sent] of entries) {
    const isName = (text: string) => /^[^\p{Cc}]{1,256}$/u.test(text) && text.trim() === text;
    if (byName.has(asked.toLowerCase())) complain("this name is given twice (case aside)", [asked]);
    else if (!isName(asked) || !isName(sent)) {
      complain("expected names of models, 1 to 256 characters", [asked]);
    }
    byName.set(asked.toLowerCase(), sent);
  }
  return byName;
});

const headers = pairs((entries, complain) => {
  const byName = new Map<string, string>();
  for (const [given, value] of entries) {
    const header = given.toLowerCase();
    const repeated = byName.has(header) ? "this header is given twice (case aside)" : undefined;
    const problem = headerNameProblem(header) ?? headerValueProblem(value) ?? repeated;
    if (problem !== undefined) complain(problem, [given]);
    byName.set(header, value);
  }
  return Object.fromEntries(byName);
});

const keyHeader = readText((input, complain) => {
  const problem = keyHeaderProblem(input.toLowerCase());
  if (problem !== undefined) complain(problem);
  return input.toLowerCase();
});

const body = read((input, complain) => {
  if (isJSONObject(input)) return input;
  const isMapping = typeof input === "object" && input !== null && !Array.isArray(input);
  complain(isMapping ? "expected values that JSON has" : "expected a mapping");
  return undefined;
});

const allowedHeader = z
  .string({ error: (issue) => wrongType(issue.input, "text") })
  .toLowerCase()
  .superRefine((input, context) => {
    const message = headerNameProblem(input);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

const egressShape = { allow_private: flag };
const tlsShape = { certificate: filePath, private_key: filePath, client_ca: filePath.optional() };
const listenShape = {
  host: hostName.optional(),
  port: ranged(parseWhole, { min: 0, max: 65_535 }, "a port").optional(),
  tls: mapping(tlsShape).optional(),
};
const targetShape = {
  name,
  adapter: text(() => undefined),
  host: text(() => undefined).optional(),
  preset: text(() => undefined).optional(),
  dialect: text(() => undefined).optional(),
  base_url: baseURL.optional(),
  api_key: readSecret(keyProblem).optional(),
  // One that refers to what is not set has been left out.
  api_keys: list(readSecret(keyProblem).optional())
    .min(1, emptyList)
    .max(keysMax, `expected at most ${keysMax}`)
    .optional(),
  region: regionName.optional(),
  zone: regionName.optional(),
  project: projectName.optional(),
  api_version: apiVersion.optional(),
  // Which keys it has depends on the wire: it is looked into when that is known.
  credentials: z.unknown().optional(),
  key_header: keyHeader.optional(),
  path: requestPath.optional(),
  body: body.optional(),
  models: models.optional(),
  headers: headers.optional(),
  egress: mapping(egressShape).optional(),
  allow_caller_endpoint: flag,
  required: flag,
};
const awsCredentialsShape = {
  type: z.literal("aws"),
  access_key_id: identifier,
  secret_access_key: readSecret(keyProblem),
  session_token: readSecret(keyProblem).optional(),
};
const googleCredentialsShape = { type: z.literal("google"), file: filePath };
const entraCredentialsShape = {
  type: z.literal("entra"),
  tenant_id: identifier,
  client_id: identifier,
  client_secret: readSecret(keyProblem),
};
const routeShape = { id: name, model: modelPattern, targets: list(name).min(1, emptyList) };
const callerLimit = ranged(parseWhole, { min: 1, max: 1_000_000 }, "a whole number").optional();
const callerShape = {
  name,
  token: readSecret(tokenProblem),
  calls_per_minute: callerLimit,
  concurrent_calls: callerLimit,
};
const retryShape = {
  max_attempts: ranged(parseWhole, { min: 1, max: 3 }, "a whole number").optional(),
};
const defaultsShape = {
  timeout: duration.optional(),
  attempt_timeout: duration.optional(),
  first_delta_timeout: duration.optional(),
  idle_timeout: duration.optional(),
  retry: mapping(retryShape).optional(),
};
const limitsShape = Object.fromEntries(
  limitNames.map((limit) => {
    const { parse, kind, ...bounds } = limitRange(limit);
    return [limitKey(limit), ranged(parse, bounds, kind).optional()];
  }),
);
const resilienceShape = Object.fromEntries(
  resilienceNames.map((name) => {
    const { step, ...bounds } = resilienceRange(name);
    const kind =
      step === undefined ? "a number" : step === 1 ? "a whole number" : "a multiple of 10";
    const parse = (input: unknown): number | undefined => {
      const number = parseNumber(input);
      if (number === undefined || step === undefined) return number;
      return number % step === 0 ? number : undefined;
    };
    return [resilienceKey(name), ranged(parse, bounds, kind).optional()];
  }),
);
const topShape = {
  listen: z.unknown().optional(),
  targets: z.unknown().optional(),
  routes: z.unknown().optional(),
  callers: z.unknown().optional(),
  insecure: z.unknown().optional(),
  reflection: z.unknown().optional(),
  fast_lane: z.unknown().optional(),
  simulate: z.unknown().optional(),
  log_level: z.unknown().optional(),
  allowed_headers: z.unknown().optional(),
  catalogue: z.unknown().optional(),
  defaults: z.unknown().optional(),
  limits: z.unknown().optional(),
  resilience: z.unknown().optional(),
};

/** The whole file: which sections there are. */
export const sectionsSchema: z.ZodType<SectionsInput> = mapping(topShape);
/** `listen`. */
export const listenSchema: z.ZodType<ListenInput> = mapping(listenShape);
/** One of `targets`. */
export const targetSchema: z.ZodType<TargetInput> = mapping(targetShape);
/** `credentials` of a target that is signed for. */
export const awsCredentialsSchema: z.ZodType<AWSCredentialsInput> = mapping(awsCredentialsShape);
/** `credentials` of a target that takes tokens of Google. */
export const googleCredentialsSchema: z.ZodType<GoogleCredentialsInput> =
  mapping(googleCredentialsShape);
/** `credentials` of a target that takes tokens of Microsoft Entra. */
export const entraCredentialsSchema: z.ZodType<EntraCredentialsInput> =
  mapping(entraCredentialsShape);
/** One of `routes`. */
export const routeSchema: z.ZodType<RouteInput> = mapping(routeShape);
/** One of `callers`. */
export const callerSchema: z.ZodType<CallerInput> = mapping(callerShape);
/** `defaults`. */
export const defaultsSchema: z.ZodType<DefaultsInput> = mapping(defaultsShape);
/** `limits`. */
export const limitsSchema: z.ZodType<LimitsInput> = mapping(limitsShape);
/** `resilience`. */
export const resilienceSchema: z.ZodType<ResilienceInput> = mapping(resilienceShape);
/** `allowed_headers`. */
export const allowedHeadersSchema: z.ZodType<readonly string[]> = list(allowedHeader).max(
  allowedHeadersMax,
  `expected at most ${allowedHeadersMax}`,
);
/** `catalogue`. */
export const catalogueSchema: z.ZodType<readonly string[]> = list(filePath).max(
  catalogueFilesMax,
  `expected at most ${catalogueFilesMax}`,
);
/** `insecure`, `reflection`, `fast_lane` and `simulate`. */
export const flagSchema: z.ZodType<boolean | undefined> = flag;
/** `log_level`, also as a flag. */
export const logLevelSchema: z.ZodType<LogLevel> = z.enum(logLevels, {
  error: () => `expected one of ${logLevels.join(", ")}`,
});

const shapes: Readonly<Record<string, object>> = {
  "": topShape,
  listen: listenShape,
  "listen.tls": tlsShape,
  targets: targetShape,
  "targets.credentials": {
    ...awsCredentialsShape,
    ...googleCredentialsShape,
    ...entraCredentialsShape,
  },
  "targets.egress": egressShape,
  routes: routeShape,
  callers: callerShape,
  defaults: defaultsShape,
  "defaults.retry": retryShape,
  limits: limitsShape,
  resilience: resilienceShape,
};

/**
 * Whether a value is an object that JSON can write: numbers are finite, and nothing else is in it.
 */
function isJSONObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && isJSON(value);
}

function isJSON(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return typeof value !== "bigint";
  return Object.values(value).every(isJSON);
}

/** Keys of the mapping at a path such as `targets[0].egress`; empty: they are the user's own. */
export function keysAt(path: readonly (string | number)[]): readonly string[] {
  const names = path.filter((segment) => typeof segment === "string");
  return Object.keys(shapes[names.join(".")] ?? {});
}

/** Every key that the file can have somewhere. */
export const allKeys: ReadonlySet<string> = new Set(Object.values(shapes).flatMap(Object.keys));
