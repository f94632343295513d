import { once } from "node:events";
import { request as requestHTTP1 } from "node:http";
import { connect as connectHTTP2 } from "node:http2";
import { ConnectError } from "@connectrpc/connect";
import {
  endStreamFlag,
  endStreamFromJson,
  errorFromJsonBytes,
} from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import type { ConnectorError } from "../../src/contract/connector-error.ts";
import { completeError } from "./rpc-client.ts";

/** A request as bytes: what no client would send. */
export interface RPCRequest {
  readonly path?: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Whether the body is left open, as by a client that sends more later. */
  readonly open?: boolean;
}

/** An answer as it came. */
export interface RPCAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly trailers: Headers;
  readonly body: Buffer;
}

const callPath = "/nexen.connectors.v1.ConnectorService/Call";

/** One message in its envelope: flags, length, bytes. `length` may lie. */
export function envelope(bytes: Uint8Array, flags = 0, length: number = bytes.length): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

/** Sends a request over HTTP/2 and reads the whole answer. */
export async function sendHTTP2(url: string, request: RPCRequest): Promise<RPCAnswer> {
  const { path = callPath, method = "POST", headers, body = Buffer.alloc(0) } = request;
  const session = connectHTTP2(url);
  try {
    const stream = session.request(
      { ":method": method, ":path": path, ...headers },
      { endStream: method === "GET" },
    );
    const trailers = new Headers();
    stream.on("trailers", (received) => addAll(trailers, received));
    if (request.open) stream.write(body);
    else if (method !== "GET") stream.end(body);
    const [received] = (await once(stream, "response")) as [Record<string, string>];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const all = addAll(new Headers(), received);
    const answer = { headers: all, trailers, body: Buffer.concat(chunks) };
    return { status: Number(received[":status"]), ...answer };
  } finally {
    session.destroy();
  }
}

/**
 * Sends a request over HTTP/1.1, chunked where the headers give no length, and reads the answer.
 */
export async function sendHTTP1(url: string, request: RPCRequest): Promise<RPCAnswer> {
  const { path = callPath, method = "POST", headers, body } = request;
  const sent = requestHTTP1(new URL(path, url), { method, headers, agent: false });
  try {
    if (body) sent.write(body);
    if (!request.open) sent.end();
    const [response] = await once(sent, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return {
      status: response.statusCode,
      headers: addAll(new Headers(), response.headers),
      trailers: addAll(new Headers(), response.trailers),
      body: Buffer.concat(chunks),
    };
  } finally {
    sent.destroy();
  }
}

/** The error in an answer of any protocol, as the server threw it. Fails if there is none. */
export function errorIn(answer: RPCAnswer): ConnectorError {
  const error = connectErrorIn(answer);
  if (error === undefined) throw new Error(`no error in an answer with status ${answer.status}`);
  return completeError(error);
}

function connectErrorIn({ headers, trailers, body }: RPCAnswer): ConnectError | undefined {
  const contentType = headers.get("content-type") ?? "";
  const fallback = new ConnectError("no error that can be read");
  if (contentType.startsWith("application/grpc-web")) {
    const trailer = lastEnvelope(body, trailerFlag);
    return findTrailerError(trailer ? trailerParse(trailer) : headers);
  }
  if (contentType.startsWith("application/grpc")) {
    return findTrailerError(trailers.has("grpc-status") ? trailers : headers);
  }
  if (contentType.startsWith("application/connect+")) {
    const end = lastEnvelope(body, endStreamFlag);
    return end && endStreamFromJson(end).error;
  }
  return errorFromJsonBytes(new Uint8Array(body), headers, fallback);
}

function lastEnvelope(body: Buffer, flag: number): Uint8Array<ArrayBuffer> | undefined {
  for (let at = 0; at + 5 <= body.length; at += 5 + body.readUInt32BE(at + 1)) {
    if (body[at] === flag) return new Uint8Array(body.subarray(at + 5));
  }
  return undefined;
}

function addAll(headers: Headers, received: object): Headers {
  for (const [name, value] of Object.entries(received)) {
    if (!name.startsWith(":")) headers.set(name, String(value));
  }
  return headers;
}
