/** Times that hold where a call does not say otherwise, ms. */
export interface CallDefaults {
  /** Whole call. */
  readonly timeoutMs: number;
  /** One attempt, to the whole answer (unary) or its first delta (stream). */
  readonly attemptTimeoutMs: number;
  /** Start of an attempt to the first delta of a stream. */
  readonly firstDeltaTimeoutMs: number;
  /** Gap between two deltas. */
  readonly idleTimeoutMs: number;
  /** Attempts over all targets, 1 to 3. */
  readonly maxAttempts: number;
}

/**
 * What holds where the configuration does not say otherwise. A unary attempt has room for a long
 * answer of a thinking model; a first delta comes within half a minute from every hosted provider.
 */
export const callDefaults: CallDefaults = {
  timeoutMs: 600_000,
  attemptTimeoutMs: 120_000,
  firstDeltaTimeoutMs: 30_000,
  idleTimeoutMs: 60_000,
  maxAttempts: 3,
};
