import type { Clock } from "../contract/clock.ts";
import { defaultResilience, type ResilienceSettings } from "./settings.ts";

const slots = 10;
/** Sums of tenths are not exact. */
const tolerance = 1e-6;

/**
 * How many retries a target may be sent: a share of its calls, saved up for `budgetLifeMs`.
 *
 * A quiet target has `budgetFloorPerSecond` instead, as an advance: what was drawn beyond the share
 * is paid back by later calls, or by time while there are few. So a busy target never gets more
 * than its share in the long run.
 */
export class RetryBudget {
  readonly #clock: Clock;
  readonly #ratio: number;
  readonly #floorPerSlot: number;
  readonly #slotMs: number;
  /** Shares of the calls of each slot of time, and what of them is unspent. */
  readonly #earned: Float64Array = new Float64Array(slots);
  readonly #unspent: Float64Array = new Float64Array(slots);
  #owed = 0;
  #slot: number;

  constructor(clock: Clock, settings: ResilienceSettings = defaultResilience) {
    this.#clock = clock;
    this.#ratio = settings.budgetRatio;
    this.#slotMs = settings.budgetLifeMs / slots;
    this.#floorPerSlot = (settings.budgetFloorPerSecond * this.#slotMs) / 1000;
    this.#slot = Math.floor(clock.now() / this.#slotMs);
  }

  /** One call begins. Retries are no calls. */
  deposit(): void {
    const index = this.#turn();
    this.#earned[index] = (this.#earned[index] ?? 0) + this.#ratio;
    this.#owed -= this.#ratio;
    if (this.#owed >= 0) return;
    this.#unspent[index] = (this.#unspent[index] ?? 0) - this.#owed;
    this.#owed = 0;
  }

  /** Takes the right to one retry; false: there is none. */
  tryWithdraw(): boolean {
    const index = this.#turn();
    const advance = Math.max(0, this.#floorPerSlot * slots - sum(this.#earned));
    if (sum(this.#unspent) + Math.max(0, advance - this.#owed) < 1 - tolerance) return false;
    let due = 1;
    for (let age = slots - 1; age >= 0 && due > 0; age--) {
      const at = (index + slots - age) % slots;
      const taken = Math.min(due, this.#unspent[at] ?? 0);
      this.#unspent[at] = (this.#unspent[at] ?? 0) - taken;
      due -= taken;
    }
    if (due > tolerance) this.#owed += due;
    return true;
  }

  /** Forgets the slots that are over, and gives the index of the present one. */
  #turn(): number {
    const slot = Math.floor(this.#clock.now() / this.#slotMs);
    const index = slot % slots;
    if (slot === this.#slot) return index;
    const passed = Math.min(slot - this.#slot, slots);
    for (let back = passed; back > 0; back--) {
      const ended = (slot - back) % slots;
      this.#owed -= Math.max(0, this.#floorPerSlot - (this.#earned[ended] ?? 0));
      const begun = (slot - back + 1) % slots;
      this.#earned[begun] = 0;
      this.#unspent[begun] = 0;
    }
    this.#owed = Math.max(0, this.#owed);
    this.#slot = slot;
    return index;
  }
}

function sum(slotsOfTime: Float64Array): number {
  let total = 0;
  for (let index = 0; index < slots; index++) total += slotsOfTime[index] ?? 0;
  return total;
}
