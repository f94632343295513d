import type { CredentialScheme } from "../contract/adapter.ts";
import { AWSCredentialSource, defaultCredentialChain } from "./aws-credentials.ts";
import type {
  CredentialEnvironment,
  CredentialSource,
  CredentialUse,
} from "./credential-source.ts";
import { EntraCredentialSource } from "./entra-credentials.ts";
import { GoogleCredentialSource } from "./google-credentials.ts";
import type { HttpRequest } from "./http-client.ts";

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
  aws: (environment) => new AWSCredentialSource(environment, defaultCredentialChain()),
  google: (environment) => new GoogleCredentialSource(environment),
  entra: (environment) => new EntraCredentialSource(environment),
};
