import { malformedResponse } from "./transport-error.ts";

/** Status, headers and framing of one answer. */
export interface AnswerHead {
  readonly status: number;
  /** Lower-case names; repeated ones joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
  /** How the end of its body is known: its length, its last chunk, or the end of the connection. */
  readonly framing: "length" | "chunked" | "close";
  /** Bytes of a body whose length is known; else 0. */
  readonly bodyBytes: number;
  /**
   * Time for which the provider keeps the connection for another request, ms. Infinity: it did not
   * say; 0: it does not.
   */
  readonly keepAliveMs: number;
}

/** Names that are remembered in lower case; later ones are judged and converted each time. */
const rememberedMax = 512;
const remembered = new Map<string, string>();

/**
 * A record whose names are all its own, `__proto__` too. Made by a constructor, it is several times
 * faster to fill than one by `Object.create(null)`, which is a hash table from the start.
 */
const HeaderRecord = class {} as new () => Record<string, string>;
Object.setPrototypeOf(HeaderRecord.prototype, null);
Reflect.deleteProperty(HeaderRecord.prototype, "constructor");

const tab = 9;
const lf = 10;
const cr = 13;
const space = 32;
const del = 127;
const lineEnd = "\r\n";

/**
 * Reads a head, each line of it with its end and without the empty line, by RFC 9112 and nothing
 * besides: no folded lines, no bare CR or LF, no doubtful framing. Throws
 * PROVIDER_MALFORMED_RESPONSE.
 */
export function parseAnswerHead(text: string): AnswerHead {
  requireText(text);
  const statusEnd = text.indexOf(lineEnd);
  const status = statusOf(text, statusEnd);
  const headers = new HeaderRecord();
  for (let start = statusEnd + 2; start < text.length; ) {
    const end = text.indexOf(lineEnd, start);
    const colon = text.indexOf(":", start);
    if (colon === -1 || colon >= end) throw malformed("a header of it has no name");
    const name = headerName(text.slice(start, colon));
    const value = trimmed(text, colon + 1, end);
    const present = headers[name];
    headers[name] = present === undefined ? value : `${present}, ${value}`;
    start = end + 2;
  }
  return headOf(status, text.charCodeAt(7) === 0x30, headers);
}

/**
 * Judges the beginning of a head, so that one that can never become whole is not waited for: its
 * lines from `start`, each with its end. Throws PROVIDER_MALFORMED_RESPONSE.
 */
export function requireHeadLines(text: string, isFirst: boolean): void {
  requireText(text);
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(lineEnd, start);
    if (start === 0 && isFirst) statusOf(text, end);
    else {
      const colon = text.indexOf(":", start);
      if (colon === -1 || colon >= end) throw malformed("a header of it has no name");
      headerName(text.slice(start, colon));
    }
    start = end + 2;
  }
}

/** Text is printable, in lines that end with CRLF; neither CR nor LF stands alone. */
function requireText(text: string): void {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if ((code >= space && code !== del) || code === tab) continue;
    // With its LF, a CR is two characters.
    if (code !== cr || text.charCodeAt(at + 1) !== lf) {
      throw malformed("its headers hold characters that may not be there");
    }
    at += 1;
  }
}

function statusOf(text: string, end: number): number {
  const line = text.slice(0, Math.min(end, 13));
  if (!/^HTTP\/1\.[01] [1-9]\d\d(?: |$)/.test(line)) throw malformed("it is not HTTP/1.1");
  return Number(line.slice(9, 12));
}

function headerName(raw: string): string {
  const known = remembered.get(raw);
  if (known !== undefined) return known;
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(raw)) throw malformed("a header of it has no name");
  const name = raw.toLowerCase();
  if (remembered.size < rememberedMax) remembered.set(raw, name);
  return name;
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (start < end && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

function headOf(status: number, isOld: boolean, headers: Record<string, string>): AnswerHead {
  const coding = headers["transfer-encoding"];
  const length = headers["content-length"];
  let framing: AnswerHead["framing"] = "length";
  let bodyBytes = 0;
  let keepAliveMs = keepAliveOf(isOld, headers);
  if (coding !== undefined) {
    if (length !== undefined) throw malformed("it has two lengths");
    if (coding.toLowerCase() !== "chunked") throw malformed("its transfer coding is unknown");
    framing = "chunked";
    // HTTP/1.0 knows no chunks: whoever sent them may have got the end wrong (RFC 9112, 6.1).
    if (isOld) keepAliveMs = 0;
  } else if (length !== undefined) {
    if (!/^\d{1,15}$/.test(length)) throw malformed("its length is no number");
    bodyBytes = Number(length);
  } else {
    framing = "close";
    keepAliveMs = 0;
  }
  if (status >= 200 && status !== 204 && status !== 304) {
    return { status, headers, framing, bodyBytes, keepAliveMs };
  }
  // These have no body, whatever they say.
  keepAliveMs = keepAliveOf(isOld, headers);
  return { status, headers, framing: "length", bodyBytes: 0, keepAliveMs };
}

function keepAliveOf(isOld: boolean, headers: Readonly<Record<string, string>>): number {
  const { connection } = headers;
  if (connection === undefined) {
    if (isOld) return 0;
  } else if (connection !== "keep-alive") {
    const tokens = connection.toLowerCase().split(/[\t ]*,[\t ]*/);
    if (tokens.includes("close") || (isOld && !tokens.includes("keep-alive"))) return 0;
  }
  const announced = headers["keep-alive"];
  if (announced === undefined) return Number.POSITIVE_INFINITY;
  const seconds = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(announced)?.[1];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}

function malformed(what: string): Error {
  return malformedResponse("headers", what);
}
