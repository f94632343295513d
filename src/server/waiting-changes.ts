import { isDeepStrictEqual } from "node:util";
import type { Configuration } from "../config/configuration.ts";

/** Settings of a new configuration, by their keys, that a server takes over only when it starts. */
export function waitingChanges(first: Configuration, next: Configuration): readonly string[] {
  const before = startSettings(first);
  return Object.entries(startSettings(next)).flatMap(([key, value]) =>
    isDeepStrictEqual(before[key], value) ? [] : [key],
  );
}

function startSettings(configuration: Configuration): Readonly<Record<string, unknown>> {
  const { listen, reflection, fastLane, limits, logLevel } = configuration;
  return { listen, reflection, fast_lane: fastLane, limits, log_level: logLevel };
}
