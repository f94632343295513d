import type { CacheHint } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { WarningList } from "./warning-list.ts";

/** A mark for the prompt cache, as Anthropic's API and those that follow it take it. */
export type CacheControl = {
  type: "ephemeral";
  ttl?: "5m" | "1h";
};

const shortSeconds = 300;
const longSeconds = 3_600;

/** A hint as a mark. Times between the two that there are become the nearer one, with a Warning. */
export function cacheControl(
  { ttl }: CacheHint,
  field: string,
  warnings: WarningList,
): CacheControl {
  if (ttl === undefined) return { type: "ephemeral" };
  const seconds = Number(ttl.seconds) + ttl.nanos / 1e9;
  const isLong = seconds * 2 > shortSeconds + longSeconds;
  if (seconds !== (isLong ? longSeconds : shortSeconds)) {
    const taken = isLong ? "1 hour" : "5 minutes";
    warnings.changed(`${field}.cache.ttl`, `the API keeps for 5 minutes or 1 hour: ${taken}`);
  }
  return { type: "ephemeral", ttl: isLong ? "1h" : "5m" };
}
