import type { CredentialScheme } from "../contract/adapter.ts";
import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Credentials } from "../contract/credentials.ts";
import type { Secret } from "../contract/secret.ts";
import type { HttpRequest } from "./http-client.ts";

/** What a cloud's credentials are asked for. */
export interface CredentialUse {
  /** The target's own. Unset: the cloud's default chain. */
  readonly credentials: Credentials | undefined;
  /** Region to sign for. Empty: none. */
  readonly region: string;
}

/**
 * One scheme: the headers that make a cloud accept a request. Fetched tokens are kept, shared by calls
 * that ask at once, and renewed before they expire. Aborting `request.signal` ends the wait, not the
 * fetch. Throws PROVIDER_CREDENTIAL_INVALID, without any secret, for credentials that are missing or
 * refused, and PROVIDER_CONNECT_FAILED where their issuer cannot be reached.
 */
export interface CredentialSource {
  headers(request: HttpRequest, use: CredentialUse): Promise<Readonly<Record<string, string>>>;
}

/** What a scheme is made with. */
export interface CredentialEnvironment {
  readonly clock: Clock;
  /** Told every secret that was fetched, so that it is known wherever text leaves the process. */
  readonly learn: (secret: Secret) => void;
}

/** The schemes by name; each is made when it is first wanted. */
export type CredentialSources = Readonly<
  Record<
    CredentialScheme,
    (environment: CredentialEnvironment) => Promise<CredentialSource> | CredentialSource
  >
>;

/** Credentials of clouds, for targets without a key. */
export class CloudCredentials {
  readonly #sources: CredentialSources;
  readonly #environment: CredentialEnvironment;
  readonly #made = new Map<CredentialScheme, Promise<CredentialSource>>();

  constructor(sources: CredentialSources, environment: CredentialEnvironment) {
    this.#sources = sources;
    this.#environment = environment;
  }

  /** The request with the headers of the scheme. */
  async authorize(
    request: HttpRequest,
    scheme: CredentialScheme,
    use: CredentialUse,
  ): Promise<HttpRequest> {
    const source = await this.#source(scheme);
    const headers = await source.headers(request, use);
    return { ...request, headers: { ...request.headers, ...headers } };
  }

  #source(scheme: CredentialScheme): Promise<CredentialSource> {
    const made =
      this.#made.get(scheme) ?? Promise.resolve(this.#sources[scheme](this.#environment));
    this.#made.set(scheme, made);
    return made;
  }
}

/** The schemes of this program. */
export const credentialSources: CredentialSources = {
  aws: () => notYet("aws"),
  google: () => notYet("google"),
  entra: () => notYet("entra"),
};

function notYet(scheme: CredentialScheme): never {
  throw new ConnectorError("NOT_IMPLEMENTED", `credentials of ${scheme} are not implemented yet`);
}
