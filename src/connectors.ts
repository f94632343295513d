import type { Adapter } from "./contract/adapter.ts";
import { type CallDefaults, callDefaults } from "./contract/call-defaults.ts";
import { type Clock, systemClock } from "./contract/clock.ts";
import type { ConnectorApi } from "./contract/connector-api.ts";
import { defaultLimits, type Limits } from "./contract/limits.ts";
import type { LLM } from "./contract/llm.ts";
import {
  type LLMOption,
  type LLMSettings,
  noSettings,
  type ServerSettings,
} from "./contract/options.ts";
import { Secret } from "./contract/secret.ts";
import type { RouteRule, Target } from "./contract/target.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { Registry } from "./dispatch/registry.ts";
import { HttpClient } from "./http/http-client.ts";
import { Redactor } from "./http/redaction.ts";
import { LLMClient } from "./library/llm-client.ts";
import { ServerApi } from "./library/server-api.ts";
import { adapters } from "./providers/index.ts";
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
  readonly clock?: Clock;
}

/** The parts of a running process, put together. */
export interface Connectors {
  /** Validates, then dispatches. */
  readonly api: ConnectorApi;
  readonly redactor: Redactor;
  /** Sockets to providers that are open now. */
  openSockets(): number;
  /** Closes connections to providers; calls under way fail. */
  close(): Promise<void>;
}

/** Puts a process together. Throws Error for a route that cannot be compiled. */
export function createConnectors(options: ConnectorsOptions): Connectors {
  const { clock = systemClock, limits = defaultLimits, targets } = options;
  const redactor = new Redactor();
  for (const { apiKey } of targets) if (apiKey !== undefined) redactor.add(apiKey);
  for (const secret of options.secrets ?? []) redactor.add(secret);
  const http = new HttpClient(limits);
  const dispatcher = new Dispatcher({
    registry: new Registry({
      adapters: options.adapters ?? adapters,
      targets,
      routes: options.routes ?? [],
    }),
    defaults: options.defaults ?? callDefaults,
    allowedHeaders: new Set(options.allowedHeaders ?? []),
    redact: (text) => redactor.redact(text),
    http,
    clock,
    limits,
  });
  return {
    api: new ValidatedApi(dispatcher, limits),
    redactor,
    openSockets: () => http.openSockets,
    close: () => http.close(),
  };
}

/**
 * An LLM by the name of its model: in this process with keys from the environment, or by a server.
 *
 * Throws ConnectorError for options that cannot be. A name that leads nowhere is found out by the first
 * call, which throws MODEL_NOT_ROUTED.
 */
export function newLLM(model: string, ...options: readonly LLMOption[]): LLM {
  const settings = options.reduce((sum, option) => option(sum), noSettings);
  return settings.server === undefined
    ? localLLM(model, settings)
    : remoteLLM(model, { ...settings, server: settings.server });
}

/** A ConnectorApi that a Connectors server carries out, and how to close its connection. */
export function serverApi(server: ServerSettings): {
  readonly api: ConnectorApi;
  close(): void;
} {
  const api = new ServerApi(server, systemClock);
  return { api, close: () => api.close() };
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
  settings: LLMSettings & { readonly server: NonNullable<LLMSettings["server"]> },
): LLM {
  const { api, close } = serverApi(settings.server);
  const callOptions = settings.baseURL
    ? { ...settings.callOptions, baseUrl: settings.baseURL }
    : settings.callOptions;
  return new LLMClient({
    model,
    settings: { ...settings, callOptions },
    api,
    clock: systemClock,
    close: async () => close(),
  });
}

/** One target an adapter, with the key and base URL of the environment, if any. */
function environmentTargets(
  environment: Readonly<Record<string, string | undefined>>,
  baseURL: string | undefined,
): readonly Target[] {
  const firstSet = (names: readonly string[]): string | undefined =>
    names.map((name) => environment[name]?.trim()).find((value) => value);
  return adapters.flatMap((adapter) => {
    const dialect = adapter.dialects[adapter.defaultDialect];
    if (dialect === undefined) return [];
    const key = firstSet(adapter.keyVariables);
    const given = baseURL ?? firstSet(adapter.baseURLVariables);
    return [
      {
        name: adapter.name,
        adapter,
        dialect,
        host: "direct",
        baseURL: (given ?? dialect.defaultBaseURL).replace(/\/+$/, ""),
        apiKey: key === undefined ? undefined : new Secret(key),
        region: "",
        models: new Map(),
        headers: {},
        allowPrivate: given !== undefined,
        allowCallerEndpoint: false,
        simulated: false,
      } satisfies Target,
    ];
  });
}
