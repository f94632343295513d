import type { JsonValue } from "@bufbuild/protobuf";

/** What V8's JSON has beyond the types of TypeScript's own library. */
interface JSONWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}

const json: JSONWithSource = JSON as JSON & JSONWithSource;

/** Numbers that a double may not hold or may not write back as they stood. */
const delicateNumber = /\d{16}|\d[.eE]/;

/**
 * JSON text as a value that `JSON.stringify` writes with the same numbers: a bound such as
 * 9223372036854775807 stays itself. Throws SyntaxError for what is no JSON.
 */
export function parseExactJSON(text: string): JsonValue {
  if (!delicateNumber.test(text)) return JSON.parse(text) as JsonValue;
  return json.parse(text, (_, value, { source }) =>
    typeof value === "number" && source !== undefined && String(value) !== source
      ? json.rawJSON(source)
      : value,
  ) as JsonValue;
}

/** A whole number as a value that `JSON.stringify` writes with all its digits. */
export function exactInteger(value: bigint): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : (json.rawJSON(String(value)) as JsonValue);
}
