const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Longest time that a timer of the language keeps, ms. */
export const durationMsMax: number = 2 ** 31 - 1;

/**
 * Reads a duration: a number of seconds, or a text of a number and `ms`, `s`, `m` or `h`. Gives
 * whole milliseconds, 1 to 2^31-1. Unset: it is none.
 */
export function parseDurationMs(input: unknown): number | undefined {
  const ms = scale(input, durationUnits, 1000);
  if (ms === undefined) return undefined;
  const whole = Math.round(ms);
  return whole >= 1 && whole <= durationMsMax ? whole : undefined;
}

/** Reads a size: a number of bytes, or a text such as `16MiB`. Unset: it is none, or not whole. */
export function parseSizeBytes(input: unknown): number | undefined {
  const bytes = scale(input, sizeUnits, 1);
  return bytes !== undefined && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Reads a whole number, also one in a text (from `${NAME}`). Unset: it is none. */
export function parseWhole(input: unknown): number | undefined {
  const number = scale(input, {}, 1);
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
}

/** Reads a number, also one in a text (from `${NAME}`), 0 or more. Unset: it is none. */
export function parseNumber(input: unknown): number | undefined {
  const number = scale(input, {}, 1);
  return number !== undefined && number >= 0 ? number : undefined;
}

/** Writes a duration so that it is read back: `60s`, `1500ms`. */
export function formatDuration(durationMs: number): string {
  return durationMs % 1000 === 0 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}

function scale(
  input: unknown,
  units: Readonly<Record<string, number>>,
  bareFactor: number,
): number | undefined {
  if (typeof input === "number") return Number.isFinite(input) ? input * bareFactor : undefined;
  if (typeof input !== "string") return undefined;
  const parts = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)$/.exec(input.trim());
  const [, digits = "", unit = ""] = parts ?? [];
  const factor = unit === "" ? bareFactor : Object.hasOwn(units, unit) && units[unit];
  return digits === "" || !factor ? undefined : Number(digits) * factor;
}
