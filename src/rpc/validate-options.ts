import type { CallOptions, RegionPolicy } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import type { StreamOptions } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import type { Limits } from "../contract/limits.ts";
import { checkDuration } from "./validate-duration.ts";
import { checkModel, checkPrintable, checkWord } from "./validate-text.ts";
import type { Violations } from "./violations.ts";

const fallbackModelsMax = 8;
const regionsMax = 64;
const apiKeyCharactersMax = 4096;
const requestIdCharactersMax = 255;
const targetCharactersMax = 255;
const headerCharactersMax = 8192;
const baseURLCharactersMax = 2048;

/**
 * Checks how a call is to be carried out. Times over the server's maximum are cut later, not here.
 */
export function checkOptions(
  violations: Violations,
  options: CallOptions | undefined,
  limits: Limits,
): void {
  if (options === undefined) return;
  checkDuration(violations, "options.timeout", options.timeout);
  checkDuration(violations, "options.attempt_timeout", options.attemptTimeout);
  checkDuration(violations, "options.first_delta_timeout", options.firstDeltaTimeout);
  checkDuration(violations, "options.idle_timeout", options.idleTimeout);
  const maxAttempts = options.retry?.maxAttempts ?? 0;
  if (maxAttempts < 0 || maxAttempts > 3) {
    violations.add("options.retry.max_attempts", "must be 1 to 3, or 0 for the server's default");
  }
  if (options.region) checkRegion(violations, options.region);
  checkFallbacks(violations, options.fallbackModels, limits);
  if (options.hedge) {
    if (options.hedge.delay) {
      checkDuration(violations, "options.hedge.delay", options.hedge.delay);
    } else violations.add("options.hedge.delay", "is required");
  }
  checkPrintable(violations, "options.api_key", options.apiKey, apiKeyCharactersMax);
  checkPrintable(violations, "options.request_id", options.requestId, requestIdCharactersMax);
  checkWord(violations, "options.target", options.target, targetCharactersMax);
  checkHeaders(violations, options.headers, limits);
  checkBaseURL(violations, options);
}

/** Checks what a stream should carry besides the answer. */
export function checkStreamOptions(
  violations: Violations,
  options: StreamOptions | undefined,
): void {
  checkDuration(violations, "stream_options.heartbeat_interval", options?.heartbeatInterval, {
    secondsMin: 1n,
    secondsMax: 300n,
  });
}

function checkRegion(violations: Violations, { preferred, allowed }: RegionPolicy): void {
  checkNames(violations, "options.region.preferred", preferred, /^[A-Za-z0-9._*-]{1,64}$/);
  checkNames(violations, "options.region.allowed", allowed, /^[A-Za-z0-9._*-]{1,64}$/);
}

function checkNames(
  violations: Violations,
  field: string,
  names: readonly string[],
  pattern: RegExp,
): void {
  if (names.length > regionsMax) {
    violations.add(field, `has ${names.length} entries, at most ${regionsMax} are allowed`);
    return;
  }
  for (const [index, name] of names.entries()) {
    if (!pattern.test(name)) violations.add(`${field}[${index}]`, `must match ${pattern.source}`);
  }
}

function checkFallbacks(violations: Violations, models: readonly string[], limits: Limits): void {
  const field = "options.fallback_models";
  if (models.length > fallbackModelsMax) {
    violations.add(field, `has ${models.length} entries, at most ${fallbackModelsMax} are allowed`);
    return;
  }
  for (const [index, model] of models.entries()) {
    checkModel(violations, `${field}[${index}]`, model, limits.modelCharacters);
  }
}

// RFC 9110: a name is a token, a value visible characters, spaces and tabs. Values may be secrets.
function checkHeaders(
  violations: Violations,
  headers: Readonly<Record<string, string>>,
  limits: Limits,
): void {
  const entries = Object.entries(headers);
  if (entries.length > limits.metadataEntries) {
    violations.add(
      "options.headers",
      `has ${entries.length} entries, at most ${limits.metadataEntries} are allowed`,
    );
    return;
  }
  for (const [name, value] of entries) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/.test(name) || name === "__proto__") {
      violations.add("options.headers", `${quoted(name)} is not the name of a header`);
    } else if (/[^\t\x20-\x7e\x80-\xff]/.test(value) || value.length > headerCharactersMax) {
      const max = headerCharactersMax;
      violations.add(
        `options.headers[${name}]`,
        `must be at most ${max} characters, none of them a line break or control character`,
      );
    }
  }
}

function checkBaseURL(violations: Violations, { baseUrl, apiKey }: CallOptions): void {
  if (baseUrl === "") return;
  const url =
    baseUrl.length > baseURLCharactersMax || /[\s\p{Cc}]/u.test(baseUrl)
      ? null
      : URL.parse(baseUrl);
  const isWeb = url?.protocol === "https:" || url?.protocol === "http:";
  if (url === null || !isWeb || `${url.username}${url.password}${url.search}${url.hash}` !== "") {
    violations.add(
      "options.base_url",
      "must be an http: or https: URL without credentials, query and fragment",
    );
  }
  if (apiKey === "") violations.add("options.base_url", "needs options.api_key beside it");
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 64));
}
