import type { Random } from "../contract/random.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";

/**
 * How long to wait before a retry, ms: full jitter, any time from none to the delay of that retry,
 * which doubles from the base to the cap. `retry` is 1 for the first.
 */
export function backoffMs(
  delay: "transient" | "throttle",
  retry: number,
  random: Random,
  settings: ResilienceSettings = defaultResilience,
): number {
  const [baseMs, capMs] =
    delay === "transient"
      ? [settings.transientDelayMs, settings.transientDelayMsMax]
      : [settings.throttleDelayMs, settings.throttleDelayMsMax];
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** (retry - 1)));
}
