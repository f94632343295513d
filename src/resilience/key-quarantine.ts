import type { Clock } from "../contract/clock.ts";
import type { Reason } from "../contract/reasons.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";

/** A key at a target that the provider refuses, or that is spent: left alone, longer each time. */
export class KeyQuarantine {
  readonly #clock: Clock;
  readonly #settings: ResilienceSettings;
  #refusals = 0;
  #untilMs = 0;
  #reason: Reason | undefined;

  constructor(clock: Clock, settings: ResilienceSettings = defaultResilience) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** The key was refused. Attempts that were under way when it was set aside change nothing. */
  refuse(reason: Reason): void {
    const nowMs = this.#clock.now();
    if (nowMs < this.#untilMs) return;
    const { quarantineMs, quarantineMsMax } = this.#settings;
    this.#untilMs = nowMs + Math.min(quarantineMsMax, quarantineMs * 2 ** this.#refusals);
    this.#refusals++;
    this.#reason = reason;
  }

  /** The key was taken: it is as good as new. */
  clear(): void {
    this.#refusals = 0;
    this.#untilMs = 0;
    this.#reason = undefined;
  }

  /** How long the key is still set aside, ms; 0: it may be used. */
  waitMs(): number {
    return this.#reason === undefined ? 0 : Math.max(0, this.#untilMs - this.#clock.now());
  }

  /** Why the key is set aside. Unset: it may be used. */
  get reason(): Reason | undefined {
    return this.waitMs() > 0 ? this.#reason : undefined;
  }
}
