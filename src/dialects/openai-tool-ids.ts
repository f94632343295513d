/**
 * Ids of tool calls as a provider with a limit on their length accepts them.
 *
 * An id within the limit stays as it is. A longer one, as other providers make them, becomes a short
 * one that depends on the id alone: the call and its result agree, and the same history gives the
 * same text in every turn, so that the provider's prompt cache still matches.
 */
export class ToolIDs {
  readonly #charactersMax: number;

  /** `charactersMax` is 32 or more. */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax;
  }

  /** The id to send for an id of the history. */
  map(id: string): string {
    return id.length <= this.#charactersMax ? id : `call_${hash(id)}`;
  }
}

const prime = 0x100000001b3n;
const offset = 0xcbf29ce484222325n;

/** FNV-1a of 64 bits over the UTF-16 units, as 16 hexadecimal digits. */
function hash(text: string): string {
  let value = offset;
  for (let index = 0; index < text.length; index += 1) {
    value = BigInt.asUintN(64, (value ^ BigInt(text.charCodeAt(index))) * prime);
  }
  return value.toString(16).padStart(16, "0");
}
