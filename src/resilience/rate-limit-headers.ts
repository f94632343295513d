/** One limit that a provider's headers speak of. */
export interface RateLimit {
  /** As the provider names it: "requests", "input-tokens", "req-minute". */
  readonly name: string;
  /** What it grants when it is full. Unset: not told. */
  readonly limit: number | undefined;
  /** What is left of it. Unset: not told. */
  readonly remaining: number | undefined;
  /** When it is full again, as the header says it. Unset: not told. */
  readonly resetText: string | undefined;
}

/**
 * The limits that headers speak of: `anthropic-ratelimit-tokens-remaining` and
 * `x-ratelimit-remaining-tokens` both tell of the limit "tokens". Values that are no numbers count
 * as not told.
 */
export function rateLimits(headers: Readonly<Record<string, string>>): readonly RateLimit[] {
  const texts = new Map<string, { limit?: string; remaining?: string; reset?: string }>();
  for (const header in headers) {
    if (!header.includes("-ratelimit-")) continue;
    const [, before, kind, after] = spelling.exec(header) ?? [];
    const name = before ?? after;
    if (name === undefined || kind === undefined) continue;
    const known = texts.get(name) ?? {};
    texts.set(name, Object.assign(known, { [kind]: headers[header] }));
  }
  return Array.from(texts, ([name, { limit, remaining, reset }]) => ({
    name,
    limit: numberOf(limit),
    remaining: numberOf(remaining),
    resetText: reset,
  }));
}

const spelling = /^[a-z]+-ratelimit-(?:(.+)-)?(limit|remaining|reset)(?:-(.+))?$/;

/** A reset as a delay, ms: a duration such as `6m0s`, seconds, or an instant (RFC 3339). */
export function resetDelay(text: string | undefined, wallTimeMs: number): number | undefined {
  if (text === undefined) return undefined;
  return durationMs(text) ?? dateDelay(text, wallTimeMs);
}

/** A plain decimal number, 0 or more. Unset: it is none. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** How far off a date is, ms; past ones are below 0. Unset: it is no date. */
export function dateDelay(text: string, wallTimeMs: number): number | undefined {
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
