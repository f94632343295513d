import { createHash } from "node:crypto";

/** Chance that is the same for the same keys, on every machine. */
export interface Random {
  /** The next number, 0 or more and below 1. */
  next(): number;
  /** The next whole number, 0 or more and below `limit`. */
  integer(limit: number): number;
  /** One item of a list that is not empty. */
  pick<T>(items: readonly T[]): T;
  /** Text of `length` characters of an alphabet; digits and letters where none is given. */
  text(length: number, alphabet?: string): string;
}

const lettersAndDigits = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";

/** Starts chance from keys: equal keys give equal numbers. */
export function createRandom(...keys: readonly (string | number)[]): Random {
  const next = smallFastCounter(createHash("sha256").update(keys.join("\0")).digest());
  const integer = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    integer,
    pick: <T>(items: readonly T[]): T => items[integer(items.length)] as T,
    text: (length, alphabet = lettersAndDigits) =>
      Array.from({ length }, () => alphabet.charAt(integer(alphabet.length))).join(""),
  };
}

/** The generator sfc32 (Chris Doty-Humphrey, PractRand), started from 128 bits of a hash. */
function smallFastCounter(hash: Buffer): () => number {
  let a = hash.readUInt32LE(0);
  let b = hash.readUInt32LE(4);
  let c = hash.readUInt32LE(8);
  let counter = hash.readUInt32LE(12);
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
}
