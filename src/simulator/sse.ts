import type { JSONObject } from "./json.ts";
import type { StreamItem } from "./wire.ts";

/** Content type of a stream of server-sent events. */
export const sseContentType = "text/event-stream; charset=utf-8";

/** One server-sent event of JSON. `padding` spaces stand before its last brace. */
export function sseItem(
  role: StreamItem["role"],
  event: string,
  data: JSONObject,
  padding = 0,
): StreamItem {
  const json = JSON.stringify(data);
  const padded = padding === 0 ? json : `${json.slice(0, -1)}${" ".repeat(padding)}}`;
  return { role, text: `${event === "" ? "" : `event: ${event}\n`}data: ${padded}\n\n` };
}
