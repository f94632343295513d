import { type LookupAddress, type LookupOptions, lookup as resolveHost } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { addressKind } from "../contract/address.ts";
import { ConnectorError } from "../contract/connector-error.ts";

/** Resolves a name to all its addresses; the shape of `dns.lookup` with `all`. */
export type Resolver = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** The machine's own resolver. */
export const systemResolver: Resolver = resolveHost;

/**
 * Asks once for a name however many want it at the same moment: the machine resolves only a few
 * names at a time, and a burst of new connections to one provider would stand in line for the same
 * answer. Nothing is remembered once it is answered. Everyone must ask with the same options.
 */
export function sharedResolver(resolve: Resolver): Resolver {
  const waiting = new Map<string, Parameters<Resolver>[2][]>();
  return (hostname, options, callback) => {
    const others = waiting.get(hostname);
    if (others !== undefined) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(hostname, callbacks);
    resolve(hostname, options, (error, addresses) => {
      waiting.delete(hostname);
      for (const answer of callbacks) answer(error, addresses);
    });
  };
}

/** Whether an address may be connected to. */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  const kind = addressKind(address);
  return kind === "public" || (kind === "private" && allowPrivate);
}

/**
 * Judges a host that is an address itself, as `URL.hostname` writes it without brackets: no
 * resolver is asked for those. Throws EGRESS_FORBIDDEN.
 */
export function requireAllowedLiteral(hostname: string, allowPrivate: boolean): void {
  if (isIP(hostname) !== 0 && !isAllowedAddress(hostname, allowPrivate)) {
    throw forbidden(`${hostname} is ${addressKind(hostname)}`);
  }
}

/**
 * A resolver for `net.connect` that hands on allowed addresses only: the socket connects to what
 * was judged, whatever the name resolves to the next time, and never tries a forbidden address
 * among allowed ones. Fails with EGRESS_FORBIDDEN if none is allowed, PROVIDER_DNS_FAILED if there
 * is none.
 */
export function judgedLookup(resolve: Resolver, allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const fail = (failure: Error): void => callback(failure, "");
      if (error !== null) {
        fail(dnsFailed(error));
        return;
      }
      const allowed = addresses.filter(({ address }) => isAllowedAddress(address, allowPrivate));
      const [first] = allowed;
      if (first === undefined) {
        const cause = `${hostname} resolves to ${addresses.map(({ address }) => address).join()}`;
        fail(addresses.length === 0 ? dnsFailed(undefined) : forbidden(cause));
      } else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** The addresses are in the cause, for the log: a caller must not learn what a name resolves to. */
function forbidden(cause: string): ConnectorError {
  return new ConnectorError(
    "EGRESS_FORBIDDEN",
    "The provider's address may not be called from this server.",
    { metadata: { phase: "connect" }, cause: new Error(cause) },
  );
}

function dnsFailed(cause: (Error & { code?: unknown }) | undefined): ConnectorError {
  const code = typeof cause?.code === "string" ? cause.code : "ENODATA";
  return new ConnectorError(
    "PROVIDER_DNS_FAILED",
    `The provider's host name could not be resolved (${code}).`,
    { metadata: { phase: "connect", network_error: code }, cause },
  );
}
