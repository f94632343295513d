import type { EntraCredentials } from "../contract/credentials.ts";
import { Secret } from "../contract/secret.ts";
import type {
  CredentialEnvironment,
  CredentialSource,
  CredentialUse,
} from "./credential-source.ts";
import type { HttpRequest } from "./http-client.ts";
import { type Fetched, RenewedValue } from "./renewed-value.ts";
import {
  askIssuerJSON,
  credentialInvalid,
  formRequest,
  readCredential,
  type TokenRequest,
} from "./token-issuer.ts";

/** Variables of the process that Azure's own libraries read. */
type Variables = Readonly<Record<string, string | undefined>>;

const issuer = "Microsoft Entra";
/** Time the metadata service of a machine has to answer, ms: elsewhere nobody does. */
const metadataMs = 3_000;

/**
 * Access tokens of Microsoft Entra: by the client credentials grant for a target's own application,
 * or by the default chain. That is the application of AZURE_TENANT_ID, AZURE_CLIENT_ID and
 * AZURE_CLIENT_SECRET; the workload identity of AZURE_FEDERATED_TOKEN_FILE; the managed identity of
 * the service (IDENTITY_ENDPOINT) or of the machine.
 */
export class EntraCredentialSource implements CredentialSource {
  readonly #environment: CredentialEnvironment;
  readonly #variables: Variables;
  /** By what a token is for, and the target's credentials; unset: the default chain. */
  readonly #tokens = new Map<string, Map<EntraCredentials | undefined, RenewedValue<Secret>>>();

  constructor(environment: CredentialEnvironment, variables: Variables = process.env) {
    this.#environment = environment;
    this.#variables = variables;
  }

  async headers(
    { url, signal }: HttpRequest,
    { credentials }: CredentialUse,
  ): Promise<Readonly<Record<string, string>>> {
    if (credentials !== undefined && credentials.type !== "entra") {
      throw credentialInvalid(`Credentials of the type ${credentials.type} are none of Entra's.`);
    }
    const token = await this.#tokensOf(credentials, resourceAt(url)).get(signal);
    return { authorization: `Bearer ${token.reveal()}` };
  }

  #tokensOf(credentials: EntraCredentials | undefined, resource: string): RenewedValue<Secret> {
    const known = this.#tokens.get(resource) ?? new Map();
    this.#tokens.set(resource, known);
    const tokens =
      known.get(credentials) ??
      new RenewedValue(this.#environment.clock, () =>
        credentials === undefined
          ? this.#defaultToken(resource)
          : this.#applicationToken(credentials, resource),
      );
    known.set(credentials, tokens);
    return tokens;
  }

  async #applicationToken(
    { tenantID, clientID, clientSecret }: EntraCredentials,
    resource: string,
  ): Promise<Fetched<Secret>> {
    const proof = { client_secret: clientSecret.reveal() };
    return await this.#ask(this.#grant({ tenantID, clientID, resource }, proof));
  }

  async #defaultToken(resource: string): Promise<Fetched<Secret>> {
    const { AZURE_TENANT_ID: tenantID = "", AZURE_CLIENT_ID: clientID = "" } = this.#variables;
    const { AZURE_CLIENT_SECRET: secret = "", AZURE_FEDERATED_TOKEN_FILE: file = "" } =
      this.#variables;
    const isApplication = tenantID !== "" && clientID !== "";
    const application = { tenantID, clientID, resource };
    if (isApplication && secret !== "") {
      this.#environment.learn(new Secret(secret));
      return await this.#ask(this.#grant(application, { client_secret: secret }));
    }
    if (isApplication && file !== "") {
      return await this.#ask(this.#grant(application, await this.#assertion(file)));
    }
    return await this.#managedToken(clientID, resource);
  }

  /** RFC 7523: the token of another issuer says who the application is. */
  async #assertion(file: string): Promise<Readonly<Record<string, string>>> {
    const text = (await readCredential(file, "The token file of the workload identity")).trim();
    this.#environment.learn(new Secret(text));
    return {
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: text,
    };
  }

  #grant(
    { tenantID, clientID, resource }: Application,
    proof: Readonly<Record<string, string>>,
  ): TokenRequest {
    const { AZURE_AUTHORITY_HOST: host = "" } = this.#variables;
    const authority = (host || "https://login.microsoftonline.com").replace(/\/+$/, "");
    return formRequest(`${authority}/${encodeURIComponent(tenantID)}/oauth2/v2.0/token`, {
      grant_type: "client_credentials",
      client_id: clientID,
      scope: `${resource}/.default`,
      ...proof,
    });
  }

  /** Without either variable, the machine's own metadata service is asked. */
  async #managedToken(clientID: string, resource: string): Promise<Fetched<Secret>> {
    const { IDENTITY_ENDPOINT: endpoint = "", IDENTITY_HEADER: header = "" } = this.#variables;
    const { AZURE_POD_IDENTITY_AUTHORITY_HOST: host = "" } = this.#variables;
    const identity = clientID === "" ? {} : { client_id: clientID };
    if (endpoint !== "" && header !== "") {
      const query = new URLSearchParams({ "api-version": "2019-08-01", resource, ...identity });
      const headers = { "x-identity-header": header };
      return await this.#ask({ method: "GET", url: `${endpoint}?${query}`, headers });
    }
    const origin = (host || "http://169.254.169.254").replace(/\/+$/, "");
    const query = new URLSearchParams({ "api-version": "2018-02-01", resource, ...identity });
    const url = `${origin}/metadata/identity/oauth2/token?${query}`;
    try {
      const headers = { metadata: "true" };
      return await this.#ask({ method: "GET", url, headers, timeoutMs: metadataMs });
    } catch {
      throw credentialInvalid(
        "No credentials for Azure were found. Give the target an api_key or credentials, or set " +
          "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or give the machine an identity.",
      );
    }
  }

  async #ask(request: TokenRequest): Promise<Fetched<Secret>> {
    const { clock, learn } = this.#environment;
    const answer = await askIssuerJSON(request, issuer, clock);
    const { access_token: token, expires_in: seconds } = answer;
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
      throw credentialInvalid(`${issuer} answered with something else than a token.`);
    }
    const value = new Secret(token);
    learn(value);
    return { value, expiresMs: expiryMs(answer.expires_on, seconds, clock.wallTimeMs()) };
  }
}

/** An application, and what it wants a token for. */
interface Application {
  readonly tenantID: string;
  readonly clientID: string;
  readonly resource: string;
}

/** What a token is for: the models of the cloud that a URL is in, which may be a nation's own. */
function resourceAt(url: string): string {
  const nation = /\.azure\.(us|cn)$/.exec(new URL(url).hostname)?.[1];
  return `https://cognitiveservices.azure.${nation ?? "com"}`;
}

/** Services name the instant (`expires_on`, s), Entra itself the span (`expires_in`, s). */
function expiryMs(instant: unknown, span: unknown, nowMs: number): number {
  if (Number(span) > 0) return nowMs + Number(span) * 1000;
  return Number(instant) > 0 ? Number(instant) * 1000 : nowMs;
}
