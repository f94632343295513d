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
const resource = "https://cognitiveservices.azure.com";
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
  /** By the target's credentials; unset: the default chain. */
  readonly #tokens = new Map<EntraCredentials | undefined, RenewedValue<Secret>>();

  constructor(environment: CredentialEnvironment, variables: Variables = process.env) {
    this.#environment = environment;
    this.#variables = variables;
  }

  async headers(
    { signal }: HttpRequest,
    { credentials }: CredentialUse,
  ): Promise<Readonly<Record<string, string>>> {
    if (credentials !== undefined && credentials.type !== "entra") {
      throw credentialInvalid(`Credentials of the type ${credentials.type} are none of Entra's.`);
    }
    const token = await this.#tokensOf(credentials).get(signal);
    return { authorization: `Bearer ${token.reveal()}` };
  }

  #tokensOf(credentials: EntraCredentials | undefined): RenewedValue<Secret> {
    const known = this.#tokens.get(credentials);
    if (known !== undefined) return known;
    const tokens = new RenewedValue(this.#environment.clock, () =>
      credentials === undefined ? this.#defaultToken() : this.#applicationToken(credentials),
    );
    this.#tokens.set(credentials, tokens);
    return tokens;
  }

  async #applicationToken(credentials: EntraCredentials): Promise<Fetched<Secret>> {
    const { tenantID, clientID, clientSecret } = credentials;
    const proof = { client_secret: clientSecret.reveal() };
    return await this.#ask(this.#grant(tenantID, clientID, proof));
  }

  async #defaultToken(): Promise<Fetched<Secret>> {
    const { AZURE_TENANT_ID: tenant = "", AZURE_CLIENT_ID: client = "" } = this.#variables;
    const { AZURE_CLIENT_SECRET: secret = "", AZURE_FEDERATED_TOKEN_FILE: file = "" } =
      this.#variables;
    const isApplication = tenant !== "" && client !== "";
    if (isApplication && secret !== "") {
      this.#environment.learn(new Secret(secret));
      return await this.#ask(this.#grant(tenant, client, { client_secret: secret }));
    }
    if (isApplication && file !== "") {
      const assertion = await this.#assertion(file);
      return await this.#ask(this.#grant(tenant, client, assertion));
    }
    return await this.#managedToken(client);
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

  #grant(tenant: string, client: string, proof: Readonly<Record<string, string>>): TokenRequest {
    const { AZURE_AUTHORITY_HOST: host = "" } = this.#variables;
    const authority = (host || "https://login.microsoftonline.com").replace(/\/+$/, "");
    return formRequest(`${authority}/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, {
      grant_type: "client_credentials",
      client_id: client,
      scope: `${resource}/.default`,
      ...proof,
    });
  }

  /** Without either variable, the machine's own metadata service is asked. */
  async #managedToken(client: string): Promise<Fetched<Secret>> {
    const { IDENTITY_ENDPOINT: endpoint = "", IDENTITY_HEADER: header = "" } = this.#variables;
    const { AZURE_POD_IDENTITY_AUTHORITY_HOST: host = "" } = this.#variables;
    const identity = client === "" ? {} : { client_id: client };
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

/** Services name the instant (`expires_on`, s), Entra itself the span (`expires_in`, s). */
function expiryMs(instant: unknown, span: unknown, nowMs: number): number {
  if (Number(span) > 0) return nowMs + Number(span) * 1000;
  return Number(instant) > 0 ? Number(instant) * 1000 : nowMs;
}
