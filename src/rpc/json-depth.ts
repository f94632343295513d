import { invalidField } from "../contract/connector-error.ts";
import { isDeeper } from "../contract/json-depth.ts";
import { connectErrorOf } from "./error-status.ts";

/**
 * Refuses JSON with arrays and objects nested deeper than `depthMax` levels before it is parsed:
 * the parser's stack would cost much more memory and time than the bytes. Throws INVALID_REQUEST.
 */
export function checkJSONDepth(json: Uint8Array, depthMax: number): void {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  if (!isDeeper(bytes.toString("latin1"), depthMax)) return;
  const limit = `is nested deeper than ${depthMax} levels of JSON`;
  throw connectErrorOf(invalidField("message", limit));
}
