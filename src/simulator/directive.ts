/** What a directive may say about the body of a failure. */
export type FailureBody = "json" | "html" | "text" | "empty" | "binary";

/** What a request asks the simulator to do besides answering. Unset: as the provider would. */
export interface Directive {
  /** HTTP status of the answer, 200 to 599. */
  readonly status?: number;
  /** Body that goes with `status`. Default: the provider's own error, as JSON. */
  readonly body?: FailureBody;
  /** `retry-after` as it is to stand in the header. */
  readonly retryAfter?: string;
  /** `retry-after-ms` as it is to stand in the header. */
  readonly retryAfterMs?: string;
  /** `x-should-retry` as it is to stand in the header. */
  readonly shouldRetry?: string;
  /** The error's code, where the provider has one. */
  readonly code?: string;
  /** The error's type. */
  readonly type?: string;
  /** The error's message. */
  readonly message?: string;
  /** Answers with an error body that holds the caller's key. */
  readonly echoKey?: boolean;
  /** Destroys the connection before any header. */
  readonly reset?: boolean;
  /** Takes the request and never answers. */
  readonly stallHeaders?: boolean;
  /**
   * After so many deltas: the provider's error event. As with the faults below, 0 is before any
   * event, and a number that is too large is right before the terminal marker.
   */
  readonly errorAfter?: number;
  /** After so many deltas: the connection is closed in the middle of the body. */
  readonly cutAfter?: number;
  /** After so many deltas: the connection is reset. */
  readonly resetAfter?: number;
  /** After so many deltas: the body ends cleanly, without the provider's terminal marker. */
  readonly endAfter?: number;
  /** After so many deltas: silence, with the connection open. */
  readonly stallAfter?: number;
  /** Pause before each delta, ms. */
  readonly slowMs?: number;
  /** Breaks the JSON of the first delta, or of a whole answer. */
  readonly malformed?: boolean;
  /** Puts bytes into the text that are not UTF-8. */
  readonly garbageUTF8?: boolean;
  /** Makes the first delta of text, or a whole answer, so many bytes long. */
  readonly hugeBytes?: number;
  /** Turns one bit of the first delta, or of a whole answer, over. */
  readonly flipBit?: boolean;
  /** Blocks the prompt, for this reason in the provider's word. */
  readonly blocked?: string;
  /** A stream of keep-alive marks that never ends. */
  readonly pingOnly?: boolean;
  /** A whole answer although a stream was asked for. */
  readonly jsonInsteadOfStream?: boolean;
  /** A stream although a whole answer was asked for. */
  readonly streamInsteadOfJSON?: boolean;
  /** Adds an event of a type nobody knows. */
  readonly unknownEvent?: boolean;
  /** Adds a block of a type nobody knows. */
  readonly unknownBlock?: boolean;
  /** Stops for a reason nobody knows. */
  readonly unknownStopReason?: boolean;
  /** What is wrong with the usage. */
  readonly usage?: "missing" | "null" | "negative";
  /** Length of the text, words. */
  readonly words?: number;
  /** Number of deltas the text comes in; the text grows to have that many. */
  readonly chunks?: number;
  /** The provider's stop reason, word for word. */
  readonly finish?: string;
  /** Refuses to answer, as the provider's models do. */
  readonly refusal?: boolean;
  /** The provider's encrypted thoughts instead of readable ones. */
  readonly redactedThinking?: boolean;
  /** Bytes leave in pieces that are cut anywhere, inside characters and line ends too. */
  readonly randomPieces?: boolean;
  /** Line ends of a stream. Default: what the provider sends. */
  readonly lineEnd?: "\r\n" | "\r";
  /** The directive holds for the first so many requests that carry it. Default: for all. */
  readonly times?: number;
  /** The directive holds on the wire of this name, or beginning with it. Default: on all. */
  readonly on?: string;
}

/** A directive that cannot be read. The message says which word, and what is expected. */
export class DirectiveError extends Error {
  override readonly name: string = "DirectiveError";
}

type Reader = (name: string, value: string) => Directive;

/** Largest `huge-event`, bytes: what Node takes as one text with room to spare. */
const hugeBytesMax = 256 * 1024 * 1024;
/** Most words or chunks of an answer. */
const countMax = 2_000_000;

const readers: Readonly<Record<string, Reader>> = {
  status: (name, value) => ({ status: whole(name, value, 599, 200) }),
  body: (name, value) => ({
    body: oneOf(name, value, ["json", "html", "text", "empty", "binary"]),
  }),
  "retry-after": (_, value) => ({ retryAfter: value }),
  "retry-after-ms": (_, value) => ({ retryAfterMs: value }),
  "should-retry": (_, value) => ({ shouldRetry: value }),
  code: (_, value) => ({ code: value }),
  type: (_, value) => ({ type: value }),
  message: (_, value) => ({ message: value }),
  "echo-key": flag({ echoKey: true }),
  reset: flag({ reset: true }),
  "stall-headers": flag({ stallHeaders: true }),
  "error-after": (name, value) => ({ errorAfter: whole(name, value, countMax) }),
  "cut-after": (name, value) => ({ cutAfter: whole(name, value, countMax) }),
  "reset-after": (name, value) => ({ resetAfter: whole(name, value, countMax) }),
  "end-after": (name, value) => ({ endAfter: whole(name, value, countMax) }),
  "stall-after": (name, value) => ({ stallAfter: whole(name, value, countMax) }),
  slow: (name, value) => ({ slowMs: duration(name, value) }),
  malformed: flag({ malformed: true }),
  "garbage-utf8": flag({ garbageUTF8: true }),
  "huge-event": (name, value) => ({ hugeBytes: size(name, value) }),
  "flip-bit": flag({ flipBit: true }),
  blocked: (name, value) => {
    if (value === "") throw new DirectiveError(`simulate: ${name} takes a reason such as SAFETY`);
    return { blocked: value };
  },
  "ping-only": flag({ pingOnly: true }),
  "json-instead-of-stream": flag({ jsonInsteadOfStream: true }),
  "stream-instead-of-json": flag({ streamInsteadOfJSON: true }),
  "unknown-event": flag({ unknownEvent: true }),
  "unknown-block": flag({ unknownBlock: true }),
  "unknown-stop-reason": flag({ unknownStopReason: true }),
  usage: (name, value) => ({ usage: oneOf(name, value, ["missing", "null", "negative"]) }),
  text: (name, value) => ({ words: whole(name, value, countMax) }),
  chunks: (name, value) => ({ chunks: whole(name, value, countMax) }),
  finish: (_, value) => ({ finish: value }),
  refusal: flag({ refusal: true }),
  thinking: (name, value) => {
    oneOf(name, value, ["redacted"]);
    return { redactedThinking: true };
  },
  pieces: (name, value) => {
    oneOf(name, value, ["random"]);
    return { randomPieces: true };
  },
  eol: (name, value) => ({ lineEnd: oneOf(name, value, ["crlf", "cr"]) === "cr" ? "\r" : "\r\n" }),
  times: (name, value) => ({ times: whole(name, value, countMax) }),
  on: (_, value) => ({ on: value }),
};

const inText = /\[\[simulate:([^\]]*)\]\]/g;
const inModel = /:simulate[:=](.*)$/s;

/** Text without its directives, and the words of those directives. */
export function splitText(text: string): { readonly text: string; readonly words: string } {
  const found = Array.from(text.matchAll(inText), (match) => match[1]);
  return { text: text.replaceAll(inText, "").trim(), words: found.join(" ").trim() };
}

/** A model's name without its directive, and the words of that directive. */
export function splitModel(name: string): { readonly model: string; readonly words: string } {
  const match = inModel.exec(name);
  if (!match) return { model: name, words: "" };
  const words = (match[1] ?? "").replaceAll(",", " ").replaceAll(":", "=");
  return { model: name.slice(0, match.index), words };
}

/**
 * Reads words such as `status=429 retry-after=2`. A value with spaces stands in double quotes. Of a
 * word that stands twice the last one counts. Throws DirectiveError.
 */
export function parseDirective(words: string): Directive {
  let directive: Directive = {};
  for (const match of words.matchAll(/([^\s=]+)(?:=(?:"([^"]*)"|(\S*)))?/g)) {
    const [word, name = "", quoted, plain] = match;
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (!read) throw new DirectiveError(`unknown word in a simulate directive: ${word}`);
    directive = { ...directive, ...read(name, quoted ?? plain ?? "") };
  }
  return directive;
}

function flag(directive: Directive): Reader {
  return (name, value) => {
    if (value !== "") throw new DirectiveError(`simulate: ${name} takes no value`);
    return directive;
  };
}

function whole(name: string, value: string, max: number, min = 0): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new DirectiveError(`simulate: ${name} takes a whole number from ${min} to ${max}`);
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  throw new DirectiveError(`simulate: ${name} takes one of ${allowed.join(", ")}`);
}

function duration(name: string, value: string): number {
  const match = /^(\d{1,9})(ms|s)?$/.exec(value);
  if (!match) throw new DirectiveError(`simulate: ${name} takes a time such as 100ms or 2s`);
  return Number(match[1]) * (match[2] === "s" ? 1000 : 1);
}

function size(name: string, value: string): number {
  const match = /^(\d{1,9})(B|KB|MB)?$/i.exec(value);
  const unit = { KB: 1024, MB: 1024 * 1024 }[(match?.[2] ?? "").toUpperCase()] ?? 1;
  const bytes = Number(match?.[1]) * unit;
  if (bytes <= hugeBytesMax) return bytes;
  throw new DirectiveError(`simulate: ${name} takes a size such as 20MB, at most 256MB`);
}
