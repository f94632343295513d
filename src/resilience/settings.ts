/** What the rules of time and chance are set to. Every count, span and ratio has its place here. */
export interface ResilienceSettings {
  /** Attempts of one call over all candidates, hedges included; 1 or more. */
  readonly attempts: number;
  /** Longest wait before a retry, ms; a provider that asks for more is not waited for. */
  readonly retryWaitMsMax: number;
  /** First delay after a transient failure, ms; doubles with each retry, full jitter. */
  readonly transientDelayMs: number;
  /** Longest delay after a transient failure, ms. */
  readonly transientDelayMsMax: number;
  /** First delay after a throttle or an overload, ms; doubles with each retry, full jitter. */
  readonly throttleDelayMs: number;
  /** Longest delay after a throttle or an overload, ms. */
  readonly throttleDelayMsMax: number;
  /** Retries a target may be sent for each call it gets, 0 to 1. */
  readonly budgetRatio: number;
  /** Retries a second a target may be sent however few its calls are. */
  readonly budgetFloorPerSecond: number;
  /** How long the right to a retry lasts, ms; a multiple of 10. */
  readonly budgetLifeMs: number;
  /** Failures in a row that open the breaker of a model at a target. */
  readonly breakerFailures: number;
  /** Failures without an answer in a row that open it. */
  readonly breakerSilentFailures: number;
  /** How long it stays open the first time, ms; doubles while the target stays ill. */
  readonly breakerOpenMs: number;
  /** How long it stays open at most, ms. */
  readonly breakerOpenMsMax: number;
  /** Calls in flight at which a recovering target counts as well. */
  readonly breakerStartPlaces: number;
  /** Calls that may be sent for each one that is answered; 1 or more. */
  readonly throttleRatio: number;
  /** Span over which calls and answers are counted, ms; a multiple of 10. */
  readonly throttleWindowMs: number;
  /** Calls in that span that are never held back. */
  readonly throttleAllowance: number;
  /** Time in which an old peak of latency loses all but 1/e of its weight, ms. */
  readonly latencyDecayMs: number;
  /** How long a refused key is set aside the first time, ms; doubles with each refusal. */
  readonly quarantineMs: number;
  /** How long a refused key is set aside at most, ms. */
  readonly quarantineMsMax: number;
  /** Calls in flight at one target. */
  readonly targetConcurrency: number;
  /** Calls that may wait for a place at one target. More: SERVER_OVERLOADED. */
  readonly targetQueue: number;
  /** Time after which a halved target has its old number of places again, ms. */
  readonly rampRecoveryMs: number;
  /** Entries of each kind of state (health, budget, key, limiter); the least recently used go. */
  readonly stateEntries: number;
}

/** The settings where the configuration does not say otherwise. */
export const defaultResilience: ResilienceSettings = {
  attempts: 3,
  retryWaitMsMax: 60_000,
  transientDelayMs: 50,
  transientDelayMsMax: 5_000,
  throttleDelayMs: 1_000,
  throttleDelayMsMax: 20_000,
  budgetRatio: 0.1,
  budgetFloorPerSecond: 1,
  budgetLifeMs: 10_000,
  breakerFailures: 20,
  breakerSilentFailures: 10,
  breakerOpenMs: 500,
  breakerOpenMsMax: 4_000,
  breakerStartPlaces: 64,
  throttleRatio: 2,
  throttleWindowMs: 10_000,
  throttleAllowance: 20,
  latencyDecayMs: 10_000,
  quarantineMs: 5_000,
  quarantineMsMax: 300_000,
  targetConcurrency: 1024,
  targetQueue: 1024,
  rampRecoveryMs: 30_000,
  stateEntries: 4096,
};
