import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { MessageChannel, Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";
import { type RawConnection, type RawRequest, RawUpstream } from "./raw-upstream.ts";

/** How a connection ends, or that it does not. */
export type Ending = "reset" | "close" | "silence";

/** What the proxy does with one request. */
export type Fault =
  /** The provider's answer, as it is. */
  | { readonly kind: "pass" }
  /** No answer at all. */
  | { readonly kind: "end"; readonly by: Ending }
  /** So many bytes of the provider's answer, and no more. */
  | { readonly kind: "cut"; readonly bytes: number; readonly by: Ending }
  /** The provider's answer byte by byte, one each so many ms. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** The provider's answer, and then bytes that nobody asked for. */
  | { readonly kind: "extra"; readonly bytes: string | Uint8Array }
  /** Another fault, so many ms after the request. */
  | { readonly kind: "late"; readonly ms: number; readonly fault: Fault }
  /** The provider's answer with every match of a pattern replaced; its length is kept right. */
  | { readonly kind: "rewrite"; readonly from: RegExp; readonly to: string }
  /** Bytes in place of the provider's answer; `by` ends the connection after them. */
  | { readonly kind: "answer"; readonly bytes: string | Uint8Array; readonly by?: Ending }
  /** The same bytes again and again, until the other side leaves. */
  | { readonly kind: "flood"; readonly head: string; readonly bytes: string | Uint8Array };

/** Chooses the fault of a request; `index` counts the requests of this proxy from 0. */
export type FaultPlan = (index: number, request: RawRequest) => Fault;

/** The provider's own answer. */
export const pass: Fault = { kind: "pass" };

/** The same fault for the first so many requests (default: all); the others pass. */
export function always(fault: Fault, times: number = Number.POSITIVE_INFINITY): FaultPlan {
  return (index) => (index < times ? fault : pass);
}

/** Stands between the server and a provider, and does to each request what its plan says. */
export class FaultProxy {
  /** Requests that came whole, in order. */
  readonly requests: readonly RawRequest[];
  readonly #upstream: RawUpstream;

  private constructor(upstream: RawUpstream, requests: readonly RawRequest[]) {
    this.#upstream = upstream;
    this.requests = requests;
  }

  /** Listens on a free port; `tls` makes it speak TLS. `target` is the origin it stands before. */
  static async listen(target: string, plan: FaultPlan, tls?: TlsOptions): Promise<FaultProxy> {
    const requests: RawRequest[] = [];
    const { hostname, port } = new URL(target);
    const upstream = await RawUpstream.listen(async (connection) => {
      const behind = new Behind(hostname, Number(port), connection);
      for (;;) {
        const request = await connection.request();
        const index = requests.push(request) - 1;
        await act(plan(index, request), request, connection, behind);
      }
    }, tls);
    return new FaultProxy(upstream, requests);
  }

  /** Its origin. */
  get url(): string {
    return this.#upstream.url;
  }

  /** Connections so far, also those that brought no request. */
  get connections(): readonly RawConnection[] {
    return this.#upstream.connections;
  }

  close(): Promise<void> {
    return this.#upstream.close();
  }
}

/** An origin where nobody listens. */
export async function refusingOrigin(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

const neverAccepting = `
const { workerData } = require("node:worker_threads");
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  workerData.port.postMessage(server.address().port);
  Atomics.wait(new Int32Array(workerData.gate), 0, 0);
  server.close();
  workerData.port.close();
});`;

/**
 * An origin whose SYNs are never answered: somebody listens, accepts nothing, and the queue is
 * full. Gone when the test ends.
 */
export async function blackHole(): Promise<string> {
  const gate = new SharedArrayBuffer(4);
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(neverAccepting, {
    eval: true,
    workerData: { gate, port: port2 },
    transferList: [port2],
  });
  const [port] = (await once(port1, "message")) as [number];
  const fillers = await fillBacklog(port);
  onTestFinished(async () => {
    for (const socket of fillers) socket.destroy();
    port1.close();
    await worker.terminate();
  });
  return `http://127.0.0.1:${port}`;
}

/** A connection that the kernel has not made after this long is not made at all, ms. */
const backlogWaitMs = 150;

async function fillBacklog(port: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    sockets.push(socket);
    const made = once(socket, "connect").then(() => true);
    const isMade = await Promise.race([made, pause(backlogWaitMs).then(() => false)]);
    if (!isMade) return sockets;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** The connection to the provider behind one connection of the server. */
class Behind {
  readonly #socket: Socket;
  readonly #connected: Promise<unknown>;
  readonly #front: RawConnection;
  #chunks: Buffer[] = [];
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(host: string, port: number, front: RawConnection) {
    this.#front = front;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.on("error", () => undefined);
    this.#connected = once(this.#socket, "connect").catch(() => undefined);
    this.#socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake?.();
    });
    this.#socket.once("close", () => {
      this.#isEnded = true;
      this.#wake?.();
    });
    void front.closed.then(() => this.#socket.destroy());
  }

  /**
   * Sends a request, and gives the pieces of its answer as they come. A provider that leaves before
   * its end resets the server's connection too.
   */
  async *ask(request: RawRequest): AsyncGenerator<Buffer> {
    await this.#connected;
    const head = [`${request.method} ${request.path} HTTP/1.1`, ...request.headerLines];
    this.#socket.write(`${head.join("\r\n")}\r\n\r\n${request.body}`);
    const end = new AnswerEnd();
    while (!end.isReached) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        end.push(chunk);
        yield chunk;
        continue;
      }
      if (this.#isEnded) {
        this.#front.reset();
        return;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Finds the end of an answer: by its length, or by its last chunk. */
class AnswerEnd {
  isReached = false;
  #head = Buffer.alloc(0);
  #tail = "";
  #left: number | undefined;

  push(chunk: Buffer): void {
    const body = this.#left === undefined && this.#tail === "" ? this.#afterHead(chunk) : chunk;
    if (body === undefined) return;
    if (this.#left !== undefined) {
      this.#left -= body.length;
      this.isReached = this.#left <= 0;
      return;
    }
    this.#tail = (this.#tail + body.toString("latin1")).slice(-lastChunk.length);
    this.isReached = this.#tail === lastChunk;
  }

  #afterHead(chunk: Buffer): Buffer | undefined {
    this.#head = Buffer.concat([this.#head, chunk]);
    const headEnd = this.#head.indexOf("\r\n\r\n");
    if (headEnd < 0) return undefined;
    const head = this.#head.toString("latin1", 0, headEnd);
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    this.#left = length === undefined ? undefined : Number(length);
    this.#tail = "\r\n";
    return this.#head.subarray(headEnd + 4);
  }
}

const lastChunk = "\r\n0\r\n\r\n";

async function act(
  fault: Fault,
  request: RawRequest,
  connection: RawConnection,
  behind: Behind,
): Promise<void> {
  const answer = (): AsyncIterable<Buffer> => behind.ask(request);
  switch (fault.kind) {
    case "pass":
      return await forward(answer(), connection);
    case "end":
      return await end(connection, fault.by);
    case "cut":
      return await cut(answer(), connection, fault);
    case "drip":
      return await drip(answer(), connection, fault.everyMs);
    case "extra":
      await forward(answer(), connection);
      return await connection.send(fault.bytes);
    case "late":
      await pause(fault.ms);
      return await act(fault.fault, request, connection, behind);
    case "rewrite": {
      const chunks: Buffer[] = [];
      for await (const chunk of answer()) chunks.push(chunk);
      return await connection.send(rewritten(Buffer.concat(chunks).toString(), fault));
    }
    case "answer":
      await connection.send(fault.bytes);
      return fault.by === undefined ? undefined : await end(connection, fault.by);
    case "flood":
      await connection.send(fault.head);
      while (!connection.socket.destroyed) await connection.send(fault.bytes);
      return;
    default:
      fault satisfies never;
  }
}

async function forward(answer: AsyncIterable<Buffer>, connection: RawConnection): Promise<void> {
  for await (const chunk of answer) await connection.send(chunk);
}

async function cut(
  answer: AsyncIterable<Buffer>,
  connection: RawConnection,
  { bytes, by }: { readonly bytes: number; readonly by: Ending },
): Promise<void> {
  let left = bytes;
  for await (const chunk of answer) {
    await connection.send(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  await end(connection, by);
}

async function drip(
  answer: AsyncIterable<Buffer>,
  connection: RawConnection,
  everyMs: number,
): Promise<void> {
  for await (const chunk of answer) {
    for (const byte of chunk) {
      await connection.send(Buffer.from([byte]));
      if (connection.socket.destroyed) return;
      await pause(everyMs);
    }
  }
}

/** An answer of known length or in chunks, as one of known length. */
function rewritten(
  answer: string,
  { from, to }: { readonly from: RegExp; readonly to: string },
): string {
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  const raw = rest.join("\r\n\r\n");
  const isChunked = /^transfer-encoding: *chunked/im.test(head);
  const body = (isChunked ? unchunked(raw) : raw).replace(from, to);
  const kept = head
    .split("\r\n")
    .filter((line) => !/^(content-length|transfer-encoding):/i.test(line));
  return [...kept, `content-length: ${Buffer.byteLength(body)}`, "", body].join("\r\n");
}

function unchunked(text: string): string {
  const bytes = Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    const length = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    if (!(length > 0)) return Buffer.concat(pieces).toString();
    pieces.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    at = lineEnd + 2 + length + 2;
  }
}

async function end(connection: RawConnection, by: Ending): Promise<void> {
  if (by === "reset") connection.reset();
  if (by === "close") connection.halfClose();
  await connection.closed;
}
