import type { JsonObject } from "@bufbuild/protobuf";
import type { Adapter, CloudHost, Dialect } from "./adapter.ts";
import type { Credentials } from "./credentials.ts";
import type { Secret } from "./secret.ts";

/** Where a target's URL, credentials and framing come from. */
export type TargetHost = "direct" | CloudHost;

/** One place that answers for one adapter, ready to be called. */
export interface Target {
  /** Configured name, unique. */
  readonly name: string;
  readonly adapter: Adapter;
  readonly dialect: Dialect;
  readonly host: TargetHost;
  /** Scheme, host, optional port and path prefix, without a trailing slash. */
  readonly baseURL: string;
  /** Unset: the dialect's `credentials`, if it has any, and else none is sent. */
  readonly apiKey: Secret | undefined;
  /**
   * Further keys of the same account or others, in order: for a call whose key before is refused,
   * spent or rate-limited. At most 15. Unset: none.
   */
  readonly spareKeys?: readonly Secret[];
  /** What the cloud is asked with in place of a key. Unset: its default chain. */
  readonly credentials?: Credentials;
  /** Region or location that is called. Empty: none. */
  readonly region: string;
  /**
   * Where its calls may be processed, as the operator declares it: a zone, such as "eu" or
   * "global", or one region. Unset: `region`, and what names of models tell.
   */
  readonly zone?: string;
  /** Project of a Google cloud. Unset: none. */
  readonly project?: string;
  /** Version of the API, where the path names one. Unset: none. */
  readonly apiVersion?: string;
  /** The adapter's preset it follows. Unset: none. */
  readonly preset?: string;
  /** Header that takes the key as it is, lower case. Unset: where the dialect says. */
  readonly keyHeader?: string;
  /** Path of calls, after the base URL. Unset: the dialect's. */
  readonly path?: string;
  /** Members for the body of every call; the caller's `provider_options` win. Unset: none. */
  readonly body?: JsonObject;
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
