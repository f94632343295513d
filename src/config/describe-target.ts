import type { Credentials } from "../contract/credentials.ts";
import type { Secret } from "../contract/secret.ts";
import type { Target } from "../contract/target.ts";
import { maskedSecret } from "./key-problem.ts";
import { escapeReferences } from "./references.ts";

/** A target as the file would have it, with `***` for every secret. */
export function describeTarget(target: Target, secrets: readonly Secret[]): object {
  return {
    name: target.name,
    adapter: target.adapter.name,
    host: target.host,
    ...(target.preset !== undefined && { preset: target.preset }),
    dialect: target.dialect.name,
    ...(target.baseURL !== "" && { base_url: escapeReferences(target.baseURL) }),
    ...describeKeys(target),
    ...(target.credentials && { credentials: describeCredentials(target.credentials) }),
    ...(target.region !== "" && { region: target.region }),
    ...(target.zone !== undefined && { zone: target.zone }),
    ...(target.project !== undefined && { project: target.project }),
    ...(target.apiVersion !== undefined && { api_version: target.apiVersion }),
    ...(target.keyHeader !== undefined && { key_header: target.keyHeader }),
    ...(target.path !== undefined && { path: escapeReferences(target.path) }),
    ...(target.body && { body: escapeValues(withoutSecrets(target.body, secrets)) }),
    models: escapeValues(Object.fromEntries(target.models)),
    egress: { allow_private: target.allowPrivate },
    // Only one adapter knows the key, so it stands only where it is in force.
    ...(target.allowCallerEndpoint && { allow_caller_endpoint: true }),
    headers: escapeValues(withoutSecrets(target.headers, secrets)),
  };
}

function describeKeys({ apiKey, spareKeys = [] }: Target): object {
  if (apiKey === undefined) return {};
  if (spareKeys.length === 0) return { api_key: maskedSecret };
  return { api_keys: [apiKey, ...spareKeys].map(() => maskedSecret) };
}

/** The same value with every text in it written so that it loads again. */
export function escapeValues(value: unknown): unknown {
  return mapTexts(value, escapeReferences);
}

function describeCredentials(credentials: Credentials): object {
  switch (credentials.type) {
    case "aws": {
      const { accessKeyID, sessionToken } = credentials;
      return {
        type: "aws",
        access_key_id: accessKeyID,
        secret_access_key: maskedSecret,
        ...(sessionToken && { session_token: maskedSecret }),
      };
    }
    case "google":
      return { type: "google", file: escapeReferences(credentials.file) };
    case "entra": {
      const { tenantID, clientID } = credentials;
      return {
        type: "entra",
        tenant_id: tenantID,
        client_id: clientID,
        client_secret: maskedSecret,
      };
    }
    default:
      return credentials satisfies never;
  }
}

/** A header or a member of a body may hold a secret, for one that `api_key` has no place for. */
function withoutSecrets(value: unknown, secrets: readonly Secret[]): unknown {
  const values = secrets.map((secret) => secret.reveal());
  return mapTexts(value, (text) =>
    values.reduce((rest, secret) => rest.replaceAll(secret, maskedSecret), text),
  );
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]),
  );
}
