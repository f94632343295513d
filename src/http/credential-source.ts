import type { Clock } from "../contract/clock.ts";
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
 * One scheme: the headers that make a cloud accept a request. Fetched tokens are kept, shared by
 * calls that ask at once, and renewed before they expire. Aborting `request.signal` ends the wait,
 * not the fetch. Throws PROVIDER_CREDENTIAL_INVALID, without any secret, for credentials that are
 * missing or refused, and PROVIDER_CONNECT_FAILED where their issuer cannot be reached.
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
