import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { Secret } from "../contract/secret.ts";
import type { CredentialEnvironment } from "./credential-source.ts";
import type {
  ExternalAccountFile,
  GoogleCredentialFile,
  RefreshTokenFile,
  ServiceAccountFile,
  SubjectSource,
} from "./google-credential-file.ts";
import type { Fetched } from "./renewed-value.ts";
import {
  askIssuer,
  askIssuerJSON,
  credentialInvalid,
  formRequest,
  jsonObject,
  readCredential,
  type TokenRequest,
} from "./token-issuer.ts";

const issuer = "Google";
const scope = "https://www.googleapis.com/auth/cloud-platform";
const assertionSeconds = 3_600;
const impersonationSeconds = 3_600;

/**
 * A token of Google's for what a credentials file says. Every secret on the way is told to `learn`.
 */
export async function fetchGoogleToken(
  file: GoogleCredentialFile,
  environment: CredentialEnvironment,
): Promise<Fetched<Secret>> {
  switch (file.type) {
    case "service_account":
      return await exchange(serviceAccountRequest(file, environment), environment);
    case "authorized_user":
    case "external_account_authorized_user":
      for (const secret of [file.refreshToken, file.clientSecret]) {
        environment.learn(new Secret(secret));
      }
      return await exchange(refreshRequest(file), environment);
    case "external_account":
      return await externalToken(file, environment);
    case "impersonated_service_account": {
      const { value } = await fetchGoogleToken(file.source, environment);
      const { impersonationURL, delegates } = file;
      const wish = { url: impersonationURL, delegates, lifetimeSeconds: impersonationSeconds };
      return await impersonate(wish, value, environment);
    }
    default:
      return file satisfies never;
  }
}

/** What an answer with `access_token` and `expires_in` gives. */
export function tokenIn(
  answer: Readonly<Record<string, unknown>>,
  { clock, learn }: CredentialEnvironment,
): Fetched<Secret> {
  const { access_token: token, expires_in: seconds } = answer;
  const lifetime = Number(seconds);
  return {
    value: sendableToken(token, learn),
    expiresMs: clock.wallTimeMs() + (lifetime > 0 ? lifetime * 1000 : 0),
  };
}

async function exchange(
  request: TokenRequest,
  environment: CredentialEnvironment,
): Promise<Fetched<Secret>> {
  return tokenIn(await askIssuerJSON(request, issuer, environment.clock), environment);
}

/** RFC 7523: a statement about itself that the account has signed. */
function serviceAccountRequest(
  { email, privateKey, keyID, tokenURL }: ServiceAccountFile,
  { clock }: CredentialEnvironment,
): TokenRequest {
  const issued = Math.floor(clock.wallTimeMs() / 1000);
  const header = { alg: "RS256", typ: "JWT", ...(keyID && { kid: keyID }) };
  const claims = {
    iss: email,
    scope,
    aud: tokenURL,
    iat: issued,
    exp: issued + assertionSeconds,
  };
  const statement = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = sign("RSA-SHA256", Buffer.from(statement), parseKey(privateKey));
  return formRequest(tokenURL, {
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: `${statement}.${signature.toString("base64url")}`,
  });
}

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw credentialInvalid("The private key of the service account cannot be read.");
  }
}

function refreshRequest(file: RefreshTokenFile): TokenRequest {
  const { clientID, clientSecret, refreshToken, tokenURL } = file;
  const grant = { grant_type: "refresh_token", refresh_token: refreshToken };
  if (file.type === "authorized_user") {
    return formRequest(tokenURL, { ...grant, client_id: clientID, client_secret: clientSecret });
  }
  const basic = Buffer.from(`${clientID}:${clientSecret}`).toString("base64");
  return formRequest(tokenURL, grant, { authorization: `Basic ${basic}` });
}

/** RFC 8693: a token of another issuer for one of Google's. */
async function externalToken(
  file: ExternalAccountFile,
  environment: CredentialEnvironment,
): Promise<Fetched<Secret>> {
  const subject = await subjectToken(file.source, environment);
  const options = file.workforceProject && JSON.stringify({ userProject: file.workforceProject });
  const request = formRequest(file.tokenURL, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    audience: file.audience,
    scope,
    subject_token: subject,
    subject_token_type: file.subjectTokenType,
    ...(options && { options }),
  });
  const federated = await exchange(request, environment);
  if (file.impersonationURL === "") return federated;
  const { impersonationURL: url, lifetimeSeconds } = file;
  return await impersonate({ url, delegates: [], lifetimeSeconds }, federated.value, environment);
}

async function subjectToken(
  { place, headers, member }: SubjectSource,
  { clock, learn }: CredentialEnvironment,
): Promise<string> {
  const text =
    "url" in place
      ? await askIssuer({ method: "GET", url: place.url, headers }, "The identity provider", clock)
      : await readCredential(place.file, "The token file of the external account");
  const value = member === undefined ? text.trim() : jsonObject(text)?.[member];
  if (typeof value !== "string" || value === "") {
    throw credentialInvalid("The source of the external account's credentials holds no token.");
  }
  learn(new Secret(value));
  return value;
}

interface Impersonation {
  readonly url: string;
  readonly delegates: readonly string[];
  readonly lifetimeSeconds: number;
}

/** A token of a service account, for one whose owner may become it. */
async function impersonate(
  { url, delegates, lifetimeSeconds }: Impersonation,
  token: Secret,
  { clock, learn }: CredentialEnvironment,
): Promise<Fetched<Secret>> {
  const headers = {
    authorization: `Bearer ${token.reveal()}`,
    "content-type": "application/json",
  };
  const body = JSON.stringify({
    scope: [scope],
    lifetime: `${lifetimeSeconds}s`,
    ...(delegates.length > 0 && { delegates }),
  });
  const answer = await askIssuerJSON({ method: "POST", url, headers, body }, issuer, clock);
  const expiresMs = Date.parse(String(answer.expireTime));
  return {
    value: sendableToken(answer.accessToken, learn),
    expiresMs: Number.isNaN(expiresMs) ? clock.wallTimeMs() : expiresMs,
  };
}

/** A token that a header can carry. */
function sendableToken(token: unknown, learn: (secret: Secret) => void): Secret {
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw credentialInvalid(`${issuer} answered with something else than a token.`);
  }
  const secret = new Secret(token);
  learn(secret);
  return secret;
}
