import type { Clock } from "../contract/clock.ts";
import type { Random } from "../contract/random.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";

const slots = 10;

/**
 * Holds calls back by chance while a target answers few of them, so that it gets about
 * `throttleRatio` times what it can take and no more (Google, Site Reliability Engineering, chapter
 * 21). The first `throttleAllowance` calls of the window never count: a few failures at a quiet
 * target prove nothing.
 */
export class AdaptiveThrottle {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ratio: number;
  readonly #allowance: number;
  readonly #slotMs: number;
  readonly #requests: Float64Array = new Float64Array(slots);
  readonly #accepts: Float64Array = new Float64Array(slots);
  #requestSum = 0;
  #acceptSum = 0;
  #slot: number;

  constructor(clock: Clock, random: Random, settings: ResilienceSettings = defaultResilience) {
    this.#clock = clock;
    this.#random = random;
    this.#ratio = settings.throttleRatio;
    this.#allowance = settings.throttleAllowance;
    this.#slotMs = settings.throttleWindowMs / slots;
    this.#slot = Math.floor(clock.now() / this.#slotMs);
  }

  /** Whether a call may go; one that may not counts as sent and not answered. */
  tryPass(): boolean {
    const chance = this.rejection;
    if (chance <= 0 || this.#random() >= chance) return true;
    this.#count(false);
    return false;
  }

  /** A call that passed has ended; `accepted`: the target took it. */
  settle(accepted: boolean): void {
    this.#turn();
    this.#count(accepted);
  }

  /** The target did not do in the end what it was counted as accepting. */
  retract(): void {
    this.#turn();
    const index = this.#slot % slots;
    // The slot of the answer may be over: its sum counts, and not where it was.
    this.#accepts[index] = (this.#accepts[index] ?? 0) - 1;
    this.#acceptSum--;
  }

  /** The present chance that a call is held back, 0 to below 1. */
  get rejection(): number {
    this.#turn();
    const over = this.#requestSum - this.#allowance - this.#ratio * Math.max(0, this.#acceptSum);
    return over <= 0 ? 0 : over / (this.#requestSum + 1);
  }

  /** Forgets what was seen. */
  reset(): void {
    this.#requests.fill(0);
    this.#accepts.fill(0);
    this.#requestSum = 0;
    this.#acceptSum = 0;
  }

  #count(accepted: boolean): void {
    const index = this.#slot % slots;
    this.#requests[index] = (this.#requests[index] ?? 0) + 1;
    this.#requestSum++;
    if (!accepted) return;
    this.#accepts[index] = (this.#accepts[index] ?? 0) + 1;
    this.#acceptSum++;
  }

  #turn(): void {
    const slot = Math.floor(this.#clock.now() / this.#slotMs);
    if (slot === this.#slot) return;
    for (let next = Math.max(this.#slot + 1, slot - slots + 1); next <= slot; next++) {
      const index = next % slots;
      this.#requestSum -= this.#requests[index] ?? 0;
      this.#acceptSum -= this.#accepts[index] ?? 0;
      this.#requests[index] = 0;
      this.#accepts[index] = 0;
    }
    this.#slot = slot;
  }
}
