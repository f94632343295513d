import { ConnectorError } from "../contract/connector-error.ts";
import { parseJSON } from "../contract/exact-json.ts";
import { isDeeper } from "../contract/json-depth.ts";

/** What JSON can say. */
export type JsonValue =
  | number
  | string
  | boolean
  | null
  | { [key: string]: JsonValue }
  | JsonValue[];

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

function malformed(what: string, text: string): ConnectorError {
  return new ConnectorError(
    "PROVIDER_MALFORMED_RESPONSE",
    `The provider's answer of ${text.length} characters ${what}.`,
    { metadata: { characters: String(text.length) } },
  );
}
