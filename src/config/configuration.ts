import type { ProviderModels } from "../contract/adapter.ts";
import type { CallDefaults } from "../contract/call-defaults.ts";
import type { Limits } from "../contract/limits.ts";
import type { Secret } from "../contract/secret.ts";
import type { RouteRule, Target } from "../contract/target.ts";
import type { ResilienceSettings } from "../resilience/settings.ts";

/** Someone who may call the server. */
export interface Caller {
  /** Configured name, unique: for logs and limits. */
  readonly name: string;
  /** Bearer token, unique. */
  readonly token: Secret;
  /** Calls it may begin in a minute. Unset: any number. */
  readonly callsPerMinute: number | undefined;
  /** Calls it may have open at once. Unset: any number. */
  readonly concurrentCalls: number | undefined;
}

/** What TLS needs, read and checked. */
export interface ListenTLS {
  /** Certificate chain of the server, PEM, the server's own first. */
  readonly certificate: string;
  /** Private key of the first certificate, PEM without passphrase. Never to be printed. */
  readonly privateKey: string;
  /** Certificates that callers' certificates must come from, PEM. Unset: no mutual TLS. */
  readonly clientCA: string | undefined;
  /** Absolute paths of the files these were read from. */
  readonly files: {
    readonly certificate: string;
    readonly privateKey: string;
    readonly clientCA: string | undefined;
  };
}

/** Where the server listens. */
export interface Listen {
  /** Address or name to bind. Default: 127.0.0.1. */
  readonly host: string;
  /** 0 to 65535; 0 takes a free one. Default: 8080. */
  readonly port: number;
  /** Unset: plain text. */
  readonly tls: ListenTLS | undefined;
}

/** A target that is left out, and why: for the report at start. */
export interface DisabledTarget {
  /** Configured name, or that of the adapter where there is no file. */
  readonly name: string;
  /** What is missing, such as "ANTHROPIC_API_KEY is not set". */
  readonly why: string;
  /** The target as the file has it, without its key. Unset: there is no file. */
  readonly target: Target | undefined;
}

/** A rule in force. Its `targets` are the enabled ones, and may be none: then its calls fail. */
export interface ConfiguredRoute extends RouteRule {
  /** Targets as the file has them, disabled ones included. */
  readonly configured: readonly string[];
}

/** The least that is logged; `silent`: nothing. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** What the operator says of models, beside what is built in. */
export interface Catalogue {
  /** Absolute paths of its files. */
  readonly files: readonly string[];
  /** What they hold, in their order; later ones win. */
  readonly models: readonly ProviderModels[];
}

/** Everything in force, defaults included: checked, frozen, and made anew by every load. */
export interface Configuration {
  readonly listen: Listen;
  /** Enabled targets, in the order of the file, or of the adapters where the file has none. */
  readonly targets: readonly Target[];
  /** Targets that are left out. Simulation leaves out none. */
  readonly disabled: readonly DisabledTarget[];
  /** Rules in the order of the file; first match wins. */
  readonly routes: readonly ConfiguredRoute[];
  readonly callers: readonly Caller[];
  /** Whether the server may listen off the loopback interface without knowing its callers. */
  readonly insecure: boolean;
  /** Whether gRPC reflection is served. Default: on loopback only. */
  readonly reflection: boolean;
  /** Whether common calls of gRPC take the fast lane. Default: true. */
  readonly fastLane: boolean;
  readonly defaults: CallDefaults;
  readonly limits: Limits;
  /** The rules of retries, breakers, keys and their like. */
  readonly resilience: ResilienceSettings;
  /** Headers a caller may set for the provider, names in lower case. */
  readonly allowedHeaders: readonly string[];
  /** Models and prices over the built-in ones. */
  readonly catalogue: Catalogue;
  /** Whether every target is simulated; its base URL is then the simulator's to give. */
  readonly simulate: boolean;
  readonly logLevel: LogLevel;
  /** Every secret that was loaded, for the redactor. */
  readonly secrets: readonly Secret[];
  /** What is no error, but should be known: one sentence each, without secrets. */
  readonly notes: readonly string[];
}
