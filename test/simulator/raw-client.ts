import { connect } from "node:net";
import type { Simulator } from "../../src/simulator/simulator.ts";

/** What came over a bare socket until it was closed. */
export interface RawReply {
  /** Status line and headers; empty if none came. */
  readonly head: string;
  /** The body, freed from chunked encoding. */
  readonly body: Buffer;
  /** The HTTP chunks of the body. */
  readonly chunks: readonly Buffer[];
  /** Whether the body came to its end: the last chunk, or all of its length. */
  readonly isWhole: boolean;
  /** Code of the socket's error, such as "ECONNRESET". Empty: it was closed in order. */
  readonly error: string;
}

/**
 * Sends a request over a bare socket and reads until the other side closes.
 *
 * @param onBytes Told how many bytes have come; returns true to leave at once.
 * @param directive What stands in the header `x-simulate`.
 */
export function rawPost(
  simulator: Simulator,
  path: string,
  body: object,
  onBytes: (bytes: number) => boolean = () => false,
  directive = "",
): Promise<RawReply> {
  const { hostname, port } = new URL(simulator.url);
  const text = JSON.stringify(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${hostname}`,
    "connection: close",
    `x-simulate: ${directive}`,
    "content-type: application/json",
    "x-api-key: sk-ant-test-0123456789",
    "anthropic-version: 2023-06-01",
    "authorization: Bearer sk-test-0123456789abcdef",
    `content-length: ${Buffer.byteLength(text)}`,
  ].join("\r\n");
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    let error = "";
    let bytes = 0;
    socket.on("data", (data) => {
      received.push(data);
      bytes += data.length;
      if (onBytes(bytes)) socket.destroy();
    });
    socket.on("error", (cause: NodeJS.ErrnoException) => {
      error = cause.code ?? "unknown";
    });
    socket.on("close", () => resolve(parse(Buffer.concat(received), error)));
    socket.write(`${head}\r\n\r\n${text}`);
  });
}

function parse(bytes: Buffer, error: string): RawReply {
  const split = bytes.indexOf("\r\n\r\n");
  if (split < 0) return { head: "", body: bytes, chunks: [], isWhole: false, error };
  const head = bytes.subarray(0, split).toString("latin1");
  const rest = bytes.subarray(split + 4);
  if (!/^transfer-encoding: chunked$/im.test(head)) {
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1]);
    return { head, body: rest, chunks: [rest], isWhole: rest.length === length, error };
  }
  const chunks: Buffer[] = [];
  let isWhole = false;
  for (let at = 0; at < rest.length && !isWhole; ) {
    const lineEnd = rest.indexOf("\r\n", at);
    const length = Number.parseInt(rest.subarray(at, lineEnd).toString("latin1"), 16);
    const start = lineEnd + 2;
    isWhole = length === 0;
    if (length > 0) chunks.push(rest.subarray(start, start + length));
    at = start + length + 2;
  }
  return { head, body: Buffer.concat(chunks), chunks, isWhole, error };
}
