import type { ConnectorError } from "../contract/connector-error.ts";
import { credentialInvalid, jsonObject, readCredential } from "./token-issuer.ts";

/** What a credentials file of Google's says, whichever kind it is. */
export type GoogleCredentialFile =
  | ServiceAccountFile
  | RefreshTokenFile
  | ExternalAccountFile
  | ImpersonationFile;

interface AnyFile {
  /** Project that pays for the calls. Empty: the one they go to. */
  readonly quotaProject: string;
}

/** A key of a service account. */
export interface ServiceAccountFile extends AnyFile {
  readonly type: "service_account";
  readonly email: string;
  /** PEM. Never to be printed. */
  readonly privateKey: string;
  readonly keyID: string;
  readonly tokenURL: string;
}

/** What a person who logged in left behind; `basic`: the client says who it is in a header. */
export interface RefreshTokenFile extends AnyFile {
  readonly type: "authorized_user" | "external_account_authorized_user";
  readonly clientID: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
  readonly tokenURL: string;
}

/** An identity elsewhere that Google trusts (workload identity federation). */
export interface ExternalAccountFile extends AnyFile {
  readonly type: "external_account";
  readonly audience: string;
  readonly subjectTokenType: string;
  readonly tokenURL: string;
  /** Where the token of that identity is. */
  readonly source: SubjectSource;
  /** Service account to become. Empty: none. */
  readonly impersonationURL: string;
  /** Time the token of that account lasts, s. */
  readonly lifetimeSeconds: number;
  /** Project for users of a workforce pool. Empty: none. */
  readonly workforceProject: string;
}

/** A place of a token: its text, or a member of the JSON object that is there. */
export interface SubjectSource {
  /** Path of a file, or URL to get. */
  readonly place: { readonly file: string } | { readonly url: string };
  readonly headers: Readonly<Record<string, string>>;
  /** Unset: the whole text. */
  readonly member: string | undefined;
}

/** Credentials that become a service account. */
export interface ImpersonationFile extends AnyFile {
  readonly type: "impersonated_service_account";
  readonly impersonationURL: string;
  readonly delegates: readonly string[];
  readonly source: Exclude<GoogleCredentialFile, ImpersonationFile>;
}

type Members = Readonly<Record<string, unknown>>;

const defaultTokenURL = "https://oauth2.googleapis.com/token";
const defaultSTSURL = "https://sts.googleapis.com/v1/token";
const lifetimeSecondsDefault = 3_600;

/**
 * Reads a credentials file. Throws PROVIDER_CREDENTIAL_INVALID, which quotes nothing of it, for one
 * that cannot be read or is of no known kind.
 */
export async function readGoogleFile(path: string): Promise<GoogleCredentialFile> {
  const text = await readCredential(path, "The credentials file for Google");
  const members = jsonObject(text);
  if (members === undefined) throw unusable(path, "it is no JSON object");
  return parseFile(members, path);
}

function parseFile(members: Members, path: string): GoogleCredentialFile {
  const type = optional(members, "type");
  const quotaProject = optional(members, "quota_project_id");
  const required = (name: string): string => {
    const value = optional(members, name);
    if (value === "") throw unusable(path, `it has no ${name}`);
    return value;
  };
  switch (type) {
    case "service_account":
      return {
        type,
        quotaProject,
        email: required("client_email"),
        privateKey: required("private_key"),
        keyID: optional(members, "private_key_id"),
        tokenURL: urlIn(members, "token_uri", path) || defaultTokenURL,
      };
    case "authorized_user":
    case "external_account_authorized_user": {
      const isExternal = type !== "authorized_user";
      return {
        type,
        quotaProject,
        clientID: required("client_id"),
        clientSecret: required("client_secret"),
        refreshToken: required("refresh_token"),
        tokenURL: urlIn(members, isExternal ? "token_url" : "token_uri", path) || defaultTokenURL,
      };
    }
    case "external_account": {
      const { token_lifetime_seconds: lifetime } = objectIn(
        members,
        "service_account_impersonation",
      );
      return {
        type,
        quotaProject,
        audience: required("audience"),
        subjectTokenType: required("subject_token_type"),
        tokenURL: urlIn(members, "token_url", path) || defaultSTSURL,
        source: sourceOf(objectIn(members, "credential_source"), path),
        impersonationURL: urlIn(members, "service_account_impersonation_url", path),
        lifetimeSeconds: typeof lifetime === "number" ? lifetime : lifetimeSecondsDefault,
        workforceProject: optional(members, "workforce_pool_user_project"),
      };
    }
    case "impersonated_service_account": {
      const { delegates } = members;
      const isText = (item: unknown): item is string => typeof item === "string";
      const source = parseFile(objectIn(members, "source_credentials"), path);
      if (source.type === type) throw unusable(path, "its source is impersonated too");
      return {
        type,
        quotaProject,
        impersonationURL:
          urlIn(members, "service_account_impersonation_url", path) ||
          required("service_account_impersonation_url"),
        delegates: Array.isArray(delegates) ? delegates.filter(isText) : [],
        source,
      };
    }
    default:
      throw unusable(path, "its type is not one that is known here");
  }
}

function sourceOf(source: Members, path: string): SubjectSource {
  const file = optional(source, "file");
  const url = urlIn(source, "url", path);
  if (optional(source, "environment_id") !== "" || (file === "" && url === "")) {
    throw unusable(path, "its credential_source is neither a file nor a url");
  }
  const format = objectIn(source, "format");
  const headers = Object.entries(objectIn(source, "headers")).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value]] : [],
  );
  const isJSON = optional(format, "type") === "json";
  return {
    place: file === "" ? { url } : { file },
    headers: Object.fromEntries(headers),
    member: isJSON ? optional(format, "subject_token_field_name") : undefined,
  };
}

function urlIn(members: Members, name: string, path: string): string {
  const url = optional(members, name);
  if (url === "" || (/^https?:\/\//.test(url) && URL.canParse(url))) return url;
  throw unusable(path, `its ${name} is no URL`);
}

function optional(members: Members, name: string): string {
  const value = members[name];
  return typeof value === "string" ? value : "";
}

function objectIn(members: Members, name: string): Members {
  const value = members[name];
  return typeof value === "object" && value !== null ? (value as Members) : {};
}

function unusable(path: string, why: string): ConnectorError {
  return credentialInvalid(
    `The credentials file for Google cannot be used: ${why}.`,
    new Error(`${path} cannot be used.`),
  );
}
