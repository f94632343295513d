/** A call that stands in the conversation. */
interface PlacedCall {
  readonly name: string;
  answered: boolean;
}

/**
 * Names of the called tools by the ids of their calls: a result goes out under the name of its
 * tool. Several calls may have one id, as histories of other providers do; their results come in
 * order.
 */
export class CallNames {
  readonly #calls = new Map<string, PlacedCall[]>();

  /** Notes a call. */
  add(id: string, name: string): void {
    const calls = this.#calls.get(id) ?? [];
    // A new turn may use an id again: what was answered before is done with.
    const open = calls.filter(({ answered }) => !answered);
    this.#calls.set(id, [...open, { name, answered: false }]);
  }

  /** Name of the tool that a result answers. Undefined: no call has the id. */
  take(id: string): string | undefined {
    const calls = this.#calls.get(id) ?? [];
    const call = calls.find(({ answered }) => !answered) ?? calls.at(-1);
    if (call === undefined) return undefined;
    call.answered = true;
    return call.name;
  }
}

const madeUpPrefix = "gemini_call_";

/**
 * An id for a call to which the provider gave none: the same for the same answer, another one in
 * every answer that has an id, and known again by its beginning.
 */
export function madeUpCallID(responseID: string, ordinal: number): string {
  const answer = responseID.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 48);
  return `${madeUpPrefix}${answer}${answer === "" ? "" : "_"}${ordinal}`;
}

/** Whether an id is one that the provider, or another one, gave: only such a one is sent. */
export function isGivenCallID(id: string): boolean {
  return id !== "" && !id.startsWith(madeUpPrefix);
}
