import { BoundedMap } from "./bounded-map.ts";
import type { JSONObject } from "./json.ts";
import { PromptCache } from "./prompt-cache.ts";

/** Answers and items that are kept for later requests; the oldest is forgotten first. */
const storedMax = 1000;
/** Keys that are counted; the oldest is forgotten first. */
const countedMax = 10_000;

/** What a simulator remembers from one request to the next. Everything in it is bounded. */
export class SimulatorState {
  /** Prefixes of prompts that were seen. */
  readonly cache: PromptCache = new PromptCache();
  /** Items of conversations, by the id of the answer that ended them, and each item by its own. */
  readonly conversations: BoundedMap<readonly JSONObject[]> = new BoundedMap(storedMax);
  readonly #counts: BoundedMap<number> = new BoundedMap(countedMax);

  /** How often this was called with this key before: 0 the first time. */
  countBefore(key: string): number {
    const before = this.#counts.get(key) ?? 0;
    this.#counts.set(key, before + 1);
    return before;
  }
}
