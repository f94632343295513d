import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Secret } from "../contract/secret.ts";
import type {
  CredentialEnvironment,
  CredentialSource,
  CredentialUse,
} from "./credential-source.ts";
import { readGoogleFile } from "./google-credential-file.ts";
import { fetchGoogleToken, tokenIn } from "./google-token.ts";
import type { HttpRequest } from "./http-client.ts";
import { type Fetched, RenewedValue } from "./renewed-value.ts";
import { askIssuerJSON, credentialInvalid } from "./token-issuer.ts";

/** Variables of the process that Google's own tools read. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** A token, and the project that pays for the calls it is used for. */
interface GoogleToken {
  readonly token: Secret;
  /** Empty: the one they go to. */
  readonly quotaProject: string;
}

/** Time the metadata service of a machine has to answer, ms: elsewhere nobody does. */
const metadataMs = 3_000;
const metadataPath = "/computeMetadata/v1/instance/service-accounts/default/token";

/**
 * Access tokens of Google's: for a target's own credentials file, or by Google's default chain (the
 * file of GOOGLE_APPLICATION_CREDENTIALS, that of `gcloud auth application-default login`, the
 * metadata service of the machine).
 */
export class GoogleCredentialSource implements CredentialSource {
  readonly #environment: CredentialEnvironment;
  readonly #variables: Variables;
  /** By path of the file; empty: the default chain. */
  readonly #tokens = new Map<string, RenewedValue<GoogleToken>>();

  constructor(environment: CredentialEnvironment, variables: Variables = process.env) {
    this.#environment = environment;
    this.#variables = variables;
  }

  async headers(
    { signal }: HttpRequest,
    { credentials }: CredentialUse,
  ): Promise<Readonly<Record<string, string>>> {
    if (credentials !== undefined && credentials.type !== "google") {
      throw credentialInvalid(`Credentials of the type ${credentials.type} are none of Google's.`);
    }
    const { token, quotaProject } = await this.#tokensOf(credentials?.file ?? "").get(signal);
    return {
      authorization: `Bearer ${token.reveal()}`,
      ...(quotaProject && { "x-goog-user-project": quotaProject }),
    };
  }

  #tokensOf(file: string): RenewedValue<GoogleToken> {
    const known = this.#tokens.get(file);
    if (known !== undefined) return known;
    const tokens = new RenewedValue(this.#environment.clock, () =>
      file === "" ? this.#defaultToken() : this.#fileToken(file),
    );
    this.#tokens.set(file, tokens);
    return tokens;
  }

  async #defaultToken(): Promise<Fetched<GoogleToken>> {
    const { GOOGLE_APPLICATION_CREDENTIALS: named = "" } = this.#variables;
    if (named !== "") return await this.#fileToken(named);
    const known = wellKnownFile(this.#variables);
    return (await exists(known)) ? await this.#fileToken(known) : await this.#metadataToken();
  }

  async #fileToken(path: string): Promise<Fetched<GoogleToken>> {
    const file = await readGoogleFile(path);
    const { value: token, expiresMs } = await fetchGoogleToken(file, this.#environment);
    const { GOOGLE_CLOUD_QUOTA_PROJECT: quotaProject = "" } = this.#variables;
    return { value: { token, quotaProject: quotaProject || file.quotaProject }, expiresMs };
  }

  async #metadataToken(): Promise<Fetched<GoogleToken>> {
    const { GCE_METADATA_HOST: host = "", GOOGLE_CLOUD_QUOTA_PROJECT: quotaProject = "" } =
      this.#variables;
    const url = `http://${host || "169.254.169.254"}${metadataPath}`;
    const headers = { "metadata-flavor": "Google" };
    const request = { method: "GET", url, headers, timeoutMs: metadataMs } as const;
    const { clock } = this.#environment;
    let answer: Readonly<Record<string, unknown>>;
    try {
      answer = await askIssuerJSON(request, "Google's metadata service", clock);
    } catch {
      throw credentialInvalid(
        "No credentials for Google were found. Give the target an api_key or credentials, or set " +
          "GOOGLE_APPLICATION_CREDENTIALS, log in with gcloud, or give the machine a service account.",
      );
    }
    const { value: token, expiresMs } = tokenIn(answer, this.#environment);
    return { value: { token, quotaProject }, expiresMs };
  }
}

/** Where `gcloud auth application-default login` leaves its file. */
function wellKnownFile({ CLOUDSDK_CONFIG, APPDATA }: Variables): string {
  const folder =
    CLOUDSDK_CONFIG || (APPDATA ? join(APPDATA, "gcloud") : join(homedir(), ".config", "gcloud"));
  return join(folder, "application_default_credentials.json");
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
