import { madeUpID } from "./made-up-id.ts";

/**
 * Ids of tool calls as a provider with a limit on their length accepts them.
 *
 * An id within the limit stays as it is. A longer one, as other providers make them, becomes a
 * short one that depends on the id alone: the call and its result agree, and the same history gives
 * the same text in every turn, so that the provider's prompt cache still matches.
 */
export class ToolIDs {
  readonly #charactersMax: number;

  /** `charactersMax` is 32 or more. */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  /** The id to send for an id of the history. */
  map(id: string): string {
    return id.length <= this.#charactersMax ? id : madeUpID(id);
  }
}
