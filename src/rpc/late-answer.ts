import { constants } from "node:http2";
import type { Clock } from "../contract/clock.ts";
import { lingerMs, type RequestHandler } from "./connection.ts";

/**
 * Ends an answer that has not left `lingerMs` after the deadline of its call. Its caller does not
 * read: it would otherwise keep its place among the open calls, and its stream or connection, for
 * ever.
 */
export function endLateAnswer(
  response: Parameters<RequestHandler>[1],
  deadlineMs: number,
  clock: Clock,
): void {
  const timer = clock.schedule(deadlineMs - clock.now() + lingerMs, () => {
    if ("stream" in response) response.stream.close(constants.NGHTTP2_CANCEL);
    else response.destroy();
  });
  response.once("close", () => timer.clear());
}
