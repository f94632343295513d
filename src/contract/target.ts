import type { Adapter, Dialect } from "./adapter.ts";
import type { Secret } from "./secret.ts";

/** Where a target's URL, credentials and framing come from. */
export type TargetHost = "direct" | "azure" | "vertex" | "bedrock";

/** One place that answers for one adapter, ready to be called. */
export interface Target {
  /** Configured name, unique. */
  readonly name: string;
  readonly adapter: Adapter;
  readonly dialect: Dialect;
  readonly host: TargetHost;
  /** Scheme, host, optional port and path prefix, without a trailing slash. */
  readonly baseURL: string;
  /** Unset: no credential is sent. */
  readonly apiKey: Secret | undefined;
  /** Empty: none. */
  readonly region: string;
  /** Name asked for, lower case, to name sent. */
  readonly models: ReadonlyMap<string, string>;
  /** Headers sent with every request, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether loopback and private addresses may be called. */
  readonly allowPrivate: boolean;
  /** Whether a caller may give a base URL of its own (with a key of its own). */
  readonly allowCallerEndpoint: boolean;
  /** Whether it is a simulated provider. */
  readonly simulated: boolean;
}

/** A rule of the configuration: names of models to targets. */
export interface RouteRule {
  /** Unique. */
  readonly id: string;
  /** RE2 syntax, matched without case against the whole name. */
  readonly model: string;
  /** Targets to try, in order; at least one. */
  readonly targets: readonly string[];
}
