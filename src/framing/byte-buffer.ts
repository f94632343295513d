const smallestCapacity = 4096;
const capacityKept = 64 * 1024;

/**
 * Bytes gathered from chunks: appending costs linear time in total whatever the size of the chunks,
 * and memory is at most twice the bytes held.
 */
export class ByteBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /** Number of bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Adds the bytes of a chunk from `start` to before `end`. */
  append(chunk: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(chunk.subarray(start, end), this.#length);
    this.#length = length;
  }

  /** The bytes held, as a view that is good until the next change. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Forgets the bytes; memory is kept for the next ones unless it is much. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > capacityKept) this.#bytes = Buffer.alloc(0);
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafe(Math.max(length, this.#bytes.length * 2, smallestCapacity));
    grown.set(this.view());
    this.#bytes = grown;
  }
}

/** The same bytes with a Buffer's methods; what comes from a socket is one already. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
