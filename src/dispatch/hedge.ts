import type { Clock } from "../contract/clock.ts";
import { ConnectorError } from "../contract/connector-error.ts";
import type { AttemptPlace } from "./attempt-place.ts";
import type { Candidate } from "./candidates.ts";
import type { OpenAttempt } from "./open-attempt.ts";

/** An answer, and the attempt that gave it: whoever gets it closes the attempt. */
export interface Answered<T> {
  readonly attempt: OpenAttempt;
  readonly answer: T;
}

/** How an attempt ended. A failed one is closed. */
export type Ended<T> =
  | Answered<T>
  | { readonly attempt: OpenAttempt; readonly failure: ConnectorError };

/** An attempt under way, which can be given up. */
export interface Running<T> {
  readonly candidate: Candidate;
  readonly ended: Promise<Ended<T>>;
  abort(reason: ConnectorError): void;
}

/** What a hedge asks of the attempts of its call. */
export interface HedgeSource<T> {
  hedgePlace(beside: Candidate): AttemptPlace | undefined;
  start(place: AttemptPlace): Running<T>;
  discard(answered: Answered<T>, reason: ConnectorError): void;
}

/**
 * Waits for an attempt, and starts a second one beside it if the first is slow. The first answer
 * wins; the other attempt is aborted at once, and what it used is on record. Two failures are one:
 * the later.
 */
export async function hedged<T>(
  first: Running<T>,
  delayMs: number,
  source: HedgeSource<T>,
  clock: Clock,
): Promise<Ended<T>> {
  const early = await endedWithin(first, delayMs, clock);
  if (early !== undefined) return early;
  const place = source.hedgePlace(first.candidate);
  if (place === undefined) return await first.ended;
  const second = source.start(place);
  const [winner, other] = await earlier(first, second);
  if ("failure" in winner) return await other.ended;
  const lost = new ConnectorError("HEDGE_LOSER", "another attempt was faster");
  other.abort(lost);
  const loser = await other.ended;
  if ("answer" in loser) source.discard(loser, lost);
  return winner;
}

/** How an attempt ended. Undefined: it has not within that time. */
async function endedWithin<T>(
  { ended }: Running<T>,
  delayMs: number,
  clock: Clock,
): Promise<Ended<T> | undefined> {
  const slow = Promise.withResolvers<undefined>();
  const timer = clock.schedule(delayMs, () => slow.resolve(undefined));
  try {
    return await Promise.race([ended, slow.promise]);
  } finally {
    timer.clear();
  }
}

/** How the earlier of two attempts ended, and the other one. */
function earlier<T>(
  a: Running<T>,
  b: Running<T>,
): Promise<readonly [ended: Ended<T>, other: Running<T>]> {
  return Promise.race([
    a.ended.then((ended) => [ended, b] as const),
    b.ended.then((ended) => [ended, a] as const),
  ]);
}
