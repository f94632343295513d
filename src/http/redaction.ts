import type { Secret } from "../contract/secret.ts";

/**
 * Characters a secret needs to be known by its value: shorter ones would blacken ordinary words.
 */
const secretCharactersMin = 8;
/**
 * Fetched secrets that are known at once: more than a server has clouds, and few enough to look
 * for.
 */
const fetchedMax = 64;
const mask = "***";

/**
 * What looks like a credential though nobody told of it. Each repetition is bounded or of
 * characters that what follows cannot begin with, so matching takes linear time.
 */
const patterns: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/(?<![A-Za-z0-9])[spr]k[-_][\w*.-]{8,}/g, mask],
  [/(?<![A-Za-z0-9])(?:gsk|xai|hf|pplx|csk|nvapi)[-_][\w*.-]{20,}/g, mask],
  [/AIza[\w-]{8,}/g, mask],
  [/(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{12,}/g, mask],
  [/(?<![A-Za-z0-9])ya29\.[\w.-]{8,}/g, mask],
  [/(?<![\w-])eyJ[\w-]{8,}\.[\w.-]{8,}/g, mask],
  [/\b((?:set-)?cookie["']?[ \t]{0,8}[:=][ \t]{0,8}["']?)[^\r\n"']{4,}/gi, `$1${mask}`],
  [
    /\b((?:x-)?(?:goog-)?api[-_]?key["']?[ \t]{0,8}[:=][ \t]{0,8}["']?)[^\s"',;&]{4,}/gi,
    `$1${mask}`,
  ],
  [
    /\b(authorization["']?[ \t]{0,8}[:=][ \t]{0,8}["']?)(?:[a-z]{1,16} {1,8})?[^\s"',;&]{4,}/gi,
    `$1${mask}`,
  ],
  [/\b(bearer)[\s:=]{1,8}[\w~+/=.*-]{8,}/gi, `$1 ${mask}`],
];

/** What every match of the patterns holds: most texts have none of it, and are looked at once. */
const suspicious =
  /(?:k|xai|hf|pplx|nvapi)[-_]|AIza|A[KS]IA|ya29\.|eyJ|cookie|key|authorization|bearer/i;

/**
 * Removes secrets from text that leaves the process: the ones it was told by value (as they are, in
 * JSON, in URLs and in base64), and what looks like one. The last line of defence, not the first.
 * Redact before cutting text short: a cut secret is not known any more.
 */
export class Redactor {
  readonly #forms = new Set<string>();
  /** Forms of each fetched secret, oldest first. */
  readonly #fetched: (readonly string[])[] = [];

  /** Learns a secret. One of fewer than 8 characters is not looked for. */
  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.length < secretCharactersMin) return;
    for (const form of formsOf(value)) this.#forms.add(form);
  }

  /**
   * Learns a secret that a later one replaces, such as a token of an hour: the last 64 are known.
   */
  addFetched(secret: Secret): void {
    const value = secret.reveal();
    if (value.length < secretCharactersMin) return;
    this.#fetched.push(formsOf(value));
    if (this.#fetched.length > fetchedMax) this.#fetched.shift();
  }

  /** The text with `***` for each secret, in time linear in the text for each known secret. */
  redact(text: string): string {
    let redacted = this.#withoutKnown(text);
    if (!suspicious.test(redacted)) return redacted;
    for (const [pattern, replacement] of patterns) {
      redacted = redacted.replace(pattern, replacement);
    }
    return redacted;
  }

  #withoutKnown(text: string): string {
    const spans: Span[] = [];
    for (const form of this.#forms) findAll(form, text, spans);
    for (const forms of this.#fetched) for (const form of forms) findAll(form, text, spans);
    if (spans.length === 0) return text;
    // Secrets may overlap in the text; what any of them covers goes.
    spans.sort(([a], [b]) => a - b);
    let redacted = "";
    let shown = 0;
    for (const [start, end] of spans) {
      if (start >= shown) redacted += `${text.slice(shown, start)}${mask}`;
      shown = Math.max(shown, end);
    }
    return redacted + text.slice(shown);
  }
}

type Span = readonly [start: number, end: number];

function findAll(form: string, text: string, spans: Span[]): void {
  let start = text.indexOf(form);
  while (start !== -1) {
    spans.push([start, start + form.length]);
    start = text.indexOf(form, start + 1);
  }
}

function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value.toWellFormed());
  const lowerCase = encoded.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encoded,
    lowerCase,
    new URLSearchParams([["", value]]).toString().slice(1),
    ...[0, 1, 2].flatMap((offset) => base64Forms(Buffer.from(value), offset)),
  ].filter((form) => form.length >= secretCharactersMin);
}

/**
 * The characters of base64 and base64url that the bytes alone decide when they begin `offset` bytes
 * after a multiple of three, as in `user:key`.
 */
function base64Forms(bytes: Buffer, offset: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const start = Math.ceil((offset * 8) / 6);
  const end = Math.floor((padded.length * 8) / 6);
  const text = padded.toString("base64").slice(start, end);
  return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
}
