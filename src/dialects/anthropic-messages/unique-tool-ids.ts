interface PlacedCall {
  readonly wireID: string;
  answered: boolean;
}

/**
 * Ids of tool calls as the API takes them: letters, digits, "_" and "-", or what another rule makes
 * of them, each unique in the request.
 *
 * Ids of other providers' histories are mapped, in the order of the conversation, so that each
 * result names the call it answers, even where a provider gave several calls the same id.
 */
export class UniqueToolIDs {
  readonly #used = new Set<string>();
  readonly #calls = new Map<string, PlacedCall[]>();
  readonly #sendable: (id: string) => string;

  /** `sendable` makes an id that the API takes, and leaves one as it is that it takes already. */
  constructor(sendable: (id: string) => string = messagesID) {
    this.#sendable = sendable;
  }

  /** The id to send for a call. */
  forCall(id: string): string {
    const wireID = this.#unique(this.#sendable(id));
    const earlier = this.#calls.get(id)?.filter(({ answered }) => !answered) ?? [];
    this.#calls.set(id, [...earlier, { wireID, answered: false }]);
    return wireID;
  }

  /** The id to send for the result of a call: of the first one that is not answered yet. */
  forResult(id: string): string {
    const calls = this.#calls.get(id) ?? [];
    const call = calls.find(({ answered }) => !answered) ?? calls.at(-1);
    if (call === undefined) return this.#sendable(id);
    call.answered = true;
    return call.wireID;
  }

  #unique(id: string): string {
    let candidate = id;
    for (let count = 2; this.#used.has(candidate); count += 1) candidate = `${id}_${count}`;
    this.#used.add(candidate);
    return candidate;
  }
}

function messagesID(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, "_") || "call";
}
