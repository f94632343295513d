import { invalidField } from "../contract/connector-error.ts";
import { requestField } from "./request-field.ts";

/** Whether an address holds its bytes itself. */
export function isDataURL(url: string): boolean {
  return /^data:/i.test(url);
}

/**
 * The bytes in a `data:` URL (RFC 2397). `field` is the path of the part. Throws INVALID_REQUEST
 * for one that is cut before its bytes or escapes them badly.
 */
export function dataURLBytes(url: string, field: string): Uint8Array {
  const comma = url.indexOf(",");
  const place = requestField(`${field}.media.url`);
  if (comma < 0) throw invalidField(place, "is no whole data: URL");
  const isBase64 = /;\s*base64\s*$/i.test(url.slice(0, comma));
  return Buffer.from(unescaped(url.slice(comma + 1), place), isBase64 ? "base64" : "utf8");
}

function unescaped(payload: string, place: string): string {
  try {
    return payload.includes("%") ? decodeURIComponent(payload) : payload;
  } catch {
    throw invalidField(place, "holds a percent sign that escapes nothing");
  }
}
