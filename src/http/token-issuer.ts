import { createReadStream } from "node:fs";
import { request as requestHTTP } from "node:http";
import { request as requestHTTPS } from "node:https";
import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";

/** A question to who gives out tokens. */
export interface TokenRequest {
  readonly method: "GET" | "POST";
  /**
   * Absolute, http or https: the operator's own choice, so that the rule of egress is not asked.
   */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Unset: none. */
  readonly body?: string;
  /** Time for the whole answer, ms. Default: 10 s. */
  readonly timeoutMs?: number;
}

/** Who is asked, as errors name it: "Google", "Microsoft Entra". */
export type Issuer = string;

const timeoutMsDefault = 10_000;
/** Most bytes of an answer: tokens are a few kilobytes. */
const answerBytesMax = 256 * 1024;
/** Most bytes of a file that holds a credential. */
const fileBytesMax = 64 * 1024;

/**
 * Asks who gives out tokens, and returns its answer as text. Redirects are answers that are
 * refused. Throws PROVIDER_CREDENTIAL_INVALID for a refusal, and PROVIDER_CONNECT_FAILED where
 * nobody answers, or in time, or where the answer is a fault of the issuer's. No error holds what
 * was sent, and of an answer only a code.
 */
export async function askIssuer(
  request: TokenRequest,
  issuer: Issuer,
  clock: Clock,
): Promise<string> {
  const stop = new AbortController();
  const timer = clock.schedule(request.timeoutMs ?? timeoutMsDefault, () => stop.abort());
  let answer: Answer;
  try {
    answer = await send(request, stop.signal);
  } catch (cause) {
    const code = stop.signal.aborted ? "ETIMEDOUT" : codeOf(cause);
    throw unreachable(issuer, code, cause);
  } finally {
    timer.clear();
  }
  const { status, text } = answer;
  if (status >= 200 && status < 300) return text;
  if (status >= 500 || status === 429 || status === 408) {
    throw unreachable(issuer, `status ${status}`, undefined);
  }
  const code = errorCode(text);
  throw credentialInvalid(
    `${issuer} refused the credentials (${code === "" ? `status ${status}` : code}).`,
  );
}

/** The same for an answer that is a JSON object. */
export async function askIssuerJSON(
  request: TokenRequest,
  issuer: Issuer,
  clock: Clock,
): Promise<Readonly<Record<string, unknown>>> {
  const found = jsonObject(await askIssuer(request, issuer, clock));
  if (found !== undefined) return found;
  throw credentialInvalid(`${issuer} answered with something else than a token.`);
}

/** A form to post, as the grants of OAuth 2 want it. */
export function formRequest(
  url: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): TokenRequest {
  return {
    method: "POST",
    url,
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(fields).toString(),
  };
}

/** A JSON text as an object. Undefined: it is none. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * PROVIDER_CREDENTIAL_INVALID, with the same words for people and for programs. What names files of
 * this machine goes into `cause`, which only the log shows.
 */
export function credentialInvalid(message: string, cause?: unknown): ConnectorError {
  return new ConnectorError("PROVIDER_CREDENTIAL_INVALID", message, {
    precondition: { type: "PROVIDER_CREDENTIAL_INVALID", description: message },
    cause,
  });
}

/** Text of a file that holds a credential; `what` names it. Throws PROVIDER_CREDENTIAL_INVALID. */
export async function readCredential(path: string, what: string): Promise<string> {
  let text = "";
  try {
    const file = createReadStream(path, { encoding: "utf8", end: fileBytesMax });
    for await (const piece of file) text += String(piece);
  } catch (cause) {
    throw credentialInvalid(`${what} cannot be read (${codeOf(cause)}).`, cause);
  }
  if (Buffer.byteLength(text) <= fileBytesMax) return text;
  throw credentialInvalid(`${what} is larger than ${fileBytesMax} bytes.`);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send({ method, url, headers = {}, body }: TokenRequest, signal: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = url.startsWith("https:") ? requestHTTPS : requestHTTP;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  // A socket of its own: tokens are asked for once in an hour.
  const options = { method, headers: { ...headers, ...length }, signal, agent: false };
  const outgoing = request(url, options, (response) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    response.on("data", (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > answerBytesMax) response.destroy(new Error("The answer is too large."));
    });
    response.on("error", reject);
    response.on("end", () =>
      resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }),
    );
  });
  outgoing.on("error", reject);
  outgoing.end(body);
  return await promise;
}

/** The code of OAuth 2 (`invalid_grant`), or of Google's own errors; no words, which may quote. */
function errorCode(text: string): string {
  const { error } = jsonObject(text) ?? {};
  const { status } = Object(error) as { readonly status?: unknown };
  const code = typeof error === "string" ? error : status;
  return typeof code === "string" && /^[A-Za-z_]{1,64}$/.test(code) ? code : "";
}

function codeOf(cause: unknown): string {
  const { code } = Object(cause) as { readonly code?: unknown };
  return typeof code === "string" && /^[A-Z_0-9]{1,64}$/.test(code) ? code : "UNKNOWN";
}

function unreachable(issuer: Issuer, code: string, cause: unknown): ConnectorError {
  return new ConnectorError(
    "PROVIDER_CONNECT_FAILED",
    `${issuer} could not be asked for a token (${code}).`,
    { metadata: { phase: "connect", network_error: code }, cause },
  );
}
