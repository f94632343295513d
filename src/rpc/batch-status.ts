import { type Code, ConnectError } from "@connectrpc/connect";
import type { Status } from "../../gen/ts/google/rpc/status_pb.ts";
import type { ConnectorError } from "../contract/connector-error.ts";
import { connectorErrorFrom } from "./error-status.ts";

/** The error that a batch result carries, as the server meant it; see connectorErrorFrom. */
export function connectorErrorOfStatus({ code, message, details }: Status): ConnectorError {
  const error = new ConnectError(message, code as Code);
  error.details = details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
    value,
  }));
  return connectorErrorFrom(error);
}
