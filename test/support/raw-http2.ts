import { connect as connectSocket, type Socket } from "node:net";

/** The first bytes of every HTTP/2 client. */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Types of frames (RFC 9113, section 6). */
export const frameTypes = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames; ACK of SETTINGS and PING is END_STREAM's bit. */
export const frameFlags = { endStream: 1, ack: 1, endHeaders: 4 } as const;

/** Codes of RST_STREAM and GOAWAY (RFC 9113, section 7). */
export const errorCodes = {
  noError: 0,
  protocol: 1,
  flowControl: 3,
  refusedStream: 7,
  cancel: 8,
  enhanceYourCalm: 11,
} as const;

/** One frame as it was received. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** One frame as bytes. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A 32-bit number as a payload: the code of RST_STREAM, the increment of WINDOW_UPDATE. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Headers as HPACK literals without indexing and without Huffman coding. */
export function headerBlock(headers: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    headers.flatMap(([name, value]) => [Buffer.of(0), hpackText(name), hpackText(value)]),
  );
}

function hpackText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  length.push(rest);
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** The pseudo-headers of a POST, and more. */
export function postHeaders(
  path: string,
  more: readonly (readonly [string, string])[] = [],
): Buffer {
  const pseudo = [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
  ] as const;
  return headerBlock([...pseudo, ...more]);
}

/** A client that sends whatever frames it is told to, and keeps all that it receives. */
export class RawHTTP2Client {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly frames: Frame[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #waiters: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /**
   * Connects in plaintext, without a word. With `allowHalfOpen` it does not close when the server
   * has ended.
   */
  static async connect(port: number, allowHalfOpen = false): Promise<RawHTTP2Client> {
    const socket = connectSocket({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen });
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new RawHTTP2Client(socket);
  }

  /** Connects and exchanges SETTINGS, so that the server's limits are in force. */
  static async handshake(
    port: number,
    settings: Uint8Array = Buffer.alloc(0),
  ): Promise<RawHTTP2Client> {
    const client = await RawHTTP2Client.connect(port);
    await client.exchangeSettings(settings);
    return client;
  }

  /** Sends the preface and SETTINGS, and waits until both sides have acknowledged them. */
  async exchangeSettings(settings: Uint8Array = Buffer.alloc(0)): Promise<void> {
    this.send(preface, frame(frameTypes.settings, 0, 0, settings));
    await this.next(({ type, flags }) => type === frameTypes.settings && flags === 0);
    this.send(frame(frameTypes.settings, frameFlags.ack, 0));
    await this.next(({ type, flags }) => type === frameTypes.settings && flags === frameFlags.ack);
  }

  send(...chunks: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(chunks));
  }

  /** The first frame, of those received and to come, that fits. Rejects when the server closes. */
  async next(fits: (frame: Frame) => boolean): Promise<Frame> {
    return await this.nextOf(fits, 1);
  }

  /** The one of that number, from 1, of the frames that fit. */
  async nextOf(fits: (frame: Frame) => boolean, number: number): Promise<Frame> {
    for (;;) {
      const found = this.frames.filter(fits)[number - 1];
      if (found) return found;
      if (this.#isClosed) throw new Error("the server closed the connection");
      await this.#change();
    }
  }

  /** The code of the GOAWAY that the server sends. */
  async goawayCode(): Promise<number> {
    const { payload } = await this.next((each) => each.type === frameTypes.goaway);
    return payload.readUInt32BE(4);
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#change();
  }

  /** A ping and its answer: all that was sent before has been looked at. */
  async roundTrip(): Promise<void> {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(this.frames.length + 1);
    this.send(frame(frameTypes.ping, 0, 0, payload));
    await this.next((each) => each.type === frameTypes.ping && each.payload.equals(payload));
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #receive(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 9) {
      const end = 9 + this.#bytes.readUIntBE(0, 3);
      if (this.#bytes.length < end) break;
      this.frames.push({
        type: this.#bytes.readUInt8(3),
        flags: this.#bytes.readUInt8(4),
        streamId: this.#bytes.readUInt32BE(5) & 0x7fffffff,
        payload: this.#bytes.subarray(9, end),
      });
      this.#bytes = this.#bytes.subarray(end);
    }
    this.#wake();
  }
}
