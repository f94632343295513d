import type { HandlerContext } from "@connectrpc/connect";
import { ConnectorError } from "../contract/connector-error.ts";
import { arrivalKey } from "./call-arrival.ts";
import { connectErrorOf } from "./error-status.ts";

/** Encodings of messages that are understood. */
const encodings: ReadonlySet<string> = new Set(["identity", "gzip"]);

/**
 * Runs for every call of every service when its headers are there and before its body is read:
 * sends `x-request-id` back, and refuses callers without credentials and encodings nobody knows.
 *
 * Headers of an answer besides those of the protocols: `x-request-id`, if the caller sent one of at
 * most 255 printable characters; `grpc-retry-pushback-ms` and `retry-after` with errors.
 */
export function requestGate(context: HandlerContext): void {
  const requestId = requestIdToReturn(context.requestHeader.get("x-request-id"));
  if (requestId !== undefined) context.responseHeader.set("x-request-id", requestId);
  const refusal = context.values.get(arrivalKey)?.refusal;
  if (refusal !== undefined) throw connectErrorOf(refusal);
  const [name, acceptName] = encodingHeaders(context);
  const encoding = context.requestHeader.get(name);
  if (encoding === null || encodings.has(encoding)) return;
  // Connect refuses these too, but takes this header off its own answer again.
  const accepted = [...encodings].join(",");
  context.responseHeader.set(acceptName, accepted);
  throw connectErrorOf(new ConnectorError("NOT_IMPLEMENTED", `${name} is not one of ${accepted}`));
}

/** The `x-request-id` of an answer: that of the call, if it is one. */
export function requestIdToReturn(value: string | string[] | null | undefined): string | undefined {
  return typeof value === "string" && /^[\x21-\x7e]{1,255}$/.test(value) ? value : undefined;
}

/** Names of the headers for the encoding of messages and for what is accepted. */
function encodingHeaders(context: HandlerContext): readonly [name: string, acceptName: string] {
  const { protocolName, method } = context;
  if (protocolName !== "connect") return ["grpc-encoding", "grpc-accept-encoding"];
  if (method.methodKind === "unary") return ["content-encoding", "accept-encoding"];
  return ["connect-content-encoding", "connect-accept-encoding"];
}
