import type { IncomingHttpHeaders } from "node:http";
import { ConnectorError } from "../contract/connector-error.ts";
import { hopHeader, loopStatus } from "../contract/hop.ts";
import type { RequestHandler } from "./connection.ts";

const message = "this request was meant for a provider and came to a Connectors server";

/** Whether a request is one that a Connectors server sent to a provider. */
export function isLoop(headers: IncomingHttpHeaders): boolean {
  return headers[hopHeader] !== undefined;
}

/** The error of a call that is one. */
export function routingLoop(): ConnectorError {
  return new ConnectorError("ROUTING_LOOP", message, {
    precondition: { type: "ROUTING_LOOP", description: message },
  });
}

/** Answers one that is no call, so that its sender can tell. */
export function refuseLoop(response: Parameters<RequestHandler>[1]): void {
  response.writeHead(loopStatus, { "content-type": "application/json", [hopHeader]: "1" });
  response.end(JSON.stringify({ error: { type: "routing_loop", message } }));
}
