import { once } from "node:events";
import { type AddressInfo, createServer as createTCP, type Server, type Socket } from "node:net";
import { createServer as createTLS, type TlsOptions } from "node:tls";

/** A request as it came over the wire. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case; the last of repeated ones. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every header line as sent. */
  readonly headerLines: readonly string[];
  readonly body: string;
}

/** What a scripted upstream does with one connection. */
export type Script = (connection: RawConnection) => Promise<void> | void;

/** One accepted connection, and the means to misbehave on it. */
export class RawConnection {
  readonly socket: Socket;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #waiting: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    // Resets are part of the game.
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once("close", () => resolve());
    });
    socket.on("data", (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.once("close", () => this.#wake());
  }

  /** Everything received and not yet taken as a request. */
  get received(): Buffer {
    return this.#received;
  }

  /** The next whole request (with content-length or without a body). Rejects if none comes. */
  async request(): Promise<RawRequest> {
    for (;;) {
      const request = this.#takeRequest();
      if (request !== undefined) return request;
      if (this.socket.destroyed) throw new Error("The connection was closed without a request.");
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }

  /** Sends pieces, each in a write of its own that is over before the next begins. */
  async send(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => {
        this.socket.write(piece, () => resolve());
      });
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  /** Takes the next request and answers it whole, keeping the connection. */
  async answer(body: string | Uint8Array, headers = "", status = "200 OK"): Promise<RawRequest> {
    const request = await this.request();
    const head = `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n`;
    await this.send(Buffer.concat([Buffer.from(head), Buffer.from(body)]));
    return request;
  }

  /** Sends FIN and goes on reading. */
  halfClose(): void {
    this.socket.end();
  }

  /** Sends RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }

  #takeRequest(): RawRequest | undefined {
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return undefined;
    const [start = "", ...headerLines] = this.#received
      .toString("latin1", 0, headEnd)
      .split("\r\n");
    const headers = Object.fromEntries(
      headerLines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const bodyStart = headEnd + 4;
    const bodyEnd = bodyStart + Number(headers["content-length"] ?? 0);
    if (this.#received.length < bodyEnd) return undefined;
    const body = this.#received.toString("utf8", bodyStart, bodyEnd);
    this.#received = this.#received.subarray(bodyEnd);
    const [method = "", path = ""] = start.split(" ");
    return { method, path, headers, headerLines, body };
  }
}

/** A TCP or TLS server on a free loopback port that does exactly what its script says. */
export class RawUpstream {
  readonly port: number;
  /** Its origin, by address. */
  readonly url: string;
  /** Every connection accepted so far, in order. */
  readonly connections: RawConnection[] = [];
  /** What scripts have thrown; those of connections closed by the other side are not counted. */
  readonly failures: unknown[] = [];
  readonly #server: Server;

  private constructor(server: Server, secure: boolean, script: Script) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.url = `${secure ? "https" : "http"}://127.0.0.1:${this.port}`;
    server.on(secure ? "secureConnection" : "connection", (socket: Socket) => {
      const connection = new RawConnection(socket);
      this.connections.push(connection);
      Promise.resolve(script(connection)).catch((error: unknown) => {
        if (!socket.destroyed) this.failures.push(error);
      });
    });
  }

  /** Starts to listen; `tls` makes it a TLS server. */
  static async listen(script: Script, tls?: TlsOptions): Promise<RawUpstream> {
    const server = tls === undefined ? createTCP() : createTLS(tls);
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RawUpstream(server, tls !== undefined, script);
  }

  /** Stops listening and destroys every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const { socket } of this.connections) socket.destroy();
    await closed;
  }
}

/** An HTTP/1.1 chunk of a chunked body; an empty text is the last one. */
export function httpChunk(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from("\r\n"),
  ]);
}

/** The head of a chunked answer. */
export function chunkedHead(headers = ""): string {
  return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n${headers}\r\n`;
}
