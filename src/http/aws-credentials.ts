import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { AWSCredentials, Credentials } from "../contract/credentials.ts";
import { Secret } from "../contract/secret.ts";
import { AWSSigner } from "./aws-signature.ts";
import type {
  CredentialEnvironment,
  CredentialSource,
  CredentialUse,
} from "./credential-source.ts";
import type { HttpRequest } from "./http-client.ts";
import { type Fetched, RenewedValue } from "./renewed-value.ts";

/** Credentials as AWS's own chain gives them. */
export interface FoundCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** Unset: for good. */
  readonly expiration?: Date;
}

/** Finds credentials, anew at each call. Rejects where there are none. */
export type CredentialChain = () => Promise<FoundCredentials>;

/** Signing name of Bedrock, whose runtime has a host name of its own. */
const service = "bedrock";

/** Longest time to look for credentials, ms: a role is assumed, or a helper process asked. */
const fetchMsMax = 60_000;

/**
 * Signs requests for AWS, with a target's own credentials or those of AWS's default chain:
 * variables of the environment, shared files (profiles, SSO, helper processes, assumed roles), web
 * identity, metadata of containers and instances. The region is the target's, or else that of its
 * host name.
 */
export class AWSCredentialSource implements CredentialSource {
  readonly #clock: Clock;
  readonly #signer = new AWSSigner();
  readonly #found: RenewedValue<AWSCredentials>;

  constructor({ clock, learn }: CredentialEnvironment, chain: CredentialChain) {
    this.#clock = clock;
    this.#found = new RenewedValue(clock, async () => {
      const found = fetched(await withinLimit(chain(), clock));
      learn(found.value.secretAccessKey);
      if (found.value.sessionToken) learn(found.value.sessionToken);
      return found;
    });
  }

  async headers(
    request: HttpRequest,
    { credentials, region }: CredentialUse,
  ): Promise<Readonly<Record<string, string>>> {
    const place = region || regionIn(request.url);
    if (place === "")
      throw invalid("No request can be signed without a region: give the target one.");
    const used = credentials ? ownCredentials(credentials) : await this.#chained(request.signal);
    const scope = { region: place, service, wallTimeMs: this.#clock.wallTimeMs() };
    return this.#signer.sign(request, used, scope);
  }

  async #chained(signal: AbortSignal): Promise<AWSCredentials> {
    try {
      return await this.#found.get(signal);
    } catch (thrown) {
      if (signal.aborted || thrown instanceof ConnectorError) throw thrown;
      throw chainFailure(thrown);
    }
  }
}

/** AWS's default chain. Its code is loaded when credentials are first looked for. */
export function defaultCredentialChain(): CredentialChain {
  let loaded: Promise<CredentialChain> | undefined;
  return async () => {
    loaded ??= loadChain();
    const find = await loaded;
    return await find();
  };
}

async function loadChain(): Promise<CredentialChain> {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const quiet = (): void => undefined;
  const provider = defaultProvider({
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  // What it keeps itself is not used: when to look anew is for one clock to say.
  return () => provider({ forceRefresh: true });
}

function ownCredentials(credentials: Credentials): AWSCredentials {
  if (credentials.type !== "aws") {
    throw invalid(`Credentials of the type ${credentials.type} sign no request for AWS.`);
  }
  return sendable(credentials);
}

function fetched(found: FoundCredentials): Fetched<AWSCredentials> {
  const { accessKeyId: accessKeyID, secretAccessKey, sessionToken, expiration } = found;
  const value = sendable({
    type: "aws",
    accessKeyID,
    secretAccessKey: new Secret(secretAccessKey),
    ...(sessionToken && { sessionToken: new Secret(sessionToken) }),
  });
  return { value, expiresMs: expiration?.getTime() };
}

/** Two of the three go into headers, which take no line ends. */
function sendable(credentials: AWSCredentials): AWSCredentials {
  const { accessKeyID, secretAccessKey, sessionToken } = credentials;
  const isSendable = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);
  const texts = [accessKeyID, secretAccessKey.reveal(), sessionToken?.reveal() ?? "-"];
  if (texts.every(isSendable)) return credentials;
  throw invalid("The credentials for AWS are empty or hold characters that no header can carry.");
}

/** The region in a host name of Bedrock's, such as `bedrock-runtime.eu-west-1.amazonaws.com`. */
function regionIn(url: string): string {
  return /(?:^|\.)bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\./.exec(new URL(url).hostname)?.[1] ?? "";
}

async function withinLimit<T>(promise: Promise<T>, clock: Clock): Promise<T> {
  let clear = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    const timer = clock.schedule(fetchMsMax, () => reject(unreachable("ETIMEDOUT", undefined)));
    clear = () => timer.clear();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clear();
  }
}

const networkCodes: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH"],
  ...["ENETUNREACH", "EPIPE", "TimeoutError"],
]);

/** What the chain says goes to the log only: it may name files and addresses of this machine. */
function chainFailure(thrown: unknown): ConnectorError {
  const { code, name } = Object(thrown) as { readonly code?: unknown; readonly name?: unknown };
  const network = [code, name].find((word) => networkCodes.has(String(word)));
  if (network !== undefined) return unreachable(String(network), thrown);
  const isNone = name === "CredentialsProviderError";
  return invalid(
    isNone
      ? "No credentials for AWS were found. Give the target an api_key or credentials, or set " +
          "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role of the machine."
      : "Credentials for AWS were refused or could not be read; the log says by whom and why.",
    thrown,
  );
}

function unreachable(code: string, cause: unknown): ConnectorError {
  return new ConnectorError(
    "PROVIDER_CONNECT_FAILED",
    `Who gives out credentials for AWS could not be reached (${code}).`,
    { metadata: { phase: "connect", network_error: code }, cause },
  );
}

function invalid(message: string, cause?: unknown): ConnectorError {
  return new ConnectorError("PROVIDER_CREDENTIAL_INVALID", message, {
    precondition: { type: "PROVIDER_CREDENTIAL_INVALID", description: message },
    cause,
  });
}
