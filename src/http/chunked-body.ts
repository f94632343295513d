import type { ConnectorError } from "../contract/connector-error.ts";
import { malformedResponse } from "./transport-error.ts";

const cr = 13;
const lf = 10;
const tab = 9;
const semicolon = 59;
const colon = 58;
/** Digits of a chunk's size, leading zeros included; more than that many bytes never come. */
const sizeDigitsMax = 13;

/** Value of each byte as a hexadecimal digit; -1: it is none. */
const hexDigits = Int8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? -1 : value;
});

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | TrailerState;
type TrailerState = "line" | "name" | "value" | "value-lf" | "last-lf" | "over";

/**
 * The chunks of one body, cut anywhere. Extensions and trailers are judged and left out. A line of
 * either over its limit, and whatever RFC 9112 does not allow, is PROVIDER_MALFORMED_RESPONSE.
 */
export class ChunkedBody {
  readonly #lineBytesMax: number;
  #state: State = "size";
  #digits = 0;
  #left = 0;
  #lineBytes = 0;
  /** Set once the bytes cannot be chunks. */
  failure: ConnectorError | undefined;
  /** Bytes of payload that the last `take` wrote. */
  written = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** Whether the last chunk and what follows it have come. */
  get over(): boolean {
    return this.#state === "over";
  }

  /**
   * Takes bytes from `start` to before `end`, writes their payload to the beginning of `payload`
   * (which has room for all of them), and returns where it stopped: the end, unless the body is
   * over or has failed.
   */
  take(bytes: Uint8Array, start: number, end: number, payload: Uint8Array): number {
    this.written = 0;
    let at = start;
    while (at < end && this.#state !== "over" && this.failure === undefined) {
      if (this.#state === "data") {
        const stop = Math.min(at + this.#left, end);
        payload.set(bytes.subarray(at, stop), this.written);
        this.written += stop - at;
        this.#left -= stop - at;
        if (this.#left === 0) this.#state = "data-cr";
        at = stop;
      } else {
        this.#takeByte(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at;
  }

  #takeByte(byte: number): void {
    switch (this.#state) {
      case "size":
        this.#takeSize(byte);
        break;
      case "extension":
        if (byte === cr) this.#state = "size-lf";
        else this.#judgeText(byte);
        break;
      case "size-lf":
        this.#require(byte === lf);
        this.#state = this.#left > 0 ? "data" : "line";
        this.#digits = 0;
        this.#lineBytes = 0;
        break;
      case "data-cr":
        this.#require(byte === cr);
        this.#state = "data-lf";
        break;
      case "data-lf":
        this.#require(byte === lf);
        this.#state = "size";
        break;
      default:
        this.#takeTrailer(byte);
    }
  }

  #takeSize(byte: number): void {
    const digit = hexDigits[byte] ?? -1;
    if (digit >= 0) {
      this.#left = this.#digits === 0 ? digit : this.#left * 16 + digit;
      this.#digits += 1;
      this.#require(this.#digits <= sizeDigitsMax);
      return;
    }
    this.#require(this.#digits > 0);
    if (byte === cr) this.#state = "size-lf";
    else {
      this.#require(byte === semicolon);
      this.#state = "extension";
    }
  }

  #takeTrailer(byte: number): void {
    switch (this.#state) {
      case "line":
        if (byte === cr) this.#state = "last-lf";
        else {
          this.#state = "name";
          this.#require(byte !== colon && isToken(byte));
        }
        break;
      case "name":
        if (byte === colon) this.#state = "value";
        else this.#require(isToken(byte));
        this.#count();
        break;
      case "value":
        if (byte === cr) this.#state = "value-lf";
        else this.#judgeText(byte);
        break;
      case "value-lf":
        this.#require(byte === lf);
        this.#state = "line";
        break;
      default:
        this.#require(byte === lf);
        this.#state = "over";
    }
  }

  #judgeText(byte: number): void {
    this.#require(byte === tab || (byte >= 0x20 && byte !== 0x7f));
    this.#count();
  }

  /** All trailers together are one line. */
  #count(): void {
    this.#lineBytes += 1;
    this.#require(this.#lineBytes <= this.#lineBytesMax);
  }

  #require(isFine: boolean): void {
    if (!isFine) this.failure ??= malformedResponse("body", "it is not in chunks as it says");
  }
}

function isToken(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f && !'"(),/:;<=>?@[\\]{}'.includes(String.fromCharCode(byte));
}
