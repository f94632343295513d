import type { Http2ServerResponse } from "node:http2";
import type { ConnectorError } from "../contract/connector-error.ts";
import type { RequestHandler } from "./connection.ts";
import { grpcTrailers } from "./error-status.ts";
import { requestIdToReturn } from "./request-gate.ts";

const grpcContentType = /^application\/grpc(?:\+(?:proto|json))?$/;

/**
 * Answers a call of gRPC with nothing but an error, in one block of headers, and returns true. It
 * costs a fraction of what a whole answer costs, so that a server with too many calls has time for
 * those it has let in. Returns false, having done nothing, for other protocols.
 */
export function refuseBare(
  request: Parameters<RequestHandler>[0],
  response: Parameters<RequestHandler>[1],
  error: ConnectorError,
): boolean {
  const contentType = request.headers["content-type"] ?? "";
  if (!isHTTP2(response) || request.method !== "POST" || !grpcContentType.test(contentType)) {
    return false;
  }
  const requestId = requestIdToReturn(request.headers["x-request-id"]);
  response.writeHead(200, {
    "content-type": contentType,
    ...(requestId !== undefined && { "x-request-id": requestId }),
    ...grpcTrailers(error),
  });
  response.end();
  return true;
}

function isHTTP2(response: Parameters<RequestHandler>[1]): response is Http2ServerResponse {
  return "stream" in response;
}
