import { connect as connectTCP, isIP, type Socket } from "node:net";
import { connect as connectTLS } from "node:tls";
import { type Clock, systemClock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import {
  judgedLookup,
  type Resolver,
  requireAllowedLiteral,
  sharedResolver,
  systemResolver,
} from "./egress.ts";

/** Time one address of several may take to connect before the next is tried, ms. */
const addressAttemptMs = 500;
/** Time a connection may be silent before the kernel asks whether the other side lives, ms. */
const keepAliveProbeMs = 60_000;
/** Bytes one read of a socket may take: back-pressure reaches the peer after this much. */
const readBytes = 64 * 1024;

/** What tests put in the place of the machine's own. */
export interface ConnectorOptions {
  /** Resolves host names. Default: the machine's resolver. */
  readonly resolve?: Resolver | undefined;
  /** Times connecting. Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Certificates to trust instead of the public ones, PEM. */
  readonly trustedCertificates?: readonly string[] | undefined;
}

/** Where connections of one pool lead. */
export interface Origin {
  readonly secure: boolean;
  /** Name or address, IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Whether private addresses may be connected to. */
  readonly allowPrivate: boolean;
  /** The last TLS session, to be resumed. */
  tlsSession?: Buffer;
}

/**
 * Opens every connection to a provider. The address that is connected to is the address that was
 * judged (see `judgedLookup`).
 */
export class Connector {
  readonly #limits: Limits;
  readonly #resolve: Resolver;
  readonly #clock: Clock;
  readonly #trusted: readonly string[] | undefined;
  readonly #sockets = new Set<Socket>();
  #empty: PromiseWithResolvers<void> | undefined;

  constructor(limits: Limits, options: ConnectorOptions) {
    this.#limits = limits;
    this.#resolve = sharedResolver(options.resolve ?? systemResolver);
    this.#clock = options.clock ?? systemClock;
    this.#trusted = options.trustedCertificates;
  }

  /** Sockets that are connecting or connected. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Resolves when no socket is open any more, for good if none is opened after the question. */
  async allClosed(): Promise<void> {
    if (this.#sockets.size === 0) return;
    this.#empty ??= Promise.withResolvers<void>();
    await this.#empty.promise;
  }

  /**
   * Begins to connect, and calls back once: with nothing when the socket is ready (after the TLS
   * handshake), or with EGRESS_FORBIDDEN, PROVIDER_DNS_FAILED, PROVIDER_CONNECT_FAILED or
   * PROVIDER_TLS_INVALID. Never, if the socket is destroyed meanwhile. Throws EGRESS_FORBIDDEN for
   * a forbidden literal address.
   */
  connect(origin: Origin, callback: (error: ConnectorError | undefined) => void): Socket {
    requireAllowedLiteral(origin.hostname, origin.allowPrivate);
    const socket = this.#open(origin);
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveProbeMs);
    let reached = false;
    let pending = true;
    const settle = (error: ConnectorError | undefined): void => {
      if (!pending) return;
      pending = false;
      timer.clear();
      callback(error);
    };
    const timer = this.#clock.schedule(this.#limits.providerConnectMs, () => {
      socket.destroy(connectFailed("ETIMEDOUT", undefined));
    });
    socket.once("connect", () => {
      reached = true;
    });
    socket.once(origin.secure ? "secureConnect" : "connect", () => settle(undefined));
    socket.on("error", (error) => settle(connectError(error, origin.secure && reached)));
    socket.once("close", () => {
      timer.clear();
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#empty?.resolve();
    });
    return socket;
  }

  #open(origin: Origin): Socket {
    const options = {
      host: origin.hostname,
      port: origin.port,
      lookup: judgedLookup(this.#resolve, origin.allowPrivate),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: addressAttemptMs,
      highWaterMark: readBytes,
    };
    if (!origin.secure) return connectTCP(options);
    const socket = connectTLS({
      ...options,
      servername: isIP(origin.hostname) === 0 ? origin.hostname.replace(/\.$/, "") : "",
      ALPNProtocols: ["http/1.1"],
      rejectUnauthorized: true,
      session: origin.tlsSession,
      ca: this.#trusted === undefined ? undefined : [...this.#trusted],
    });
    socket.on("session", (session) => {
      origin.tlsSession = session;
    });
    return socket;
  }
}

/** What an error before the socket was ready means. */
function connectError(error: Error & { code?: unknown }, handshaking: boolean): ConnectorError {
  if (error instanceof ConnectorError) return error;
  const code = typeof error.code === "string" ? error.code : "UNKNOWN";
  const lost = ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED"].includes(code);
  if (!handshaking || lost) return connectFailed(code, error);
  return tlsInvalid(code, error);
}

function tlsInvalid(code: string, cause: unknown): ConnectorError {
  return new ConnectorError(
    "PROVIDER_TLS_INVALID",
    `No trusted TLS connection to the provider could be made (${code}).`,
    { metadata: { phase: "connect", network_error: code }, cause },
  );
}

function connectFailed(code: string, cause: unknown): ConnectorError {
  return new ConnectorError(
    "PROVIDER_CONNECT_FAILED",
    `No connection to the provider could be made (${code}).`,
    { metadata: { phase: "connect", network_error: code }, cause },
  );
}
