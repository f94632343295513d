import type { Duration } from "@bufbuild/protobuf/wkt";
import type { Violations } from "./violations.ts";

/** Bounds of a duration, both included. Default: over 0, and as long as protobuf allows. */
export interface DurationBounds {
  readonly secondsMin: bigint;
  readonly secondsMax: bigint;
}

// The range of google.protobuf.Duration: about 10,000 years.
const secondsMaxOfProtobuf = 315_576_000_000n;

/** Checks a duration that is set: well-formed, over 0, inside `bounds`. */
export function checkDuration(
  violations: Violations,
  field: string,
  duration: Duration | undefined,
  bounds?: DurationBounds,
): void {
  const fault = duration && durationFault(duration, bounds);
  if (fault !== undefined) violations.add(field, fault);
}

function durationFault(
  { seconds, nanos }: Duration,
  bounds: DurationBounds | undefined,
): string | undefined {
  if (seconds < 0n || nanos < 0) return "must not be negative";
  if (nanos > 999_999_999 || seconds > secondsMaxOfProtobuf) return "is out of range";
  if (seconds === 0n && nanos === 0) return "must be over 0";
  if (bounds === undefined) return undefined;
  const { secondsMin, secondsMax } = bounds;
  const tooLong = seconds > secondsMax || (seconds === secondsMax && nanos > 0);
  return seconds < secondsMin || tooLong ? `must be ${secondsMin} s to ${secondsMax} s` : undefined;
}
