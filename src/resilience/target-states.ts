import type { Clock } from "../contract/clock.ts";
import type { Random } from "../contract/random.ts";
import { ConcurrencyLimiter } from "./concurrency-limiter.ts";
import { KeyQuarantine } from "./key-quarantine.ts";
import { KeyWindow } from "./key-window.ts";
import { LeastRecentMap } from "./least-recent-map.ts";
import { RetryBudget } from "./retry-budget.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";
import { TargetHealth } from "./target-health.ts";

/**
 * What is known of targets, by their names. It outlives a reload of the configuration: an outage
 * does not end because a file was saved.
 */
export class TargetStates {
  readonly #clock: Clock;
  readonly #random: Random;
  #settings: ResilienceSettings;
  #healths: LeastRecentMap<TargetHealth>;
  #budgets: LeastRecentMap<RetryBudget>;
  #keys: LeastRecentMap<KeyWindow>;
  #standings: LeastRecentMap<KeyQuarantine>;
  readonly #limiters: LeastRecentMap<ConcurrencyLimiter>;

  constructor(clock: Clock, random: Random, settings: ResilienceSettings = defaultResilience) {
    this.#clock = clock;
    this.#random = random;
    this.#settings = settings;
    this.#healths = new LeastRecentMap(settings.stateEntries);
    this.#budgets = new LeastRecentMap(settings.stateEntries);
    this.#keys = new LeastRecentMap(settings.stateEntries);
    this.#standings = new LeastRecentMap(settings.stateEntries);
    this.#limiters = new LeastRecentMap(settings.stateEntries);
  }

  /** What its rules are set to. */
  get settings(): ResilienceSettings {
    return this.#settings;
  }

  /**
   * Sets other rules, after a reload. What is known of targets stays, with two exceptions: limiters
   * get their new size, and where another rule changed, health, budgets and keys begin anew.
   */
  configure(settings: ResilienceSettings): void {
    const { targetConcurrency, targetQueue } = settings;
    const before = { ...this.#settings, targetConcurrency, targetQueue };
    this.#settings = settings;
    for (const limiter of this.#limiters.values()) limiter.resize(targetConcurrency, targetQueue);
    if (isSame(before, settings)) return;
    this.#healths = new LeastRecentMap(settings.stateEntries);
    this.#budgets = new LeastRecentMap(settings.stateEntries);
    this.#keys = new LeastRecentMap(settings.stateEntries);
    this.#standings = new LeastRecentMap(settings.stateEntries);
  }

  /** Health of a model (the name sent) at a target. */
  health(target: string, model: string): TargetHealth {
    return this.#healths.take(target, model, "", this.#newHealth);
  }

  /** How many retries a target may be sent. */
  budget(target: string): RetryBudget {
    return this.#budgets.take(target, "", "", this.#newBudget);
  }

  /** What the provider grants to a model under a key; `keyId` names the key and is no secret. */
  key(target: string, keyId: string, model: string): KeyWindow {
    return this.#keys.take(target, keyId, model, this.#newKey);
  }

  /** Whether a key is set aside at a target. */
  keyStanding(target: string, keyId: string): KeyQuarantine {
    return this.#standings.take(target, keyId, "", this.#newStanding);
  }

  /** The places of a target. */
  limiter(target: string): ConcurrencyLimiter {
    return this.#limiters.take(target, "", "", this.#newLimiter);
  }

  readonly #newHealth = (): TargetHealth =>
    new TargetHealth(this.#clock, this.#random, this.#settings);

  readonly #newBudget = (): RetryBudget => new RetryBudget(this.#clock, this.#settings);

  readonly #newKey = (): KeyWindow => new KeyWindow(this.#clock);

  readonly #newStanding = (): KeyQuarantine => new KeyQuarantine(this.#clock, this.#settings);

  readonly #newLimiter = (): ConcurrencyLimiter =>
    new ConcurrencyLimiter({
      limit: this.#settings.targetConcurrency,
      queue: this.#settings.targetQueue,
      recoveryMs: this.#settings.rampRecoveryMs,
      clock: this.#clock,
    });
}

function isSame(some: ResilienceSettings, others: ResilienceSettings): boolean {
  return Object.entries(others).every(([name, value]) => Reflect.get(some, name) === value);
}
