import { invalidField } from "../contract/connector-error.ts";
import { connectErrorOf } from "./error-status.ts";

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Refuses JSON with arrays and objects nested deeper than `depthMax` levels before it is parsed:
 * the parser's stack would cost much more memory and time than the bytes. Throws INVALID_REQUEST.
 */
export function checkJSONDepth(json: Uint8Array, depthMax: number): void {
  if (json.length <= depthMax) return;
  let depth = 0;
  for (let index = 0; index < json.length; index += 1) {
    switch (json[index]) {
      case quote:
        index = endOfString(json, index);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        if (depth > depthMax) {
          const limit = `is nested deeper than ${depthMax} levels of JSON`;
          throw connectErrorOf(invalidField("message", limit));
        }
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
      default:
    }
  }
}

/** Index of the quote that ends the string which begins at `start`; the length if none does. */
function endOfString(json: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < json.length && json[index] !== quote) index += json[index] === backslash ? 2 : 1;
  return index;
}
