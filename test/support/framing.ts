import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Frame } from "../../src/contract/adapter.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import type { Framer } from "../../src/framing/framer.ts";

/** The bytes of a text cut at the given offsets, in any order; those outside of it do not count. */
export function cutInto(text: string | Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const bytes = Buffer.from(text);
  const offsets = [...new Set([0, ...cuts.filter((cut) => cut < bytes.length)])];
  offsets.sort((a, b) => a - b);
  return offsets.map((offset, index) => bytes.subarray(offset, offsets[index + 1]));
}

/** All frames of a stream, to its end. */
export function framesOf(framer: Framer, chunks: readonly Uint8Array[]): Frame[] {
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

/** The ConnectorError that a call throws. Fails if it throws nothing or something else. */
export function thrownBy(call: () => unknown): ConnectorError {
  try {
    call();
  } catch (error) {
    if (error instanceof ConnectorError) return error;
    throw error;
  }
  throw new Error("Nothing was thrown.");
}

/** Bytes of the heap in use after a garbage collection. */
export function heapUsedBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  return process.memoryUsage().heapUsed;
}
