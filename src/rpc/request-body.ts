import { Code, ConnectError } from "@connectrpc/connect";

/** What a request is told that ends within a message, by Connect and by the lane. */
export const incompleteMessage = "protocol error: incomplete envelope";
/** Flags and length before each message of gRPC, gRPC-Web and Connect's streams, bytes. */
export const headBytes = 5;
const bytesMin = 4 * 1024;

/** Told of each message of a request that is not compressed, before it is parsed. */
export type CheckMessage = (message: Uint8Array) => void;

/**
 * The bytes of a request in few pieces, whatever pieces they came in: whole envelopes, or the whole
 * body where there are none. What is longer than `messageBytesMax` is handed on at once, to be
 * refused.
 *
 * Connect looks at every piece again for each new one, so that a message that comes byte by byte
 * would stall the server for seconds. Here each byte is copied a few times at most. `check` may
 * throw, which ends the request.
 */
export async function* gatherPieces(
  pieces: AsyncIterable<Uint8Array>,
  isEnveloped: boolean,
  messageBytesMax: number,
  check?: CheckMessage,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bytes = new Gatherer();
  const checked = (piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
    if (check === undefined) return piece;
    if (isEnveloped) checkEnvelopes(piece, check);
    else check(piece);
    return piece;
  };
  for await (const piece of pieces) {
    bytes.append(piece);
    const length = isEnveloped ? completeBytes(bytes.view, messageBytesMax) : 0;
    if (length > 0) yield checked(bytes.take(length));
    else if (bytes.view.length > messageBytesMax + headBytes) yield bytes.take(bytes.view.length);
  }
  if (bytes.view.length === 0) return;
  // Connect takes a head whose message is missing for the end of the request.
  if (isEnveloped) throw new ConnectError(incompleteMessage, Code.InvalidArgument);
  yield checked(bytes.take(bytes.view.length));
}

function checkEnvelopes(piece: Uint8Array, check: CheckMessage): void {
  const view = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
  for (let start = 0; start + headBytes <= view.length; ) {
    const end = start + headBytes + view.readUInt32BE(start + 1);
    const isCompressed = ((view[start] ?? 0) & 1) === 1;
    if (!isCompressed) check(piece.subarray(start + headBytes, end));
    start = end;
  }
}

/** How many bytes are whole envelopes, or the beginning of one that is too long to wait for. */
function completeBytes(view: Buffer, messageBytesMax: number): number {
  let end = 0;
  while (view.length - end >= headBytes) {
    const length = view.readUInt32BE(end + 1);
    if (length > messageBytesMax) return view.length;
    if (view.length - end < headBytes + length) break;
    end += headBytes + length;
  }
  return end;
}

/** Bytes that are appended at the end and taken from the beginning. */
export class Gatherer {
  #buffer = Buffer.alloc(0);
  #length = 0;

  get view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#buffer.length * 2, bytesMin));
      larger.set(this.view);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.#buffer.subarray(0, length));
    this.#buffer.copyWithin(0, length, this.#length);
    this.#length -= length;
    if (this.#length === 0) this.#buffer = Buffer.alloc(0);
    return taken;
  }
}
