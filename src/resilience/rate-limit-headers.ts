/** Headers of an answer, names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** How one provider spells the headers of one limit. */
export interface LimitHeaders {
  /** As the provider names the limit: "requests", "input-tokens", "req-minute". */
  readonly name: string;
  /** Header that tells what it grants when it is full. Unset: none. */
  readonly limit: string | undefined;
  /** Header that tells what is left of it. */
  readonly remaining: string;
  /** Header that tells when it is full again. Unset: none. */
  readonly reset: string | undefined;
}

/** Further off than this, nothing is believed, ms: a week. */
export const believableMsMax: number = 7 * 24 * 3_600_000;

const spelling = /^([a-z]+-ratelimit-)(?:(.+)-)?remaining(?:-(.+))?$/;

/**
 * The limits of which headers tell what remains: `anthropic-ratelimit-tokens-remaining` and
 * `x-ratelimit-remaining-tokens` are both of the limit "tokens".
 */
export function limitHeaders(headers: Headers): readonly LimitHeaders[] {
  const found: LimitHeaders[] = [];
  for (const remaining in headers) {
    if (!remaining.includes("-ratelimit-")) continue;
    const [, start, before, after] = spelling.exec(remaining) ?? [];
    const name = before ?? after;
    if (start === undefined || name === undefined) continue;
    const header = (kind: string): string | undefined => {
      const spelled = before === undefined ? `${start}${kind}-${name}` : `${start}${name}-${kind}`;
      return headers[spelled] === undefined ? undefined : spelled;
    };
    found.push({ name, remaining, limit: header("limit"), reset: header("reset") });
  }
  return found;
}

/**
 * A reset as a delay, ms: a duration such as `6m0s`, seconds, or an instant (RFC 3339); one that is
 * past is below 0. Unset: not told, or not told so that it can be believed.
 */
export function resetDelayMs(text: string | undefined, wallTimeMs: number): number | undefined {
  if (text === undefined) return undefined;
  const delayMs = durationMs(text) ?? dateDelayMs(text, wallTimeMs);
  return delayMs !== undefined && delayMs <= believableMsMax ? delayMs : undefined;
}

/** A plain decimal number, 0 or more. Unset: it is none. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return digitsOf(text) ?? (/^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined);
}

/** The usual case, several times a call: digits alone, few enough to be exact. */
function digitsOf(text: string): number | undefined {
  const { length } = text;
  if (length === 0 || length > 15) return undefined;
  let value = 0;
  for (let index = 0; index < length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** How far off a date is, ms; past ones are below 0. Unset: it is no date. */
export function dateDelayMs(text: string, wallTimeMs: number): number | undefined {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs - wallTimeMs;
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A duration such as `6m0s`, `120ms` or `1.5s`; a bare number is seconds. */
function durationMs(text: string): number | undefined {
  const seconds = numberOf(text);
  if (seconds !== undefined) return seconds * 1000;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(text.trim())) return undefined;
  let sumMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)) {
    sumMs += Number(amount) * (unitMs[unit ?? ""] ?? 0);
  }
  return sumMs;
}
