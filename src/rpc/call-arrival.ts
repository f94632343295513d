import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { type ContextKey, createContextKey } from "@connectrpc/connect";
import { ConnectorError, invalidField } from "../contract/connector-error.ts";
import type { Authenticator } from "./authentication.ts";
import { isLoop, routingLoop } from "./routing-loop.ts";

/** What was settled when the headers of a call arrived. */
export interface Arrival {
  /** On the clock's monotonic scale, ms. */
  readonly receivedMs: number;
  /** The protocol's deadline on the same scale, ms. Unset: none. */
  readonly deadlineMs: number | undefined;
  /** Name of the authenticated caller. Empty: none. */
  readonly caller: string;
  /** How often the caller's own client has tried this call before. */
  readonly previousAttempts: number;
  /** Why the call must be refused before its body is read. */
  readonly refusal: ConnectorError | undefined;
}

/** Where the arrival of a call stands in Connect's context values. */
export const arrivalKey: ContextKey<Arrival | undefined> = createContextKey<Arrival | undefined>(
  undefined,
  { description: "arrival of the call" },
);

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/**
 * Time that the headers give a call, ms, 0 or more. Longer ones than `timeoutMsMax` are cut to it,
 * in the headers too: Connect would refuse them, and Node's timers fire at once beyond 2^31 - 1 ms.
 * Unset: no time is given, or none that can be read; Connect then refuses the call with
 * INVALID_ARGUMENT.
 */
export function cutTimeout(headers: IncomingHttpHeaders, timeoutMsMax: number): number | undefined {
  const name = isGRPC(headers["content-type"]) ? "grpc-timeout" : "connect-timeout-ms";
  const timeoutMs = timeoutMsOf(name, headers[name]);
  if (timeoutMs === undefined || timeoutMs <= timeoutMsMax) return timeoutMs;
  // Eight digits are all that gRPC allows.
  const seconds = Math.floor(timeoutMsMax / 1000);
  const inGRPC = timeoutMsMax < 1e8 ? `${Math.floor(timeoutMsMax)}m` : `${seconds}S`;
  headers[name] = name === "grpc-timeout" ? inGRPC : String(Math.floor(timeoutMsMax));
  return timeoutMsMax;
}

/**
 * How often a client of gRPC has tried this call before, as it says itself
 * (`grpc-previous-rpc-attempts` of gRFC A6). 0: never, it does not say, or it cannot be read.
 */
export function previousAttempts(headers: IncomingHttpHeaders): number {
  const value = headers["grpc-previous-rpc-attempts"];
  if (typeof value !== "string" || !isGRPC(headers["content-type"])) return 0;
  return /^\d{1,9}$/.test(value) ? Number(value) : 0;
}

/** What is wrong with the binary headers (`-bin`) of a call; undefined if nothing is. */
function binaryHeaderFault(headers: IncomingHttpHeaders): ConnectorError | undefined {
  for (const name in headers) {
    if (!name.endsWith("-bin")) continue;
    // Node joins repeated headers with commas; gRPC leaves padding open.
    const isBase64 = /^[A-Za-z0-9+/]*={0,2}(?:, ?[A-Za-z0-9+/]*={0,2})*$/.test(
      String(headers[name]),
    );
    if (!isBase64) return invalidField(name, "the value of a binary header must be base64");
  }
  return undefined;
}

/** Who calls, or why nobody may. `authenticator` unset: everybody may. */
export function identity(
  headers: IncomingHttpHeaders,
  socketOf: () => Socket,
  authenticator: Authenticator | undefined,
): Pick<Arrival, "caller" | "refusal"> {
  const refusal = isLoop(headers) ? routingLoop() : binaryHeaderFault(headers);
  if (refusal !== undefined || authenticator === undefined) return { caller: "", refusal };
  try {
    const { authorization } = headers;
    const caller = authenticator.authenticate({ authorization, socket: socketOf() });
    return { caller, refusal: undefined };
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return { caller: "", refusal: thrown };
    throw thrown;
  }
}

/** Whether a content type is that of gRPC or gRPC-Web. */
function isGRPC(contentType: string | undefined): boolean {
  return contentType?.startsWith("application/grpc") ?? false;
}

/** Time that a header gives a call, ms. Unset: none, or it cannot be read. */
export function timeoutMsOf(
  name: "grpc-timeout" | "connect-timeout-ms",
  value: string | string[] | undefined,
): number | undefined {
  if (typeof value !== "string") return undefined;
  if (name === "connect-timeout-ms") return /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  const [, digits, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  const factor = unitMs[unit];
  return factor === undefined ? undefined : Number(digits) * factor;
}
