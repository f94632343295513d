import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import type { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { invalidField } from "./connector-error.ts";

/** What the options of `newLLM` add up to. */
export interface LLMSettings {
  /** Sent with every call. */
  readonly callOptions: MessageInitShape<typeof CallOptionsSchema>;
  /** Base URL of the provider. Unset: the provider's own, or that of the environment. */
  readonly baseURL: string | undefined;
  /** A Connectors server that does the calls. Unset: this process does. */
  readonly server: ServerSettings | undefined;
}

/** Where a Connectors server is, and how to be let in. */
export interface ServerSettings {
  readonly url: string;
  /** Bearer token of a configured caller. Unset: none is sent. */
  readonly token: string | undefined;
}

/** One option of `newLLM`: a pure function from settings to settings. The last repeat wins. */
export type LLMOption = (settings: LLMSettings) => LLMSettings;

/** The settings without any option. */
export const noSettings: LLMSettings = { callOptions: {}, baseURL: undefined, server: undefined };

/** The caller's own key for the provider. Default: the key of the environment. */
export function withAPIKey(apiKey: string): LLMOption {
  return callOption({ apiKey });
}

/** Time for the whole call, seconds, over 0. Default: 600. */
export function withTimeout(seconds: number): LLMOption {
  return callOption({ timeout: durationOf("withTimeout", seconds) });
}

/** Time for one attempt, seconds, over 0. Default: 120. */
export function withAttemptTimeout(seconds: number): LLMOption {
  return callOption({ attemptTimeout: durationOf("withAttemptTimeout", seconds) });
}

/** Time to the first delta of a stream, seconds, over 0. Default: 30. */
export function withFirstDeltaTimeout(seconds: number): LLMOption {
  return callOption({ firstDeltaTimeout: durationOf("withFirstDeltaTimeout", seconds) });
}

/** Longest gap between two deltas of a stream, seconds, over 0. Default: 60. */
export function withIdleTimeout(seconds: number): LLMOption {
  return callOption({ idleTimeout: durationOf("withIdleTimeout", seconds) });
}

/**
 * Attempts over all targets and fallback models, hedges included, 1 to 3. Default: 3. Only failures
 * that another attempt may mend are tried again, within the time of the call, and a target that
 * fails often gets fewer retries.
 */
export function withRetry(retry: { readonly maxAttempts: number }): LLMOption {
  return callOption({ retry });
}

/**
 * Regions and zones to try first, in order, and glob patterns of those that the call may not leave,
 * whatever fails: also not by a cross-region profile, a `global` endpoint or a data zone. Default:
 * everywhere. Throws REGION_NOT_ALLOWED when the fence leaves no target, and a target that does not
 * tell where it is, as those of the environment do not, is outside every fence.
 */
export function withRegions(region: {
  readonly preferred?: readonly string[];
  readonly allowed?: readonly string[];
}): LLMOption {
  const { preferred = [], allowed = [] } = region;
  return callOption({ region: { preferred: [...preferred], allowed: [...allowed] } });
}

/**
 * Models to try in this order when no target of the first can answer, at most 8; an unknown name
 * fails the call with MODEL_NOT_ROUTED. They share the attempts of the call. Default: none.
 */
export function withFallbacks(...fallbackModels: readonly string[]): LLMOption {
  return callOption({ fallbackModels: [...fallbackModels] });
}

/**
 * A second attempt beside the first if that has given neither an answer nor a first delta after so
 * many seconds, over 0. The slower one is aborted; what it used is in the answer's attempts.
 * Default: off.
 */
export function withHedging(hedging: { readonly delaySeconds: number }): LLMOption {
  return callOption({ hedge: { delay: durationOf("withHedging", hedging.delaySeconds) } });
}

/** Name of the configured target that must answer. Default: by the routes. */
export function withTarget(target: string): LLMOption {
  return callOption({ target });
}

/** Fails calls with fields that the provider cannot take. Default: they are Warnings. */
export function withStrict(strict = true): LLMOption {
  return callOption({ strict });
}

/** Headers for the provider; those that are not allowed are left out with a Warning. */
export function withHeaders(headers: Readonly<Record<string, string>>): LLMOption {
  return callOption({ headers: { ...headers } });
}

/** Base URL of the provider, as its own SDK takes it. With a server: only where that allows it. */
export function withBaseURL(baseURL: string): LLMOption {
  if (!URL.canParse(baseURL)) throw invalidField("withBaseURL", "is not an absolute URL");
  return (settings) => ({ ...settings, baseURL });
}

/** Lets a Connectors server do the calls, at an http or https URL. Default: this process does. */
export function withServer(url: string, access: { readonly token?: string } = {}): LLMOption {
  if (!URL.canParse(url)) throw invalidField("withServer", "is not an absolute URL");
  return (settings) => ({ ...settings, server: { url, token: access.token } });
}

function callOption(option: MessageInitShape<typeof CallOptionsSchema>): LLMOption {
  return (settings) => ({
    ...settings,
    callOptions: { ...settings.callOptions, ...option } as LLMSettings["callOptions"],
  });
}

function durationOf(option: string, seconds: number): Duration {
  if (!Number.isFinite(seconds) || seconds <= 0) {
    throw invalidField(option, "must be a number of seconds over 0");
  }
  const nanos = Math.round(seconds * 1e9);
  return create(DurationSchema, { seconds: BigInt(Math.floor(nanos / 1e9)), nanos: nanos % 1e9 });
}
