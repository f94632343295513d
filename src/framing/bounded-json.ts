import { ConnectorError } from "../contract/connector-error.ts";
import { parseJSON } from "../contract/exact-json.ts";

/** What JSON can say. */
export type JsonValue =
  | number
  | string
  | boolean
  | null
  | { [key: string]: JsonValue }
  | JsonValue[];

const quote = 0x22;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Parses a provider's JSON. Throws PROVIDER_MALFORMED_RESPONSE for what is no JSON, and for arrays
 * and objects nested deeper than `depthMax` levels (a scalar has depth 0), which costs linear time
 * and no stack. A key `__proto__` is an own member like any other. No error quotes the text.
 */
export function parseBoundedJSON(text: string, depthMax: number): JsonValue {
  if (isDeeper(text, depthMax)) {
    throw malformed(`is nested deeper than ${depthMax} levels`, text);
  }
  try {
    return parseJSON(text) as JsonValue;
  } catch {
    // The engine's own message quotes the text, which may be anybody's secret.
    throw malformed("is not valid JSON", text);
  }
}

function isDeeper(text: string, depthMax: number): boolean {
  if (text.length <= depthMax) return false;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > depthMax) return true;
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
    }
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`; the length if none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = end;
    while (text.charCodeAt(backslashes - 1) === backslash) backslashes -= 1;
    if ((end - backslashes) % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

function malformed(what: string, text: string): ConnectorError {
  return new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    `The provider's answer of ${text.length} characters ${what}.`,
    { metadata: { characters: String(text.length) } },
  );
}
