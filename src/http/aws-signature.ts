import { createHash, createHmac } from "node:crypto";
import type { AWSCredentials } from "../contract/credentials.ts";
import type { Secret } from "../contract/secret.ts";

/** A request before it is signed. */
export interface UnsignedRequest {
  readonly method: string;
  /** Absolute, without a fragment. */
  readonly url: string;
  /** Lower-case names. `host` is taken from the URL. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a signature is good for. */
export interface SigningScope {
  /** Region such as "us-east-1". */
  readonly region: string;
  /** Signing name of the service such as "bedrock". */
  readonly service: string;
  /** Wall-clock milliseconds since 1970; AWS accepts about five minutes around its own. */
  readonly wallTimeMs: number;
}

const algorithm = "AWS4-HMAC-SHA256";
const lastWord = "aws4_request";

/** The newest signing key of each region and service: one is good for a day. */
type SigningKeys = Map<string, { readonly day: string; readonly key: Buffer }>;

/**
 * Signature Version 4 of AWS, for requests whose body is whole. Signed are the host, the content
 * type and what begins with `x-amz`; the path as it is sent is escaped once more, as every service
 * but S3 wants it.
 */
export class AWSSigner {
  /** By the secret itself, so that its keys go where it goes. */
  readonly #keys = new WeakMap<Secret, SigningKeys>();

  /**
   * The headers that sign a request: `authorization`, `x-amz-date`, `x-amz-content-sha256`, and
   * `x-amz-security-token` for temporary credentials. They replace ones of the same name.
   */
  sign(
    request: UnsignedRequest,
    credentials: AWSCredentials,
    scope: SigningScope,
  ): Readonly<Record<string, string>> {
    const time = new Date(scope.wallTimeMs).toISOString().replace(/[-:]|\.\d{3}/g, "");
    const day = time.slice(0, 8);
    const bodySum = sha256(request.body);
    const added: Record<string, string> = {
      "x-amz-date": time,
      "x-amz-content-sha256": bodySum,
      ...(credentials.sessionToken && {
        "x-amz-security-token": credentials.sessionToken.reveal(),
      }),
    };
    const url = new URL(request.url);
    const signed = signedHeaders({ ...request.headers, ...added, host: url.host });
    const names = signed.map(([name]) => name).join(";");
    const canonical = [
      request.method,
      canonicalPath(url.pathname),
      canonicalQuery(url.search),
      ...signed.map(([name, value]) => `${name}:${value}`),
      "",
      names,
      bodySum,
    ].join("\n");
    const place = [day, scope.region, scope.service, lastWord].join("/");
    const toSign = [algorithm, time, place, sha256(canonical)].join("\n");
    const key = this.#key(credentials.secretAccessKey, day, scope);
    const signature = hmac(key, toSign).toString("hex");
    const credential = `${credentials.accessKeyID}/${place}`;
    return {
      ...added,
      authorization: `${algorithm} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
    };
  }

  #key(secret: Secret, day: string, { region, service }: SigningScope): Buffer {
    const keys: SigningKeys = this.#keys.get(secret) ?? new Map();
    this.#keys.set(secret, keys);
    const place = `${region}/${service}`;
    const known = keys.get(place);
    if (known?.day === day) return known.key;
    const ofDay = hmac(`AWS4${secret.reveal()}`, day);
    const key = hmac(hmac(hmac(ofDay, region), service), lastWord);
    keys.set(place, { day, key });
    return key;
  }
}

function signedHeaders(
  headers: Readonly<Record<string, string>>,
): readonly (readonly [name: string, value: string])[] {
  return Object.entries(headers)
    .filter(([name]) => name === "host" || name === "content-type" || name.startsWith("x-amz"))
    .map(([name, value]) => [name, value.trim().replace(/\s+/g, " ")] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * The path escaped once more than it is sent; empty segments are left out, as AWS leaves them out.
 */
function canonicalPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "");
  const isFolder = segments.length > 0 && path.endsWith("/");
  return `/${segments.map(escaped).join("/")}${isFolder ? "/" : ""}`;
}

/** Names and values escaped and in order. */
function canonicalQuery(search: string): string {
  return search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const [name, value] =
        equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
      return [escaped(unescaped(name)), escaped(unescaped(value))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** RFC 3986: everything but letters, digits and `-._~`, which `encodeURIComponent` nearly does. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
