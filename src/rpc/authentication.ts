import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Secret } from "../contract/secret.ts";

/** Somebody who may call, as configured. */
export interface Caller {
  /** Unique; stands in logs and metrics. */
  readonly name: string;
  readonly token: Secret;
}

/** Who may call. Without callers and without certificates everybody may. */
export interface CallerRules {
  readonly callers: readonly Caller[];
  /** Whether a client certificate that the listener's `clientCA` vouches for is enough. */
  readonly clientCertificates: boolean;
}

/** What a request shows of its caller. */
export interface Credentials {
  /** Value of the `authorization` header. Unset: none was sent. */
  readonly authorization: string | undefined;
  readonly socket: Socket;
}

/** Name of a caller that showed a certificate without a common name. */
const namelessCertificate = "certificate";
const nameCharactersMax = 255;

// RFC 6750, section 2.1; the scheme is told without case.
const bearer = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * Tells callers apart by bearer token or client certificate.
 *
 * Tokens are compared over whole SHA-256 hashes, each with every known one, so that neither a
 * shared beginning nor the place in the list can be told from the time.
 */
export class Authenticator {
  #callers: readonly { readonly name: string; readonly hash: Buffer }[] = [];
  readonly #certificates: boolean;
  readonly #nameBySocket = new WeakMap<Socket, string>();

  constructor({ callers, clientCertificates }: CallerRules) {
    this.#certificates = clientCertificates;
    this.replaceCallers(callers);
  }

  /**
   * Puts other callers in place of those there are, for requests that come after it. A list that is
   * empty where the old one was not is refused, since it would let everybody in. Returns whether it
   * was taken.
   */
  replaceCallers(callers: readonly Caller[]): boolean {
    if (callers.length === 0 && this.#callers.length > 0) return false;
    this.#callers = callers.map(({ name, token }) => ({ name, hash: hashOf(token.reveal()) }));
    return true;
  }

  /** Name of the caller; empty where everybody may call. Throws CALLER_UNAUTHENTICATED. */
  authenticate({ authorization, socket }: Credentials): string {
    if (this.#callers.length === 0 && !this.#certificates) return "";
    const token = authorization === undefined ? undefined : bearer.exec(authorization)?.[1];
    const name = token === undefined ? undefined : this.#nameOfToken(token);
    if (name !== undefined) return name;
    // A wrong token is refused even beside a good certificate: its sender means to be somebody
    // else.
    const certified = authorization === undefined ? this.#nameOfCertificate(socket) : undefined;
    if (certified !== undefined) return certified;
    throw new ConnectorError(
      "CALLER_UNAUTHENTICATED",
      authorization === undefined
        ? "no credentials; send a token as `authorization: Bearer …`"
        : "the token is not that of a known caller",
    );
  }

  #nameOfToken(token: string): string | undefined {
    const hash = hashOf(token);
    let found: string | undefined;
    for (const caller of this.#callers) {
      if (timingSafeEqual(caller.hash, hash)) found = caller.name;
    }
    return found;
  }

  #nameOfCertificate(socket: Socket): string | undefined {
    if (!this.#certificates || !isAuthorized(socket)) return undefined;
    const known = this.#nameBySocket.get(socket);
    if (known !== undefined) return known;
    const common = socket.getPeerCertificate().subject?.CN;
    const first = Array.isArray(common) ? common[0] : common;
    const name = typeof first === "string" && first !== "" ? first : namelessCertificate;
    const short = name.slice(0, nameCharactersMax);
    this.#nameBySocket.set(socket, short);
    return short;
  }
}

function isAuthorized(socket: Socket): socket is TLSSocket {
  // Read, not asked for with `in`: the socket of an HTTP/2 session is a proxy without that trap.
  return (socket as Partial<TLSSocket>).authorized === true;
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
