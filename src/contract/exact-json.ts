import type { JsonValue } from "@bufbuild/protobuf";

/**
 * Whole numbers that a double cannot hold, as they were written, by the object or list they stand
 * in.
 */
const written = new WeakMap<object, Map<string, string>>();

/** Digits in a row that may make a number too long for a double. */
const longDigits = 16;

/**
 * Parses JSON as the language does, and remembers the digits of whole numbers that a double rounds,
 * for `exactText`: ids of 64 bits stand in the arguments of tools. Throws SyntaxError for what is
 * no JSON.
 */
export function parseJSON(text: string): unknown {
  return hasLongDigits(text) ? JSON.parse(text, remember) : JSON.parse(text);
}

/** Looks at every 16th character: no run of as many digits lies between two of them. */
function hasLongDigits(text: string): boolean {
  for (let index = longDigits - 1; index < text.length; index += longDigits) {
    if (!isDigit(text, index)) continue;
    let start = index;
    while (isDigit(text, start - 1)) start -= 1;
    let end = index + 1;
    while (isDigit(text, end)) end += 1;
    if (end - start >= longDigits) return true;
  }
  return false;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

function remember(
  this: object,
  name: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  const source = context?.source ?? "";
  if (typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)) {
    const numbers = written.get(this) ?? new Map<string, string>();
    written.set(this, numbers.set(name, source));
  }
  return value;
}

/**
 * A value as JSON text. Numbers that `parseJSON` has rounded are written as they came, as long as
 * the object they stand in is the one that was parsed and not a copy, and they were not changed.
 */
export function exactText(value: JsonValue): string {
  const text = JSON.stringify(value);
  if (!rounded.test(text)) return text;
  // A mark that stands in no text of the value.
  let mark = "\ud800";
  while (text.includes(escaped(mark))) mark += "\ud800";
  const numbers: string[] = [];
  const marked = JSON.stringify(value, function (this: object, name: string, inner: unknown) {
    const number = written.get(this)?.get(name);
    return number === undefined || Number(number) !== inner
      ? inner
      : `${mark}${numbers.push(number) - 1}`;
  });
  if (numbers.length === 0) return text;
  const places = new RegExp(`"${escaped(mark).replaceAll("\\", "\\\\")}(\\d+)"`, "g");
  return marked.replace(places, (place, index) => numbers[Number(index)] ?? place);
}

/**
 * How the language writes what may be a rounded number: all digits, an exponent, or none at all.
 */
const rounded = /\d{16}|\de\+|null/;

function escaped(mark: string): string {
  return JSON.stringify(mark).slice(1, -1);
}
