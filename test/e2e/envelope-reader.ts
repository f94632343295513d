import { once } from "node:events";
import { type IncomingMessage, request as requestHTTP1 } from "node:http";
import { connect as connectHTTP2 } from "node:http2";
import type { Readable } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { endStreamFromJson } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";
import { trailerParse } from "@connectrpc/connect/protocol-grpc-web";
import { onTestFinished } from "vitest";
import { StreamCallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type StreamCallResponse,
  StreamCallResponseSchema,
} from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { hello } from "./messages-upstream.ts";

/** A protocol over a version of HTTP, by its content type. */
export interface RawWire {
  readonly name: string;
  readonly contentType: string;
  readonly http2: boolean;
}

/** Every pair that carries a stream in binary. */
export const rawWires: readonly RawWire[] = [
  { name: "gRPC", contentType: "application/grpc", http2: true },
  { name: "gRPC-Web, HTTP/1.1", contentType: "application/grpc-web+proto", http2: false },
  { name: "gRPC-Web, HTTP/2", contentType: "application/grpc-web+proto", http2: true },
  { name: "Connect, HTTP/1.1", contentType: "application/connect+proto", http2: false },
  { name: "Connect, HTTP/2", contentType: "application/connect+proto", http2: true },
];

const path = "/nexen.connectors.v1.ConnectorService/StreamCall";
const body = encodeEnvelope(
  0,
  toBinary(StreamCallRequestSchema, create(StreamCallRequestSchema, hello)),
);

/** A stream that nobody reads until `events` is. */
export interface UnreadStream {
  /** Its events, read from the socket only as they are asked for; headers and trailers aside. */
  events(): AsyncGenerator<StreamCallResponse>;
  /** The error that ended it, when all events were read. Fails if there is none. */
  error(): ConnectError;
  /** Leaves without reading. */
  destroy(): void;
}

/** Opens a stream whose answer is not read. */
export async function openUnread(
  { contentType, http2 }: RawWire,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<UnreadStream> {
  const all = { "content-type": contentType, te: "trailers", ...headers };
  const opened = http2 ? await openHTTP2(url, all) : await openHTTP1(url, all);
  let last: Uint8Array<ArrayBuffer> = new Uint8Array();
  const error = (): ConnectError | undefined => {
    if (contentType.includes("connect")) return endStreamFromJson(last).error;
    const trailers = contentType.includes("web") ? trailerParse(last) : opened.trailers();
    return findTrailerError(trailers);
  };
  return {
    destroy: opened.destroy,
    error() {
      const found = error();
      if (found === undefined) throw new Error("the stream ended without an error");
      return found;
    },
    async *events() {
      for await (const { flags, bytes } of envelopes(opened.readable)) {
        if (flags === 0) yield fromBinary(StreamCallResponseSchema, bytes);
        else last = new Uint8Array(bytes);
      }
    },
  };
}

interface Opened {
  readonly readable: Readable;
  trailers(): Headers;
  destroy(): void;
}

async function openHTTP2(url: string, headers: Record<string, string>): Promise<Opened> {
  const session = connectHTTP2(url);
  session.on("error", () => undefined);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  const trailers = new Headers();
  stream.on("trailers", (received) => {
    for (const [name, value] of Object.entries(received)) trailers.set(name, String(value));
  });
  stream.on("error", () => undefined);
  stream.end(body);
  await once(stream, "response");
  return { readable: stream, trailers: () => trailers, destroy: () => session.destroy() };
}

async function openHTTP1(url: string, headers: Record<string, string>): Promise<Opened> {
  const request = requestHTTP1(new URL(path, url), { method: "POST", headers, agent: false });
  request.on("error", () => undefined);
  onTestFinished(() => void request.destroy());
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  return { readable: response, trailers: () => new Headers(), destroy: () => request.destroy() };
}

async function* envelopes(
  readable: Readable,
): AsyncGenerator<{ readonly flags: number; readonly bytes: Buffer }> {
  let pieces: Buffer[] = [];
  let length = 0;
  let needed = 5;
  for await (const piece of readable as AsyncIterable<Buffer>) {
    pieces.push(piece);
    length += piece.length;
    if (length < needed) continue;
    let all = Buffer.concat(pieces);
    for (;;) {
      needed = all.length < 5 ? 5 : 5 + all.readUInt32BE(1);
      if (all.length < needed) break;
      yield { flags: all.readUInt8(0), bytes: all.subarray(5, needed) };
      all = all.subarray(needed);
    }
    pieces = [all];
    length = all.length;
  }
}
