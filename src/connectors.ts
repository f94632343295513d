import { parseBaseURL } from "./config/base-url.ts";
import type { Environment } from "./config/environment.ts";
import { readEnvironmentTarget } from "./config/environment-target.ts";
import type { Adapter, ProviderModels } from "./contract/adapter.ts";
import { type CallDefaults, callDefaults } from "./contract/call-defaults.ts";
import { type Clock, systemClock } from "./contract/clock.ts";
import type { ConnectorApi } from "./contract/connector-api.ts";
import { invalidField } from "./contract/connector-error.ts";
import { defaultLimits, type Limits } from "./contract/limits.ts";
import type { LLM } from "./contract/llm.ts";
import {
  type LLMOption,
  type LLMSettings,
  noSettings,
  type ServerSettings,
} from "./contract/options.ts";
import { type Random, systemRandom } from "./contract/random.ts";
import type { Secret } from "./contract/secret.ts";
import type { RouteRule, Target } from "./contract/target.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { Idempotency } from "./dispatch/idempotency.ts";
import { ModelCatalogue } from "./dispatch/model-catalogue.ts";
import { Registry } from "./dispatch/registry.ts";
import { TargetAdmission } from "./dispatch/target-admission.ts";
import {
  CloudCredentials,
  type CredentialSources,
  credentialSources,
} from "./http/cloud-credentials.ts";
import { HttpClient, type ProviderHttp } from "./http/http-client.ts";
import { Redactor } from "./http/redaction.ts";
import { LLMClient } from "./library/llm-client.ts";
import { ServerApi } from "./library/server-api.ts";
import { adapters } from "./providers/index.ts";
import { defaultResilience, type ResilienceSettings } from "./resilience/settings.ts";
import { TargetStates } from "./resilience/target-states.ts";
import { ValidatedApi } from "./rpc/validated-api.ts";

/** What a process that calls providers is made of. Everything but `targets` has a default. */
export interface ConnectorsOptions {
  readonly targets: readonly Target[];
  readonly routes?: readonly RouteRule[];
  readonly defaults?: CallDefaults;
  readonly limits?: Limits;
  /** Headers, lower case, that a caller may set for the provider. Default: none. */
  readonly allowedHeaders?: readonly string[];
  /** Secrets to keep out of every message, besides the targets' keys. */
  readonly secrets?: readonly Secret[];
  readonly adapters?: readonly Adapter[];
  /** What is known of models beyond what the adapters bring; later ones win. Default: none. */
  readonly models?: readonly ProviderModels[];
  readonly clock?: Clock;
  /** Default: the machine's. */
  readonly random?: Random;
  /** The rules of retries, breakers, keys and their like. */
  readonly resilience?: ResilienceSettings;
  /** What is known of the targets, by `resilience` if that is given too. Default: nothing yet. */
  readonly states?: TargetStates;
  /** What is remembered of calls by their request ids. Default: nothing yet, by `limits`. */
  readonly idempotency?: Idempotency;
  /** Where clouds' credentials come from; for tests. */
  readonly credentialSources?: CredentialSources;
  /** What takes requests to providers, for tests; its owner closes it. Default: HTTP. */
  readonly http?: ProviderHttp;
  /** Learns the secrets, and keeps those it knows. Default: a new one. */
  readonly redactor?: Redactor;
}

/** The parts of a running process, put together. */
export interface Connectors {
  /** Validates, then dispatches. */
  readonly api: ConnectorApi;
  readonly redactor: Redactor;
  /** What is known of the targets: for the next configuration. */
  readonly states: TargetStates;
  /** What is remembered of calls by their request ids: for the next configuration. */
  readonly idempotency: Idempotency;
  /** Sockets to providers that are open now. */
  openSockets(): number;
  /** Closes connections to providers; calls under way fail. */
  close(): Promise<void>;
}

/**
 * Puts a process together. Throws Error for a route that cannot be compiled, or models of no
 * adapter.
 */
export function createConnectors(options: ConnectorsOptions): Connectors {
  const { clock = systemClock, limits = defaultLimits, targets } = options;
  const { redactor = new Redactor() } = options;
  for (const { apiKey, spareKeys = [] } of targets) {
    for (const key of spareKeys) redactor.add(key);
    if (apiKey !== undefined) redactor.add(apiKey);
  }
  for (const secret of options.secrets ?? []) redactor.add(secret);
  const { random = systemRandom } = options;
  const settings = settingsOf(options, limits);
  const { states = new TargetStates(clock, random, settings) } = options;
  // Those of a configuration before follow the rules of this one.
  if (options.resilience !== undefined) states.configure(settings);
  const idempotency = options.idempotency ?? new Idempotency({ clock, random, limits });
  const http = new HttpClient(limits);
  const known = options.adapters ?? adapters;
  const dispatcher = new Dispatcher({
    registry: new Registry({ adapters: known, targets, routes: options.routes ?? [] }),
    catalogue: new ModelCatalogue(known, options.models),
    defaults: options.defaults ?? callDefaults,
    allowedHeaders: new Set(options.allowedHeaders ?? []),
    redact: (text) => redactor.redact(text),
    http: options.http ?? http,
    credentials: new CloudCredentials(options.credentialSources ?? credentialSources, {
      clock,
      learn: (secret) => redactor.addFetched(secret),
    }),
    clock,
    random,
    states,
    admission: new TargetAdmission({ states, limits, clock, random }),
    idempotency,
    limits,
  });
  return {
    api: new ValidatedApi(dispatcher, limits, clock),
    redactor,
    states,
    idempotency,
    openSockets: () => http.openSockets,
    close: () => http.close(),
  };
}

/** The attempts of a call and the places of a target are settings that others have too. */
function settingsOf(
  { resilience = defaultResilience, defaults = callDefaults }: ConnectorsOptions,
  { targetCalls, targetQueue }: Limits,
): ResilienceSettings {
  const { maxAttempts: attempts } = defaults;
  return { ...resilience, attempts, targetConcurrency: targetCalls, targetQueue };
}

/**
 * An LLM by the name of its model: in this process with keys from the environment, or by a server.
 *
 * Throws ConnectorError for options that cannot be. A name that leads nowhere is found out by the
 * first call, which throws MODEL_NOT_ROUTED.
 */
export function newLLM(model: string, ...options: readonly LLMOption[]): LLM {
  const settings = options.reduce((sum, option) => option(sum), noSettings);
  return settings.server === undefined
    ? localLLM(model, settings)
    : remoteLLM(model, { ...settings, server: settings.server });
}

/** A ConnectorApi that a server carries out. Throws INVALID_REQUEST for what is no address. */
export function serverApi({ url, token }: ServerSettings): ServerApi {
  return new ServerApi({ url: checkedURL("withServer", url), token }, systemClock);
}

function localLLM(model: string, settings: LLMSettings): LLM {
  const connectors = createConnectors({
    targets: environmentTargets(process.env, settings.baseURL),
    // In process, the caller is the operator: any header may be set.
    allowedHeaders: Object.keys(settings.callOptions.headers ?? {}).map((name) =>
      name.toLowerCase(),
    ),
  });
  return new LLMClient({
    model,
    settings,
    api: connectors.api,
    clock: systemClock,
    close: () => connectors.close(),
  });
}

function remoteLLM(
  model: string,
  settings: LLMSettings & { readonly server: ServerSettings },
): LLM {
  const api = serverApi(settings.server);
  const callOptions = settings.baseURL
    ? { ...settings.callOptions, baseUrl: settings.baseURL }
    : settings.callOptions;
  return new LLMClient({
    model,
    settings: { ...settings, callOptions },
    api,
    clock: systemClock,
    close: () => api.close(),
  });
}

/**
 * The targets that can be called: those of adapters that have an address, with or without a key.
 */
function environmentTargets(
  environment: Environment,
  givenBaseURL: string | undefined,
): readonly Target[] {
  const given = givenBaseURL ? { name: "withBaseURL", value: givenBaseURL } : undefined;
  return adapters.flatMap((adapter) => {
    const { target, missing, problems } = readEnvironmentTarget(adapter, environment, given);
    const [problem] = problems;
    if (problem !== undefined) throw invalidField(problem.name, problem.message);
    // A key may come with the call; an address may not.
    const lacksAddress = missing.some((name) => adapter.baseURLVariables.includes(name));
    return lacksAddress ? [] : [target];
  });
}

/** A URL in its canonical form. Throws INVALID_REQUEST that names where it came from. */
function checkedURL(from: string, text: string): string {
  const parsed = parseBaseURL(text);
  if ("problem" in parsed) throw invalidField(from, parsed.problem);
  return parsed.url;
}
