import type { JsonObject } from "@bufbuild/protobuf";

/** The sections as they stand in the file, not yet looked into. */
export interface SectionsInput {
  readonly listen?: unknown;
  readonly targets?: unknown;
  readonly routes?: unknown;
  readonly callers?: unknown;
  readonly insecure?: unknown;
  readonly reflection?: unknown;
  readonly fast_lane?: unknown;
  readonly simulate?: unknown;
  readonly log_level?: unknown;
  readonly allowed_headers?: unknown;
  readonly catalogue?: unknown;
  readonly defaults?: unknown;
  readonly limits?: unknown;
  readonly resilience?: unknown;
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
  readonly host?: string | undefined;
  readonly preset?: string | undefined;
  readonly dialect?: string | undefined;
  /** Canonical. */
  readonly base_url?: string | undefined;
  /** Trimmed. */
  readonly api_key?: string | undefined;
  /** Trimmed. */
  readonly api_keys?: readonly (string | undefined)[] | undefined;
  readonly region?: string | undefined;
  readonly zone?: string | undefined;
  readonly project?: string | undefined;
  readonly api_version?: string | undefined;
  /** Not yet looked into. */
  readonly credentials?: unknown;
  /** In lower case. */
  readonly key_header?: string | undefined;
  readonly path?: string | undefined;
  readonly body?: JsonObject | undefined;
  /** Names asked for in lower case. */
  readonly models?: ReadonlyMap<string, string> | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly egress?: { readonly allow_private?: boolean | undefined } | undefined;
  readonly allow_caller_endpoint?: boolean | undefined;
  readonly required?: boolean | undefined;
}

/** `credentials` that sign; secrets are trimmed. */
export interface AWSCredentialsInput {
  readonly type: "aws";
  readonly access_key_id: string;
  readonly secret_access_key?: string | undefined;
  readonly session_token?: string | undefined;
}

/** `credentials` of Google. */
export interface GoogleCredentialsInput {
  readonly type: "google";
  readonly file: string;
}

/** `credentials` of Microsoft Entra; the secret is trimmed. */
export interface EntraCredentialsInput {
  readonly type: "entra";
  readonly tenant_id: string;
  readonly client_id: string;
  readonly client_secret?: string | undefined;
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
  readonly calls_per_minute?: number | undefined;
  readonly concurrent_calls?: number | undefined;
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

/** `resilience` of the file by key. */
export type ResilienceInput = Readonly<Record<string, number | undefined>>;
