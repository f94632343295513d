import type { TargetHost } from "../contract/target.ts";

/** The sections as they stand in the file, not yet looked into. */
export interface SectionsInput {
  readonly listen?: unknown;
  readonly targets?: unknown;
  readonly routes?: unknown;
  readonly callers?: unknown;
  readonly insecure?: unknown;
  readonly reflection?: unknown;
  readonly simulate?: unknown;
  readonly log_level?: unknown;
  readonly allowed_headers?: unknown;
  readonly defaults?: unknown;
  readonly limits?: unknown;
}

/** `listen` of the file. */
export interface ListenInput {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly tls?: TLSInput | undefined;
}

/** `listen.tls` of the file: paths. */
export interface TLSInput {
  readonly certificate: string;
  readonly private_key: string;
  readonly client_ca?: string | undefined;
}

/** An entry of `targets`, each field for itself checked. */
export interface TargetInput {
  readonly name: string;
  readonly adapter: string;
  readonly host?: TargetHost | undefined;
  readonly dialect?: string | undefined;
  /** Canonical. */
  readonly base_url?: string | undefined;
  /** Trimmed. */
  readonly api_key?: string | undefined;
  readonly region?: string | undefined;
  /** Names asked for in lower case. */
  readonly models?: ReadonlyMap<string, string> | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly egress?: { readonly allow_private?: boolean | undefined } | undefined;
  readonly allow_caller_endpoint?: boolean | undefined;
  readonly required?: boolean | undefined;
}

/** An entry of `routes`. */
export interface RouteInput {
  readonly id: string;
  readonly model: string;
  readonly targets: readonly string[];
}

/** An entry of `callers`; the token is trimmed. */
export interface CallerInput {
  readonly name: string;
  readonly token?: string | undefined;
}

/** `defaults` of the file; times in ms. */
export interface DefaultsInput {
  readonly timeout?: number | undefined;
  readonly attempt_timeout?: number | undefined;
  readonly first_delta_timeout?: number | undefined;
  readonly idle_timeout?: number | undefined;
  readonly retry?: { readonly max_attempts?: number | undefined } | undefined;
}

/** `limits` of the file by key. */
export type LimitsInput = Readonly<Record<string, number | undefined>>;
